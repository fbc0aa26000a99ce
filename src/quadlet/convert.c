/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "quadlet/conversion.h"
#include "quadlet/keys.h"
#include "quadlet/words.h"
#include "util/mem.h"
#include "util/str.h"

#define LINE_MAX_LEN ((size_t)8 * UNIT_FILE_MAX)

void conversion_release(struct conversion *c)
{
	strv_free(c->global);
	strv_free(c->args);
	strv_free(c->after);
	strv_free(c->mounts);
	free(c->directory);
	*c = (struct conversion){0};
}

int conversion_words(const struct conversion *c, const char *key, char ***v,
		     struct error *err)
{
	int r = 0;

	for (const struct unit_entry *e = unit_first_of(c->section, key); e && r == 0;
	     e = unit_next_of(c->section, e))
		r = words_split(e, v, err);
	return r;
}

char *conversion_line(const struct conversion *c, const char *command, char *const *args)
{
	cleanup_buf struct buf line;

	buf_init(&line, LINE_MAX_LEN);
	words_add(&line, c->set->cubby);
	strv_foreach (g, c->global)
		words_add(&line, *g);
	buf_printf(&line, " %s", command);
	strv_foreach (a, args)
		words_add(&line, *a);
	return buf_take(&line);
}

void conversion_default(struct conversion *c, const char *section, const char *key,
			const char *value)
{
	if (!unit_last(unit_file_find(&c->unit->file, section), key))
		unit_add(&c->unit->file, section, key, value);
}

void conversion_oneshot(struct conversion *c, const char *command, bool stays_active)
{
	cleanup_free char *line = conversion_line(c, command, c->args);

	unit_add(&c->unit->file, "Service", "ExecStart", line);
	conversion_default(c, "Service", "SyslogIdentifier", "%N");
	conversion_default(c, "Service", "Type", "oneshot");
	if (stays_active)
		conversion_default(c, "Service", "RemainAfterExit", "yes");
}

/* -- [Quadlet] and [Unit] */

