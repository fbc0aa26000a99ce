/* SPDX-License-Identifier: Apache-2.0 */
#include "build/scope.h"

#include <stdlib.h>
#include <string.h>

#include "engine/environment.h"
#include "image/platform.h"
#include "spec/image.h"
#include "util/mem.h"
#include "util/str.h"

const char *scope_value(char *const *vars, const char *name)
{
	const char *found = NULL;
	size_t len = strlen(name);

	strv_foreach (pair, vars)
		if (strncmp(*pair, name, len) == 0 && (*pair)[len] == '=')
			found = *pair + len + 1;
	return found;
}

/* HTTP_PROXY and the like: needs no ARG, and is in no key and no history without one. */
static bool is_predefined(const char *name)
{
	static const char *const names[] = {
		"HTTP_PROXY", "http_proxy",    "HTTPS_PROXY",    "https_proxy",
		"FTP_PROXY",  "ftp_proxy",     "NO_PROXY",       "no_proxy",
		"ALL_PROXY",  "all_proxy",     "TARGETPLATFORM", "TARGETOS",
		"TARGETARCH", "TARGETVARIANT", "BUILDPLATFORM",  "BUILDOS",
		"BUILDARCH",  "BUILDVARIANT",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(names[i], name))
			return true;
	return false;
}

static int check_name(const char *name, struct error *err)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
	static const char others[] = "0123456789.-";
	size_t len = strspn(name, letters);

	if (len > 0)
		while (name[len] &&
		       (strchr(letters, name[len]) || strchr(others, name[len])))
			len++;
	if (len > 0 && !name[len])
		return 0;
	return error_set(err, ERR_INVALID, 0, "\"%s\" is no name of an argument", name);
}

static const char *source_value(const struct scope_sources *from, const char *name,
				bool has_default, char *own)
{
	const char *value = scope_value(from->given, name);

	if (value)
		return value;
	return has_default ? own : scope_value(from->globals, name);
}

int scope_declare(const struct scope_sources *from, const char *word,
		  const struct expand_scope *scope, char ***args, struct error *err)
{
	size_t len = strcspn(word, "=");
	cleanup_free char *name = xstrndup(word, len), *own = NULL, *pair = NULL;
	const char *value;
	int r = check_name(name, err);

	if (r >= 0 && word[len])
		r = expand_word(word + len + 1, scope, &own, err);
	if (r < 0)
		return r;
	value = source_value(from, name, word[len] != '\0', own);
	if (!value)
		return 0;
	pair = xasprintf("%s=%s", name, value);
	environment_set(args, pair);
	return 0;
}

char **scope_vars(char *const *args, char *const *env)
{
	char **vars = strv_copy(args);

	strv_foreach (pair, env)
		strv_add(&vars, *pair);
	return vars;
}

static void add_platform(const char *prefix, const struct image_platform *p, char ***ret)
{
	cleanup_free char *text = platform_text(p);
	const char *variant = p->variant ? p->variant : "";

	/* the usual variants, which the text leaves out, are none */
	if (strlen(text) <= strlen(p->os) + 1 + strlen(p->architecture))
		variant = "";
	strv_addf(ret, "%sPLATFORM=%s", prefix, text);
	strv_addf(ret, "%sOS=%s", prefix, p->os);
	strv_addf(ret, "%sARCH=%s", prefix, p->architecture);
	strv_addf(ret, "%sVARIANT=%s", prefix, variant);
}

void scope_platform_args(const struct image_platform *target,
			 const struct image_platform *build, char ***ret)
{
	add_platform("BUILD", build, ret);
	add_platform("TARGET", target, ret);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **scope_not_consumed(char *const *given, char *const *declared)
{
	char **names = NULL;

	strv_foreach (pair, given) {
		cleanup_free char *name = xstrndup(*pair, strcspn(*pair, "="));

		if (!is_predefined(name) && !strv_has(declared, name) &&
		    !strv_has(names, name))
			strv_add(&names, name);
	}
	if (names)
		qsort(names, strv_len(names), sizeof(*names), compare);
	return names;
}
