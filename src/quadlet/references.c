/* SPDX-License-Identifier: Apache-2.0 */
/* Volume=, Network= and Mount=: values that may name other files, and paths of the host. */
#include <string.h>

#include "quadlet/conversion.h"
#include "quadlet/words.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

char *conversion_path(const struct conversion *c, const char *path)
{
	if (*path == '%')
		return xstrdup(path);
	if (*path == '/')
		return path_clean(path);
	cleanup_free char *joined = xasprintf("%s/%s", c->directory, path);
	return path_clean(joined);
}

static bool has_extension(const char *name, const char *extensions)
{
	cleanup_strv char **words = str_split(extensions, ' ');

	strv_foreach (w, words)
		if (**w && str_ends(name, *w) && strlen(name) > strlen(*w) &&
		    !strchr(name, '/'))
			return true;
	return false;
}

int conversion_refer(struct conversion *c, const struct unit_entry *e, const char *name,
		     const char *extensions, char **ret, struct error *err)
{
	cleanup_names_found struct names_found found = {0};

	if (!has_extension(name, extensions))
		return 0;
	int r = names_find(c->set, e, name, &found, err);
	if (r < 0)
		return r;
	if (found.unit == c->unit)
		return unit_error(err, e, "names this file itself");
	strv_addf(&c->after, "%s.service", found.service);
	*ret = TAKE_PTR(found.resource);
	return 1;
}

/* A path of the host that a container is shown. */
static char *host_path(struct conversion *c, const char *path)
{
	char *absolute = conversion_path(c, path);

	if (*absolute == '/' && !strv_has(c->mounts, absolute))
		strv_add(&c->mounts, absolute);
	return absolute;
}

/* -- Volume=SOURCE:TARGET[:OPTIONS] */

static int add_volume(struct conversion *c, const struct unit_entry *e, struct error *err)
{
	cleanup_free char *source = xstrndup(e->value, strcspn(e->value, ":")),
			  *means = NULL;
	const char *rest = e->value + strlen(source);

	strv_add(&c->args, "--volume");
	if (!*rest) { /* only where it is in the container */
		strv_add(&c->args, e->value);
		return 0;
	}
	int r = conversion_refer(c, e, source, ".volume", &means, err);
	if (r < 0)
		return r;
	if (r == 0 && (*source == '/' || *source == '.'))
		means = host_path(c, source);
	strv_addf(&c->args, "%s%s", means ? means : source, rest);
	return 0;
}

int conversion_volumes(struct conversion *c, struct error *err)
{
	int r = 0;

	for (const struct unit_entry *e = unit_first_of(c->section, "Volume");
	     e && r == 0; e = unit_next_of(c->section, e))
		r = add_volume(c, e, err);
	return r;
}

/* -- Network=NAME[:OPTIONS] */

static int add_network(struct conversion *c, const struct unit_entry *e,
		       struct error *err)
{
	bool container = c->unit->kind == QUADLET_CONTAINER;
	cleanup_free char *name = xstrndup(e->value, strcspn(e->value, ":")),
			  *means = NULL;
	const char *rest = e->value + strlen(name);
	int r = conversion_refer(
		c, e, name, container ? ".network .container" : ".network", &means, err);

	if (r < 0)
		return r;
	strv_add(&c->args, "--network");
	bool joins = r && str_ends(name, ".container");
	if (joins && *rest)
		return unit_error(
			err, e,
			"has options, which mean nothing in another container's network");
	strv_addf(&c->args, "%s%s%s", joins ? "container:" : "", means ? means : name,
		  rest);
	return 0;
}

int conversion_networks(struct conversion *c, struct error *err)
{
	int r = 0;

	for (const struct unit_entry *e = unit_first_of(c->section, "Network");
	     e && r == 0; e = unit_next_of(c->section, e))
		r = add_network(c, e, err);
	return r;
}

/* -- Mount=type=TYPE,source=...,... : fields as CSV has them, RFC 4180 */

static char **csv_split(const char *line)
{
	char **fields = NULL;

	for (bool more = true; more;) {
		cleanup_buf struct buf field;
		bool quoted = *line == '"';

		buf_init(&field, UNIT_FILE_MAX);
		buf_add(&field, "", 0);
		line += quoted;
		for (; *line && (quoted || *line != ','); line++) {
			if (quoted && *line == '"' && line[1] != '"') {
				quoted = false;
				continue;
			}
			line += quoted && *line == '"';
			buf_add(&field, line, 1);
		}
		strv_add(&fields, field.data);
		more = *line == ',';
		line += more;
	}
	return fields;
}

static char *csv_join(char *const *fields)
{
	cleanup_buf struct buf line;

	buf_init(&line, (size_t)4 * UNIT_FILE_MAX);
	strv_foreach (f, fields) {
		bool quote = strpbrk(*f, ",\"") != NULL;

		buf_printf(&line, "%s%s", line.len ? "," : "", quote ? "\"" : "");
		for (const char *c = *f; *c; c++)
			buf_add(&line, *c == '"' ? "\"\"" : c, *c == '"' ? 2 : 1);
		buf_add_str(&line, quote ? "\"" : "");
	}
	return buf_take(&line);
}

static const char *field_value(const char *field, const char *const *names)
{
	for (; *names; names++)
		if (str_starts(field, *names) && field[strlen(*names)] == '=')
			return field + strlen(*names) + 1;
	return NULL;
}

static const char *const type_names[] = {"type", NULL};
static const char *const source_names[] = {"source", "src", NULL};

static int translate_mount(struct conversion *c, const struct unit_entry *e,
			   char **fields, struct error *err)
{
	const char *type = NULL;

	strv_foreach (f, fields)
		type = type ? type : field_value(*f, type_names);
	if (!type)
		return unit_error(err, e, "has no type=");
	const char *extensions = str_eq(type, "volume")  ? ".volume"
				 : str_eq(type, "image") ? ".image .build"
							 : "";
	bool of_host = str_eq(type, "bind") || str_eq(type, "glob");

	for (char **f = fields; f && *f; f++) {
		const char *source = field_value(*f, source_names);
		cleanup_free char *means = NULL;

		if (!source)
			continue;
		int r = conversion_refer(c, e, source, extensions, &means, err);
		if (r < 0)
			return r;
		if (of_host && (*source == '.' || *source == '/'))
			means = host_path(c, source);
		if (!means)
			continue;
		char *field = xasprintf("source=%s", means);
		free(*f);
		*f = field;
	}
	return 0;
}

/* Somebody put quotes around all of it, for the blanks in it. */
static int mount_fields(const struct unit_entry *e, char ***ret, struct error *err)
{
	cleanup_strv char **words = NULL;

	if (*e->value != '"' && *e->value != '\'') {
		*ret = csv_split(e->value);
		return 0;
	}
	int r = words_split(e, &words, err);
	if (r < 0)
		return r;
	*ret = csv_split(strv_len(words) == 1 ? words[0] : e->value);
	return 0;
}

static int add_mount(struct conversion *c, const struct unit_entry *e, struct error *err)
{
	cleanup_strv char **fields = NULL;
	int r = mount_fields(e, &fields, err);

	if (r == 0)
		r = translate_mount(c, e, fields, err);
	if (r < 0)
		return r;
	strv_add(&c->args, "--mount");
	strv_add_take(&c->args, csv_join(fields));
	return 0;
}

int conversion_mounts(struct conversion *c, struct error *err)
{
	int r = 0;

	for (const struct unit_entry *e = unit_first_of(c->section, "Mount"); e && r == 0;
	     e = unit_next_of(c->section, e))
		r = add_mount(c, e, err);
	return r;
}
