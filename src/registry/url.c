/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/str.h"

#define HOST_LEN_MAX 255

DEFINE_CLEANUP(CURLU *, curl_url_cleanup)
#define cleanup_curlu cleanup(curl_url_cleanupp)

static void curl_string_cleanup(char **s)
{
	curl_free(*s);
}
#define cleanup_curl_string cleanup(curl_string_cleanup)

void url_release(struct url *u)
{
	free(u->text);
	free(u->host);
	*u = (struct url){0};
}

/* What is wrong, as a sentence about the URL, whose text may be anything. */
static int refuse(const char *text, const char *why, struct error *err)
{
	cleanup_free char *shown = url_shown(text);
	cleanup_free char *quoted = str_quote(shown);

	return error_set(err, ERR_INVALID, 0, "URL %.300s: %s", quoted, why);
}

static char *part_of(CURLU *u, CURLUPart part, unsigned int flags)
{
	cleanup_curl_string char *value = NULL;

	return curl_url_get(u, part, &value, flags) == CURLUE_OK ? xstrdup(value) : NULL;
}

static void lower(char *s)
{
	for (; *s; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s - 'A' + 'a');
}

static int take_apart(CURLU *u, const char *text, struct url *ret, struct error *err)
{
	cleanup_free char *scheme = part_of(u, CURLUPART_SCHEME, 0);
	cleanup_free char *port = part_of(u, CURLUPART_PORT, CURLU_DEFAULT_PORT);
	uint32_t number = 0;

	if (!scheme || (!str_eq(scheme, "http") && !str_eq(scheme, "https")))
		return refuse(text, "only http and https are used", err);
	/* A user in it would be sent to that host as credentials. */
	curl_url_set(u, CURLUPART_USER, NULL, 0);
	curl_url_set(u, CURLUPART_PASSWORD, NULL, 0);
	curl_url_set(u, CURLUPART_FRAGMENT, NULL, 0);
	ret->https = str_eq(scheme, "https");
	ret->host = part_of(u, CURLUPART_HOST, 0);
	ret->text = part_of(u, CURLUPART_URL, 0);
	if (!ret->host || !ret->text || !port || str_to_u32(port, &number) < 0 ||
	    number > 65535)
		return refuse(text, "host or port is malformed", err);
	lower(ret->host);
	ret->port = (int)number;
	return 0;
}

static int parse(CURLU *u, const char *text, struct url *ret, struct error *err)
{
	if (strlen(text) > URL_LEN_MAX)
		return refuse("", "it is too long", err);
	/* Some servers leave characters as they are that should have been encoded. */
	CURLUcode code = curl_url_set(u, CURLUPART_URL, text,
				      CURLU_URLENCODE | CURLU_NON_SUPPORT_SCHEME);
	if (code != CURLUE_OK)
		return refuse(text, "it is malformed", err);
	int r = take_apart(u, text, ret, err);
	if (r < 0)
		url_release(ret);
	return r;
}

int url_parse(const char *text, struct url *ret, struct error *err)
{
	cleanup_curlu CURLU *u = curl_url();

	*ret = (struct url){0};
	return u ? parse(u, text, ret, err) : error_set(err, ERR_SYSTEM, ENOMEM, "URL");
}

int url_resolve(const struct url *base, const char *reference, struct url *ret,
		struct error *err)
{
	cleanup_curlu CURLU *u = curl_url();

	*ret = (struct url){0};
	if (!u || curl_url_set(u, CURLUPART_URL, base->text, 0) != CURLUE_OK)
		return error_set(err, ERR_SYSTEM, ENOMEM, "URL");
	return parse(u, reference, ret, err);
}

bool url_same_origin(const struct url *a, const struct url *b)
{
	return a->https == b->https && a->port == b->port && str_eq(a->host, b->host);
}

char *url_host_port(const struct url *u)
{
	return u->port == (u->https ? 443 : 80) ? xstrdup(u->host)
						: xasprintf("%s:%d", u->host, u->port);
}

char *url_shown(const char *text)
{
	cleanup_free char *start = xstrndup(text, strcspn(text, "?#"));
	char *host = strstr(start, "://");
	char *path = host ? strchr(host + 3, '/') : NULL;
	char *at = host ? memrchr(host, '@', path ? (size_t)(path - host) : strlen(host))
			: NULL;

	if (at) /* user and password */
		memmove(host + 3, at + 1, strlen(at + 1) + 1);
	return str_visible(start, "");
}

char *url_encode(const char *text, bool keep_slash)
{
	cleanup_buf struct buf b;

	buf_init(&b, SIZE_MAX / 2);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || strchr("-._~", c) ||
			     (c == '/' && keep_slash);
		if (plain)
			buf_add(&b, text, 1);
		else
			buf_printf(&b, "%%%02X", c);
	}
	return buf_take(&b);
}

char *url_add_query(const char *text, const char *name, const char *value)
{
	cleanup_free char *encoded = url_encode(value, false);
	const char *question = strchr(text, '?');
	const char *separator = !question                             ? "?"
				: question[1] && !str_ends(text, "&") ? "&"
								      : "";

	return xasprintf("%s%s%s=%s", text, separator, name, encoded);
}

bool url_host_is_loopback(const char *host)
{
	char name[HOST_LEN_MAX + 1];
	struct in_addr v4;
	struct in6_addr v6;
	const char *end = *host == '[' ? strchr(host, ']') : strrchr(host, ':');
	size_t len = end ? (size_t)(end - host) : strlen(host);

	if (*host == '[' && len) {
		host++;
		len--;
	}
	if (len >= sizeof(name))
		return false;
	memcpy(name, host, len);
	name[len] = '\0';
	if (strcasecmp(name, "localhost") == 0 ||
	    (len > 10 && strcasecmp(name + len - 10, ".localhost") == 0))
		return true;
	if (inet_pton(AF_INET, name, &v4) == 1)
		return (ntohl(v4.s_addr) >> 24) == 127;
	return inet_pton(AF_INET6, name, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}
