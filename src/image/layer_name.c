/* SPDX-License-Identifier: Apache-2.0 */
#include "image/layer_name.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "util/str.h"

#define WHITEOUT ".wh."
#define META     ".wh..wh."
#define OPAQUE   ".wh..wh..opq"

static int refuse(const char *raw, const char *why, struct error *err)
{
	cleanup_free char *shown = str_quote(raw);

	return error_set(err, ERR_INVALID, 0, "layer entry %.300s: %s", shown, why);
}

/* One more component; it was checked. */
static void append(struct layer_name *n, const char *component, size_t len)
{
	n->dir_len = n->len;
	if (n->len > 0)
		n->path[n->len++] = '/';
	n->base = n->path + n->len;
	memcpy(n->base, component, len);
	n->len += len;
	n->path[n->len] = '\0';
}

static bool begins(const char *component, size_t len, const char *with)
{
	return len >= strlen(with) && memcmp(component, with, strlen(with)) == 0;
}

/* The entry's own name, which may say something of another one. */
static int append_last(struct layer_name *n, const char *raw, const char *component,
		       size_t len, struct error *err)
{
	if (!begins(component, len, WHITEOUT)) {
		append(n, component, len);
		return 0;
	}
	if (len == strlen(OPAQUE) && begins(component, len, OPAQUE)) {
		n->kind = LAYER_NAME_OPAQUE;
		return 0;
	}
	if (begins(component, len, META)) {
		n->kind = LAYER_NAME_IGNORED;
		return 0;
	}
	component += strlen(WHITEOUT);
	len -= strlen(WHITEOUT);
	if (len == 0 || (len == 1 && component[0] == '.') ||
	    (len == 2 && component[0] == '.' && component[1] == '.'))
		return refuse(raw, "a whiteout of nothing", err);
	n->kind = LAYER_NAME_WHITEOUT;
	append(n, component, len);
	return 0;
}

/* A component that something follows. */
static int append_parent(struct layer_name *n, const char *raw, const char *component,
			 size_t len, struct error *err)
{
	if (begins(component, len, META))
		n->kind = LAYER_NAME_IGNORED;
	else if (begins(component, len, WHITEOUT))
		return refuse(raw, "a whiteout is no directory", err);
	append(n, component, len);
	return 0;
}

int layer_name_parse(const char *raw, struct layer_name *ret, struct error *err)
{
	const char *last = NULL;
	size_t last_len = 0;
	int r = 0;

	ret->kind = LAYER_NAME_PLAIN;
	ret->len = ret->dir_len = 0;
	ret->path[0] = '\0';
	ret->base = ret->path;
	if (strlen(raw) > TAR_PATH_MAX)
		return refuse(raw, "the name is too long", err);
	for (const char *c = raw; r == 0 && *c; c += strspn(c, "/")) {
		size_t len = strcspn(c, "/");

		if (len == 2 && c[0] == '.' && c[1] == '.')
			return refuse(raw, "\"..\" in a name", err);
		if (len > NAME_MAX)
			return refuse(raw, "a name of more than 255 bytes", err);
		if (len > 0 && !(len == 1 && c[0] == '.')) {
			if (last)
				r = append_parent(ret, raw, last, last_len, err);
			last = c;
			last_len = len;
		}
		c += len;
	}
	if (r == 0 && !last)
		ret->kind = LAYER_NAME_ROOT;
	if (r == 0 && last && ret->kind == LAYER_NAME_PLAIN)
		r = append_last(ret, raw, last, last_len, err);
	return r;
}
