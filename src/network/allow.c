/* SPDX-License-Identifier: Apache-2.0 */
#include "network/allow.h"
#include "util/mem.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "util/str.h"

#define FORMS                                                                            \
	"use NAME[:PORT], *.NAME[:PORT], ADDRESS[/LENGTH][:PORT] or [IPV6][:PORT]; for " \
	"example --allow-net example.org:443"

static int refuse(const char *word, const char *why, struct error *err)
{
	cleanup_free char *quoted = str_quote(word);

	error_set(err, ERR_INVALID, EINVAL, "allow %s: %s", quoted, why);
	err->code = 0;
	error_hint(err, FORMS);
	return -EINVAL;
}

static int parse_port(const char *word, const char *text, uint16_t *ret,
		      struct error *err)
{
	uint32_t n;

	if (str_to_u32(text, &n) < 0 || n == 0 || n > UINT16_MAX)
		return refuse(word, "the port is no number from 1 to 65535", err);
	*ret = (uint16_t)n;
	return 0;
}

/* The bits past the prefix are no part of a network; an address with them is what people type. */
static void clear_host_bits(struct allow_rule *rule)
{
	uint8_t *bytes =
		rule->family == AF_INET ? (uint8_t *)&rule->v4 : rule->v6.s6_addr;
	unsigned n = rule->family == AF_INET ? 4 : 16;

	for (unsigned i = 0; i < n; i++) {
		unsigned kept = rule->prefix > 8 * i ? rule->prefix - 8 * i : 0;

		if (kept < 8)
			bytes[i] &= (uint8_t)(0xff00 >> kept);
	}
}

/* Return: 1: it is an address, 0: it is none, -EINVAL: it is a wrong one. */
static int parse_address(const char *word, const char *text, struct allow_rule *ret,
			 struct error *err)
{
	char address[INET6_ADDRSTRLEN + 1];
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	uint32_t prefix;

	if (len >= sizeof(address))
		return slash ? refuse(word, "that is no address before the /", err) : 0;
	memcpy(address, text, len);
	address[len] = 0;
	if (inet_pton(AF_INET, address, &ret->v4) == 1)
		ret->family = AF_INET;
	else if (inet_pton(AF_INET6, address, &ret->v6) == 1)
		ret->family = AF_INET6;
	else
		return slash ? refuse(word, "that is no address before the /", err) : 0;
	ret->prefix = ret->family == AF_INET ? 32 : 128;
	if (slash) {
		if (str_to_u32(slash + 1, &prefix) < 0 || prefix > ret->prefix)
			return refuse(word, "that is no prefix length after the /", err);
		ret->prefix = prefix;
	}
	clear_host_bits(ret);
	return 1;
}

static bool is_name(const char *name)
{
	size_t label = 0;

	for (const char *c = name; *c; c++) {
		if (*c == '.') {
			if (label == 0)
				return false;
			label = 0;
		} else if ((!isalnum((unsigned char)*c) && *c != '-' && *c != '_') ||
			   ++label > 63) {
			return false;
		}
	}
	return label > 0;
}

static bool ends_in_number(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && dot[1 + strspn(dot + 1, "0123456789")] == 0;
}

static int parse_name(const char *word, const char *text, struct allow_rule *ret,
		      struct error *err)
{
	size_t len;

	if (str_starts(text, "*.")) {
		ret->is_wildcard = true;
		text += 2;
	}
	len = strlen(text);
	if (len > 0 && text[len - 1] == '.')
		len--;
	if (len > ALLOW_NAME_MAX)
		return refuse(word, "the name is too long", err);
	for (size_t i = 0; i < len; i++)
		ret->name[i] = (char)tolower((unsigned char)text[i]);
	ret->name[len] = 0;
	if (!is_name(ret->name))
		return refuse(word, "that is neither a name nor an address", err);
	/* "300.1.2.3" is a slip of the finger, no name: there is no top-level domain of digits */
	if (ends_in_number(ret->name))
		return refuse(word, "that is no address", err);
	return 0;
}

/* Cuts text (a copy) into host and port. "2001:db8::1" has no port, "[2001:db8::1]:443" has one. */
static int split_port(const char *word, char **text, const char **ret_port,
		      struct error *err)
{
	char *s = *text, *end;

	*ret_port = NULL;
	if (*s == '[') {
		end = strchr(s, ']');
		if (!end || (end[1] && end[1] != ':'))
			return refuse(word, "the ] is missing or in the wrong place",
				      err);
		*end = 0;
		*text = s + 1;
		if (end[1] == ':')
			*ret_port = end + 2;
		return 0;
	}
	end = strchr(s, ':');
	if (end && end == strrchr(s, ':')) {
		*end = 0;
		*ret_port = end + 1;
	}
	return 0;
}

int allow_parse(const char *word, struct allow_rule *ret, struct error *err)
{
	cleanup_free char *copy = xstrdup(word);
	const char *port;
	char *text = copy;
	int r;

	*ret = (struct allow_rule){0};
	r = split_port(word, &text, &port, err);
	if (r < 0)
		return r;
	if (port) {
		r = parse_port(word, port, &ret->port, err);
		if (r < 0)
			return r;
	}
	r = parse_address(word, text, ret, err);
	if (r < 0)
		return r;
	if (r == 1 && *word == '[' && ret->family != AF_INET6)
		return refuse(word, "only an IPv6 address stands in [ ]", err);
	if (r == 1)
		return 0;
	if (*word == '[')
		return refuse(word, "that is no IPv6 address in the [ ]", err);
	return parse_name(word, text, ret, err);
}

bool allow_matches_name(const struct allow_rule *rule, const char *name)
{
	size_t len = strlen(name), own = strlen(rule->name);

	if (rule->family != AF_UNSPEC || own == 0)
		return false;
	if (len > 0 && name[len - 1] == '.')
		len--;
	if (!rule->is_wildcard)
		return len == own && strncasecmp(name, rule->name, len) == 0;
	return len > own + 1 && name[len - own - 1] == '.' &&
	       strncasecmp(name + len - own, rule->name, own) == 0;
}

bool allow_has_name(char *const *allow, const char *name)
{
	strv_foreach (word, allow) {
		cleanup_error struct error err = ERROR_INIT;
		struct allow_rule rule;

		if (allow_parse(*word, &rule, &err) == 0 &&
		    allow_matches_name(&rule, name))
			return true;
	}
	return false;
}
