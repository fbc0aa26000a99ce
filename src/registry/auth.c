/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 1. The first request goes without anything; its 401 names the ways (auth_challenged()).
 * 2. Bearer: the token server, named by the challenge, gives a token for the scopes
 *    (auth_header() of the next try); Basic: user and password, each time.
 * 3. A 401 to a token that was kept: it may have expired, so once more with a new one. To a fresh one, or
 *    to Basic: refused, unless the registry says that it wants another scope, which is then asked for too.
 */
#include "registry/auth.h"

#include <errno.h>
#include <string.h>

#include "registry/answer.h"
#include "registry/base64.h"
#include "registry/challenge.h"
#include "registry/header.h"
#include "registry/http_retry.h"
#include "registry/url.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define TOKEN_ANSWER_MAX  (256 * 1024)
#define TOKEN_LEN_MAX     (32 * 1024)
#define TOKENS_MAX        64
#define LIFETIME_MIN_SEC  60 /* what the specification promises if nothing is said */
#define LIFETIME_MAX_SEC  (24 * 3600)
#define LIFETIME_LEFT_SEC 10 /* less is not worth beginning with */

struct token {
	char *scopes;       /* "" for none */
	char *value;        /* "Bearer ..." */
	int64_t until_usec; /* monotonic */
	bool fresh;         /* no request has succeeded or failed with it */
};

struct auth {
	struct auth_options options; /* strings owned */
	bool challenged;
	enum challenge_scheme scheme;
	char *realm, *service;
	char *scope;       /* of the last challenge to a request without one of its own */
	char *extra_scope; /* that the registry wants besides ours */
	struct token tokens[TOKENS_MAX];
	size_t n_tokens;
};

static char *dup_if(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

static void free_secret(const char *s)
{
	if (s)
		explicit_bzero((char *)s, strlen(s));
	free((char *)s);
}

struct auth *auth_new(const struct auth_options *options)
{
	struct auth *a = xcalloc(1, sizeof(*a));

	a->options = *options;
	a->options.host = xstrdup(options->host);
	a->options.user = dup_if(options->user);
	a->options.password = dup_if(options->password);
	a->options.identity_token = dup_if(options->identity_token);
	return a;
}

static void token_release(struct token *t)
{
	free(t->scopes);
	free_secret(t->value);
	*t = (struct token){0};
}

void auth_free(struct auth *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->n_tokens; i++)
		token_release(&a->tokens[i]);
	free((char *)a->options.host);
	free((char *)a->options.user);
	free_secret(a->options.password);
	free_secret(a->options.identity_token);
	free(a->realm);
	free(a->service);
	free(a->scope);
	free(a->extra_scope);
	free(a);
}

static bool has_credentials(const struct auth *a)
{
	return a->options.user || a->options.identity_token;
}

char *auth_basic(const char *user, const char *password)
{
	char *pair = xasprintf("%s:%s", user, password ? password : "");
	char *encoded = base64_encode(pair, strlen(pair));
	char *value = xasprintf("Basic %s", encoded);

	free_secret(pair);
	free_secret(encoded);
	return value;
}

/* The sentence for 401 and 403, from the registry or its token server. words: what it says, or
 * NULL. */
static int refuse(const struct auth *a, const char *words, struct error *err)
{
	const char *host = a->options.host;

	if (has_credentials(a))
		error_set(err, ERR_DENIED, 0, "%s refuses the credentials of %s%s%s",
			  host, a->options.user ? a->options.user : "the last login",
			  words ? ": " : "", words ? words : "");
	else
		error_set(err, ERR_DENIED, 0,
			  "%s wants a login, or there is no such repository%s%s", host,
			  words ? ": " : "", words ? words : "");
	return error_hint(err, "cubby login %s", host);
}

static struct token *find_token(struct auth *a, const char *scopes)
{
	for (size_t i = 0; i < a->n_tokens; i++)
		if (str_eq(a->tokens[i].scopes, scopes))
			return &a->tokens[i];
	return NULL;
}

static void drop_token(struct auth *a, struct token *t)
{
	token_release(t);
	*t = a->tokens[--a->n_tokens];
	a->tokens[a->n_tokens] = (struct token){0};
}

static struct token *keep_token(struct auth *a, const char *scopes, const char *value,
				int64_t lifetime_sec)
{
	if (a->n_tokens == TOKENS_MAX)
		drop_token(a, &a->tokens[0]);
	struct token *t = &a->tokens[a->n_tokens++];
	*t = (struct token){
		.scopes = xstrdup(scopes),
		.value = xasprintf("Bearer %s", value),
		.until_usec = time_monotonic_usec() + lifetime_sec * USEC_PER_SEC,
		.fresh = true,
	};
	return t;
}

/* A member of the token server's answer; NULL if absent. */
static int take_text(struct json_object *o, const char *key, const char **ret,
		     struct error *err)
{
	struct json_object *value = json_get(o, key);

