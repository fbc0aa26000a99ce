/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/client.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "registry/answer.h"
#include "registry/auth.h"
#include "registry/header.h"
#include "registry/http_retry.h"
#include "registry/url.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"

#define AUTH_ROUNDS_MAX 4

struct client {
	struct client_options options;
	char *host, *address;
	struct auth *auth;
	char *base;    /* "https://registry-1.docker.io" */
	bool decided;  /* https or http: something has answered */
	bool may_http; /* http is allowed */
};

static void set_base(struct client *c, const char *scheme)
{
	free(c->base);
	c->base = xasprintf("%s://%s", scheme, c->address);
}

struct client *client_new(const struct client_options *options)
{
	struct client *c = xcalloc(1, sizeof(*c));
	struct auth_options auth = {
		.http = options->http,
		.tls = options->tls,
		.host = options->host,
		.user = options->user,
		.password = options->password,
		.identity_token = options->identity_token,
	};

	c->options = *options;
	c->options.user = c->options.password = c->options.identity_token = NULL;
	c->host = xstrdup(options->host);
	c->address = xstrdup(options->address ? options->address : options->host);
	c->auth = auth_new(&auth);
	c->may_http = (options->tls && options->tls->insecure) ||
		      (!options->verify_given && url_host_is_loopback(c->address));
	set_base(c, "https");
	return c;
}

void client_free(struct client *c)
{
	if (!c)
		return;
	auth_free(c->auth);
	free(c->host);
	free(c->address);
	free(c->base);
	free(c);
}

const char *client_host(const struct client *c)
{
	return c->host;
}

struct http *client_http(const struct client *c)
{
	return c->options.http;
}

char *client_scope(const char *repository, const char *actions)
{
	return xasprintf("repository:%s:%s", repository, actions);
}

char *client_path(const char *repository, const char *fmt, ...)
{
	cleanup_free char *name = url_encode(repository, true);
	cleanup_free char *rest = NULL;
	va_list ap;

	va_start(ap, fmt);
	int n = vasprintf(&rest, fmt, ap);
	va_end(ap);
	if (n < 0)
		rest = xstrdup(""); /* out of memory; the next allocation says so */
	return xasprintf("/v2/%s/%s", name, rest);
}

int client_refused(const struct client *c, const struct http_response *response,
		   struct error *err)
{
	return answer_error(response, c->host, err);
}

/* One attempt with what we have to show for ourselves; *ret_sent is that. */
static int send_authorized(struct client *c, struct client_call *call,
			   struct http_response *ret, char **ret_sent, struct error *err)
{
	int r = auth_header(c->auth, call->scopes, ret_sent, err);

	if (r < 0)
		return r;
	cleanup_free char *url = str_starts(call->path, "/")
					 ? xasprintf("%s%s", c->base, call->path)
					 : xstrdup(call->path);
	call->request.url = url;
	call->request.tls = c->options.tls;
	call->request.authorization = *ret_sent;
	call->request.auth_origin = c->base;
	r = http_once(c->options.http, &call->request, ret, err);
	call->request.url = call->request.authorization = call->request.auth_origin =
		NULL;
	return r;
}

/* Nobody has answered yet by https. Shall http be tried? */
static bool try_http(struct client *c, int r, const struct http_response *response)
{
	bool port_given = strrchr(c->address, ':') != NULL;

	return r < 0 && c->may_http && !c->decided &&
	       (response->no_tls || (response->unreachable && !port_given));
}

static int send_decided(struct client *c, struct client_call *call,
			struct http_response *ret, char **ret_sent, struct error *err)
{
	int r = send_authorized(c, call, ret, ret_sent, err);

	if (r < 0 && try_http(c, r, ret)) {
		struct error first = ERROR_INIT;
		bool was_reached = !ret->unreachable;

		error_move(&first, err);
		http_response_release(ret);
		free(TAKE_PTR(*ret_sent));
		set_base(c, "http");
		r = send_authorized(c, call, ret, ret_sent, err);
		if (r < 0 && ret->unreachable && !was_reached) { /* nobody there */
			error_move(err, &first);
			r = err->code ? -err->code : -EINVAL;
		}
		error_release(&first);
		if (r < 0)
			set_base(c, "https");
		else
			log_debug("%s is spoken to by plain http", c->host);
	}
	c->decided = c->decided || r >= 0;
	return r;
}

int client_once(struct client *c, struct client_call *call, struct http_response *ret,
		struct error *err)
{
	for (int round = 0;; round++) {
		cleanup_free char *sent = NULL;
		int r = send_decided(c, call, ret, &sent, err);

		if (r < 0)
			return r;
		if (ret->status != 401) {
			auth_accepted(c->auth, sent);
			return 0;
		}
		if (round == AUTH_ROUNDS_MAX)
			return client_refused(c, ret, err);
		r = auth_challenged(c->auth, ret, call->scopes, sent, err);
		if (r < 0)
			return r;
		http_response_release(ret);
	}
}

int client_perform(struct client *c, struct client_call *call, struct http_response *ret,
		   struct error *err)
{
	struct http_retry retry = {0};

	for (;;) {
		int r = client_once(c, call, ret, err);

		if (!http_retry(c->options.http, &retry, r, ret, err))
			return r;
		http_response_release(ret);
	}
}

int client_ping(struct client *c, struct error *err)
{
	cleanup_http_response struct http_response response = {0};
	struct client_call call = {.request = HTTP_REQUEST_INIT, .path = "/v2/"};

	call.request.max_body = HTTP_ERROR_BODY_MAX;
	int r = client_perform(c, &call, &response, err);
	if (r < 0)
		return r;
	if (response.status / 100 == 2)
		return 0;
	if (response.status != 404)
		return client_refused(c, &response, err);
	return error_set(err, ERR_INVALID, 0, "%s is no registry: it has no /v2/",
			 c->host);
}
