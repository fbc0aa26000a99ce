/* SPDX-License-Identifier: Apache-2.0 */
/* An image that is built: where its context is, and which Dockerfile. */
#include <string.h>

#include "quadlet/conversion.h"
#include "quadlet/keys.h"
#include "util/mem.h"
#include "util/str.h"

static bool is_url(const char *path)
{
	static const char *const begins[] = {"http://", "https://", "git://",
					     "github.com/"};

	for (size_t i = 0; i < ARRAY_SIZE(begins); i++)
		if (str_starts(path, begins[i]))
			return true;
	return false;
}

static char *directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash) /* "%h" */
		return xstrdup(".");
	return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

struct build_place {
	char *file; /* --file; NULL for the context's own */
	char *context;
	char *directory; /* the service's working directory; NULL to leave it */
};

static void build_place_release(struct build_place *p)
{
	free(p->file);
	free(p->context);
	free(p->directory);
}

/* SetWorkingDirectory= is `where`, File= is `file`; either may be NULL, not both. */
static int find_context(const struct conversion *c, const struct unit_entry *where,
			const struct unit_entry *file, struct build_place *p,
			struct error *err)
{
	bool remote = file && is_url(file->value);
	bool by_file = !where || str_eq(where->value, "file");

	if (by_file && (!file || remote) && where)
		return unit_error(err, where,
				  "is \"file\", which needs File= with a path");
	if (!where && (remote || (*file->value != '/' && *file->value != '%')))
		return unit_error(err, file,
				  "needs SetWorkingDirectory= beside it: \"%s\" is %s",
				  file->value, remote ? "a URL" : "a relative path");
	if (by_file && file) {
		p->file = conversion_path(c, file->value);
		p->context = directory_of(p->file);
		if (where)
			p->directory = xstrdup(p->context);
		return 0;
	}
	if (file)
		p->file = xstrdup(file->value);
	if (str_eq(where->value, "unit")) {
		p->context = xstrdup(c->directory);
		p->directory = xstrdup(c->directory);
	} else {
		p->context = xstrdup(where->value);
		if (*where->value != '/' && !is_url(where->value))
			p->directory = xstrdup(c->directory);
	}
	return 0;
}

/* The service's own WorkingDirectory= goes before. */
static int find_place(struct conversion *c, struct build_place *p, struct error *err)
{
	const struct unit_entry *where = unit_last(c->section, "SetWorkingDirectory"),
				*file = unit_last(c->section, "File"),
				*own = unit_last(
					unit_file_find(&c->unit->file, "Service"),
					"WorkingDirectory");

	if (own &&
	    (!where || str_eq(where->value, "unit") || str_eq(where->value, "file"))) {
		p->context = xstrdup(own->value);
		p->file = file ? xstrdup(file->value) : NULL;
		return 0;
	}
	if (!where && !file)
		return error_set(err, ERR_INVALID, 0,
				 "%s: [Build] has neither SetWorkingDirectory= nor File=",
				 c->unit->path);
	return find_context(c, where, file, p, err);
}

int convert_build(struct conversion *c, struct error *err)
{
	cleanup(build_place_release) struct build_place place = {0};
	int r;

	if (!unit_last(c->section, "ImageTag"))
		return error_set(err, ERR_INVALID, 0,
				 "%s: [Build] has no ImageTag=", c->unit->path);
	r = keys_apply(c->section, c->unit->kind, &c->args, err);
	if (r == 0)
		r = conversion_networks(c, err);
	if (r == 0)
		r = conversion_volumes(c, err);
	if (r == 0)
		r = find_place(c, &place, err);
	if (r == 0 && place.context && *place.context == '-')
		r = error_set(err, ERR_INVALID, 0,
			      "%s: \"%s\" is no directory to build in", c->unit->path,
			      place.context);
	if (r < 0)
		return r;
	if (place.file) {
		strv_add(&c->args, "--file");
		strv_add(&c->args, place.file);
	}
	r = conversion_words(c, "PodmanArgs", &c->args, err);
	if (r < 0)
		return r;
	strv_add(&c->args, place.context);
	if (place.directory)
		conversion_default(c, "Service", "WorkingDirectory", place.directory);
	conversion_oneshot(c, "build", false);
	return 0;
}