	if (!value)
		return 0;
	int r = json_to_str(value, key, ret, err);
	if (r < 0)
		return r;
	if (!**ret)
		*ret = NULL;
	return 0;
}

static int64_t take_lifetime(struct json_object *o)
{
	cleanup_error struct error ignored = ERROR_INIT;
	int64_t sec = 0;

	if (!json_get(o, "expires_in") ||
	    json_to_i64(json_get(o, "expires_in"), "expires_in", &sec, &ignored) < 0 ||
	    sec < LIFETIME_MIN_SEC)
		return LIFETIME_MIN_SEC;
	return sec < LIFETIME_MAX_SEC ? sec : LIFETIME_MAX_SEC;
}

static int read_token(struct auth *a, const struct http_response *response,
		      const char *scopes, struct token **ret, struct error *err)
{
	cleanup_json struct json_object *o = NULL;
	const char *token = NULL;

	int r = json_parse(response->body.data ? response->body.data : "",
			   response->body.len, "answer", &o, err);
	if (r == 0 && !json_object_is_type(o, json_type_object))
		r = error_set(err, ERR_INVALID, 0, "it is no JSON object");
	if (r == 0)
		r = take_text(o, "token", &token, err);
	if (r == 0 && !token)
		r = take_text(o, "access_token", &token, err);
	if (r == 0 && !token)
		r = error_set(err, ERR_INVALID, 0, "the answer holds no token");
	if (r == 0 && (strlen(token) > TOKEN_LEN_MAX || !header_value_safe(token)))
		r = error_set(err, ERR_INVALID, 0, "the token is malformed");
	if (r < 0)
		return r;
	*ret = keep_token(a, scopes, token, take_lifetime(o));
	return 0;
}

/* The token server may be elsewhere, but not in the clear if the registry is not. */
static int check_realm(const struct auth *a, const char *base, struct error *err)
{
	cleanup_url struct url url = {0};

	int r = url_parse(base, &url, err);
	if (r < 0 || url.https || (a->options.tls && a->options.tls->insecure) ||
	    url_host_is_loopback(url.host))
		return r;
	error_set(err, ERR_DENIED, 0, "the token server %s is to be asked without TLS",
		  url.host);
	return error_hint(err, "if you trust that: --tls-verify=false");
}

/* Each scope is a parameter of its own. */
static char *token_url(const struct auth *a, const char *scopes)
{
	char *url = xstrdup(a->realm);
	cleanup_strv char **list = str_split(scopes, ' ');

#define ADD(name, value)                                        \
	do {                                                    \
		char *longer = url_add_query(url, name, value); \
		free(url);                                      \
		url = longer;                                   \
	} while (0)
	if (a->options.user)
		ADD("account", a->options.user);
	if (a->service)
		ADD("service", a->service);
	strv_foreach (scope, list)
		if (**scope)
			ADD("scope", *scope);
#undef ADD
	return url;
}

static int ask(struct auth *a, const struct http_request *request, const char *scopes,
	       struct token **ret, struct error *err)
{
	cleanup_http_response struct http_response response = {0};

	int r = http_perform(a->options.http, request, &response, err);
	if (r < 0)
		return r;
	if (response.status == 401 || response.status == 403) {
		cleanup_free char *words =
			answer_words(response.body.data, response.body.len);
		return refuse(a, words, err);
	}
	if (response.status / 100 != 2)
		return answer_error(&response, "the token server", err);
	return read_token(a, &response, scopes, ret, err);
}

static int ask_basic(struct auth *a, const char *scopes, struct token **ret,
		     struct error *err)
{
	struct http_request request = HTTP_REQUEST_INIT;
	cleanup_free char *url = token_url(a, scopes);
	char *authorization =
		a->options.user ? auth_basic(a->options.user, a->options.password) : NULL;

	request.url = url;
	request.tls = a->options.tls;
	request.max_body = TOKEN_ANSWER_MAX;
	request.authorization = authorization;
	int r = ask(a, &request, scopes, ret, err);
	free_secret(authorization);
	return r;
}

/* The token of an earlier login is exchanged for one that is good for the scopes. */
static int ask_oauth2(struct auth *a, const char *scopes, struct token **ret,
		      struct error *err)
{
	static char form_type[] = "Content-Type: application/x-www-form-urlencoded";
	char *headers[] = {form_type, NULL};
	struct http_request request = HTTP_REQUEST_INIT;
	cleanup_free char *service = url_encode(a->service ? a->service : "", false);
	cleanup_free char *scope = url_encode(scopes, false);
	char *token = url_encode(a->options.identity_token, false);
	char *form = xasprintf("grant_type=refresh_token&service=%s&scope=%s"
			       "&client_id=cubby&refresh_token=%s",
			       service, scope, token);

	request.method = "POST";
	request.url = a->realm;
	request.headers = headers;
	request.tls = a->options.tls;
	request.max_body = TOKEN_ANSWER_MAX;
	request.body = form;
	request.body_size = (int64_t)strlen(form);
	int r = ask(a, &request, scopes, ret, err);
	free_secret(token);
	free_secret(form);
	return r;
}