static int default_dependencies(struct conversion *c, bool *ret, struct error *err)
{
	const struct unit_section *s = unit_file_find(&c->unit->file, "Quadlet");

	*ret = true;
	for (size_t i = 0; s && i < s->n_entries; i++) {
		const struct unit_entry *e = &s->entries[i];

		if (!str_eq(e->key, "DefaultDependencies"))
			return unit_error(err, e, "is no key of [Quadlet]");
		int r = *e->value ? words_flag(e, ret, err) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

static void add_unit_lines(struct conversion *c, bool wait_for_network)
{
	struct unit_file *f = &c->unit->file;
	const char *online = c->set->user ? "cubby-wait-network-online.service"
					  : "network-online.target";
	cleanup_buf struct buf mounts;

	if (wait_for_network) {
		unit_add_first(f, "Unit", "After", online);
		unit_add_first(f, "Unit", "Wants", online);
	}
	unit_add(f, "Unit", "SourcePath", c->unit->path);
	buf_init(&mounts, LINE_MAX_LEN);
	words_add(&mounts, c->set->user ? "%t/cubby" : "/var/lib/cubby");
	strv_foreach (m, c->mounts)
		words_add(&mounts, *m);
	unit_add(f, "Unit", "RequiresMountsFor", mounts.data);
	strv_foreach (a, c->after) {
		unit_add(f, "Unit", "Requires", *a);
		unit_add(f, "Unit", "After", *a);
	}
}

/* What systemd does not know keeps its place, under a name that it passes over. */
static void hide_section(struct unit_file *f, const char *name)
{
	struct unit_section *s = unit_file_section(f, name);
	cleanup_free char *hidden = xasprintf("X-%s", name);

	if (s)
		s->name = arena_text(&f->arena, hidden, strlen(hidden));
}

/* Lines are written as they are, and what systemd would read as something else becomes no line: to it, \r ends one as well. */
static int check_line(const struct quadlet_unit *u, const struct unit_entry *e,
		      struct error *err)
{
	const char *what;

	if (strpbrk(e->key, "\r\n") || strpbrk(e->value, "\r\n") ||
	    unit_goes_on(e->value, strlen(e->value)))
		what = "has the end of a line in it, or a backslash at its end";
	else if (!str_is_utf8(e->key) || !str_is_utf8(e->value))
		what = "is no UTF-8";
	else
		return 0;
	if (e->file)
		return unit_error(err, e, "%s", what);
	return error_set(err, ERR_INVALID, 0, "%s: %s= %s", u->path, e->key, what);
}

static int check_lines(const struct quadlet_unit *u, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < u->file.n_sections; i++) {
		const struct unit_section *s = &u->file.sections[i];

		for (size_t j = 0; j < s->n_entries && r == 0; j++)
			r = check_line(u, &s->entries[j], err);
	}
	return r;
}

/* -- one unit, and all */

static int convert_unit(struct quadlet_set *set, struct quadlet_unit *u,
			struct error *err)
{
	static const conversion_fn functions[QUADLET_N_KINDS] = {
		[QUADLET_CONTAINER] = convert_container,
		[QUADLET_VOLUME] = convert_volume,
		[QUADLET_NETWORK] = convert_network,
		[QUADLET_IMAGE] = convert_image,
		[QUADLET_BUILD] = convert_build,
		[QUADLET_POD] = convert_pod,
	};
	cleanup_conversion struct conversion c = {.set = set, .unit = u};
	const char *slash = strrchr(u->path, '/');
	bool wait = true;

	c.directory = xstrndup(u->path, slash ? (size_t)(slash - u->path) : 0);
	/* made before a pointer to another is kept */
	unit_file_ensure(&u->file, "Unit");
	unit_file_ensure(&u->file, "Service");
	c.section = unit_file_section(&u->file, quadlet_section(u->kind));
	int r = keys_check(c.section, u->kind, err);
	if (r == 0)
		r = default_dependencies(&c, &wait, err);
	if (r == 0)
		r = conversion_words(&c, "GlobalArgs", &c.global, err);
	if (r == 0)
		r = functions[u->kind](&c, err);
	if (r < 0)
		return r;
	add_unit_lines(&c, wait);
	hide_section(&u->file, quadlet_section(u->kind));
	hide_section(&u->file, "Quadlet");
	r = check_lines(u, err);
	u->done = r == 0;
	return r;
}

static void failed(struct quadlet_set *s, struct quadlet_unit *u, const struct error *err)
{
	s->n_failed++;
	free(u->service); /* nobody can refer to it */
	u->service = NULL;
	s->tell(s->tell_data, true, err);
}

static int name_unit(struct quadlet_set *s, struct quadlet_unit *u, struct error *err)
{
	if (u->kind == QUADLET_KUBE) {
		error_set(err, ERR_UNSUPPORTED, 0,
			  "%s: Kubernetes YAML cannot be played yet", u->path);
		return error_hint(err, "Write a .pod and its .container files");
	}
	int r = names_give(u, err);
	for (struct quadlet_unit *o = s->units; r == 0 && o < u; o++)
		if (str_eq(o->service, u->service))
			return error_set(err, ERR_CONFLICT, 0,
					 "%s: %s.service is that of %s already", u->path,
					 u->service, o->path);
	return r;
}

void quadlet_convert(struct quadlet_set *s)
{
	static const enum quadlet_kind order[] = {QUADLET_IMAGE,     QUADLET_NETWORK,
						  QUADLET_VOLUME,    QUADLET_BUILD,
						  QUADLET_CONTAINER, QUADLET_POD};

	for (struct quadlet_unit *u = s->units; u < s->units + s->n_units; u++) {
		cleanup_error struct error err = ERROR_INIT;

		if (name_unit(s, u, &err) < 0)
			failed(s, u, &err);
	}
	/* what others refer to first; pods last, as they have to know what starts with them */
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		for (struct quadlet_unit *u = s->units; u < s->units + s->n_units; u++) {
			cleanup_error struct error err = ERROR_INIT;

			if (!u->service || u->kind != order[i])
				continue;
			if (convert_unit(s, u, &err) < 0)
				failed(s, u, &err);
		}
}

void quadlet_set_add(struct quadlet_set *s, const char *name, const char *path,
		     struct unit_file *file)
{
	s->units = xreallocarray(s->units, s->n_units + 1, sizeof(*s->units));
	s->units[s->n_units++] = (struct quadlet_unit){
		.kind = (enum quadlet_kind)quadlet_kind_of(name),
		.name = xstrdup(name),
		.path = xstrdup(path),
		.file = *file,
	};
	*file = (struct unit_file){0};
}

void quadlet_set_release(struct quadlet_set *s)
{
	for (struct quadlet_unit *u = s->units; u < s->units + s->n_units; u++) {
		free(u->name);
		free(u->path);
		free(u->service);
		free(u->resource);
		strv_free(u->members);
		unit_file_release(&u->file);
	}
	free(s->units);
	s->units = NULL;
	s->n_units = 0;
}
