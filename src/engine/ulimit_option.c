/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/ulimit_option.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>

#include "spec/spec.h"
#include "util/mem.h"
#include "util/str.h"

static const char *const limit_names[] = {
	"as",      "core",     "cpu",        "data",   "fsize", "locks",
	"memlock", "msgqueue", "nice",       "nofile", "nproc", "rss",
	"rtprio",  "rttime",   "sigpending", "stack",  NULL,
};

static int parse_value(const char *text, uint64_t *ret)
{
	if (str_eq(text, "-1") || str_eq(text, "unlimited")) {
		*ret = RLIM64_INFINITY;
		return 0;
	}
	return str_to_u64(text, ret);
}

static int malformed(const char *text, struct error *err)
{
	error_set(err, ERR_INVALID, 0, "--ulimit %s: expected NAME=SOFT[:HARD]", text);
	return error_hint(err, "For example: --ulimit nofile=1024:2048; -1 is unlimited");
}

static int unknown_name(const char *text, const char *name, struct error *err)
{
	const char *nearest = str_nearest(name, limit_names);

	error_set(err, ERR_INVALID, 0, "--ulimit %s: unknown limit \"%s\"", text, name);
	if (nearest)
		return error_hint(err, "Did you mean %s?", nearest);
	return error_hint(
		err,
		"Known: as core cpu data fsize locks memlock msgqueue nice nofile nproc "
		"rss rtprio rttime sigpending stack");
}

static struct spec_rlimit *limit_of_type(struct spec_rlimit **list, size_t *n, char *type)
{
	struct spec_rlimit *limit;

	for (size_t i = 0; i < *n; i++)
		if (str_eq((*list)[i].type, type)) {
			free(type);
			return &(*list)[i];
		}
	limit = SPEC_APPEND(list, n);
	limit->type = type;
	return limit;
}

static char *limit_type(const char *name)
{
	char *type = xasprintf("RLIMIT_%s", name);

	for (char *p = type; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	return type;
}

int ulimit_parse(struct spec_rlimit **list, size_t *n, const char *text,
		 struct error *err)
{
	cleanup_free char *name = xstrndup(text, strcspn(text, "="));
	const char *equals = strchr(text, '=');
	cleanup_strv char **values = NULL;
	struct spec_rlimit *limit;
	uint64_t soft, hard;

	if (!equals)
		return malformed(text, err);
	if (!strv_has((char *const *)limit_names, name))
		return unknown_name(text, name, err);
	values = str_split(equals + 1, ':');
	if (strv_len(values) > 2 || parse_value(values[0], &soft) < 0 ||
	    parse_value(values[1] ? values[1] : values[0], &hard) < 0)
		return malformed(text, err);
	if (soft > hard)
		return error_set(err, ERR_INVALID, 0,
				 "--ulimit %s: the soft limit is above the hard limit",
				 text);
	limit = limit_of_type(list, n, limit_type(name));
	limit->soft = soft;
	limit->hard = hard;
	return 0;
}

int key_value_split(const char *option, const char *text, bool optional_value,
		    char **ret_key, char **ret_value, struct error *err)
{
	const char *equals = strchr(text, '=');

	if (text[0] == '=' || text[0] == '\0' || (!equals && !optional_value))
		return error_set(err, ERR_INVALID, 0, "%s %s: expected KEY=VALUE", option,
				 text);
	*ret_key = xstrndup(text, strcspn(text, "="));
	*ret_value = xstrdup(equals ? equals + 1 : "");
	return 0;
}