static int fetch_token(struct auth *a, const char *scopes, struct token **ret,
		       struct error *err)
{
	int r = check_realm(a, a->realm, err);
	if (r < 0)
		return error_wrap(err, "get a token for %s", a->options.host);
	r = a->options.identity_token ? ask_oauth2(a, scopes, ret, err)
				      : ask_basic(a, scopes, ret, err);
	return r < 0 ? error_wrap(err, "get a token for %s", a->options.host) : 0;
}

/* What is asked for: our scopes, and what the registry wants besides; the challenge's own if we want
 * nothing particular. */
static char *wanted_scopes(const struct auth *a, const char *scopes)
{
	const char *own = !str_empty(scopes) ? scopes : a->scope ? a->scope : "";

	if (!a->extra_scope || str_eq(own, a->extra_scope))
		return xstrdup(own);
	return xasprintf("%s%s%s", own, *own ? " " : "", a->extra_scope);
}

int auth_header(struct auth *a, const char *scopes, char **ret, struct error *err)
{
	*ret = NULL;
	if (!a->challenged)
		return 0;
	if (a->scheme == CHALLENGE_BASIC) {
		*ret = auth_basic(a->options.user, a->options.password);
		return 0;
	}
	cleanup_free char *wanted = wanted_scopes(a, scopes);
	struct token *token = find_token(a, wanted);
	if (token && token->until_usec <
			     time_monotonic_usec() + LIFETIME_LEFT_SEC * USEC_PER_SEC) {
		drop_token(a, token);
		token = NULL;
	}
	int r = token ? 0 : fetch_token(a, wanted, &token, err);
	if (!token)
		return r;
	*ret = xstrdup(token->value);
	return 0;
}

static void set_scope(struct auth *a, const char *scope)
{
	free(a->scope);
	a->scope = dup_if(scope);
}

/* scopes: of the request */
static void set_challenge(struct auth *a, const struct challenge *c, const char *scopes)
{
	a->challenged = true;
	a->scheme = c->scheme;
	free(a->realm);
	free(a->service);
	a->realm = dup_if(c->realm);
	a->service = dup_if(c->service);
	if (str_empty(scopes))
		set_scope(a, c->scope);
}

/* The first challenge: which of the ways can we go? */
static int choose(struct auth *a, const struct challenges *challenges, const char *scopes,
		  const char *words, struct error *err)
{
	const struct challenge *bearer = challenges_find(challenges, CHALLENGE_BEARER);
	const struct challenge *basic = challenges_find(challenges, CHALLENGE_BASIC);

	if (bearer && str_empty(bearer->realm))
		bearer = NULL;
	if (bearer || (basic && a->options.user)) {
		set_challenge(a, bearer ? bearer : basic, scopes);
		return 0;
	}
	if (basic || !challenges->n)
		return refuse(a, words, err);
	cleanup_free char *name = str_quote(challenges->items[0].scheme_name);
	return error_set(err, ERR_UNSUPPORTED, 0,
			 "%s wants a way to log in that cubby does not know: %.100s",
			 a->options.host, name);
}

static struct token *token_sent(struct auth *a, const char *sent)
{
	for (size_t i = 0; i < a->n_tokens; i++)
		if (str_eq(a->tokens[i].value, sent))
			return &a->tokens[i];
	return NULL;
}

/* A challenge after we have shown something. True: another try makes sense. */
static bool try_again(struct auth *a, const struct challenge *bearer, const char *scopes,
		      struct token *token)
{
	if (a->scheme != CHALLENGE_BEARER || !bearer)
		return false;
	bool other =
		str_empty(scopes) && bearer->scope && !str_eq(bearer->scope, a->scope);
	bool more = str_eq(bearer->error, "insufficient_scope") && bearer->scope &&
		    !a->extra_scope && !other;
	bool old = token && !token->fresh;

	if (other)
		set_scope(a, bearer->scope);
	if (more)
		a->extra_scope = xstrdup(bearer->scope);
	if (token && !other)
		drop_token(a, token);
	return other || more || old;
}

int auth_challenged(struct auth *a, const struct http_response *response,
		    const char *scopes, const char *sent, struct error *err)
{
	cleanup_challenges struct challenges challenges = {0};
	cleanup_free char *words = answer_words(response->body.data, response->body.len);
	const char *value;
	size_t index = 0;

	while ((value = header_next(response->headers, "www-authenticate", &index)))
		challenges_add(&challenges, value);
	if (!sent)
		return choose(a, &challenges, scopes, words, err);
	if (try_again(a, challenges_find(&challenges, CHALLENGE_BEARER), scopes,
		      token_sent(a, sent)))
		return 0;
	return refuse(a, words, err);
}

void auth_accepted(struct auth *a, const char *sent)
{
	struct token *token = sent ? token_sent(a, sent) : NULL;

	if (token)
		token->fresh = false;
}
