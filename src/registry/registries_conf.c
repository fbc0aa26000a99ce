/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/registries_conf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "registry/places.h"
#include "spec/spec.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define HOST_DIR      "/etc/containers"
#define FILE_NAME     "registries.conf"
#define DIR_NAME      FILE_NAME ".d"
#define USER_FILE     "containers/" FILE_NAME
#define USER_DIR      "containers/" DIR_NAME
#define RECORDED_FILE "containers/short-name-aliases.conf"
#define DROP_INS_MAX  1000

void registries_conf_release(struct registries_conf *c)
{
	strv_free(c->search);
	strv_free(c->helpers);
	for (size_t i = 0; i < c->n_entries; i++)
		registries_entry_release(&c->entries[i]);
	free(c->entries);
	strv_free(c->sources);
	for (size_t i = 0; i < c->n_aliases; i++) {
		free(c->aliases[i].key);
		free(c->aliases[i].value);
	}
	free(c->aliases);
	*c = (struct registries_conf){0};
}

/* In place of an earlier one with this prefix. */
static void add_entry(struct registries_conf *c, struct registries_entry *e,
		      const char *path)
{
	size_t i = 0;

	while (i < c->n_entries && !str_eq(c->entries[i].prefix, e->prefix))
		i++;
	if (i < c->n_entries) {
		registries_entry_release(&c->entries[i]);
		free(c->sources[i]);
		c->sources[i] = xstrdup(path);
		c->entries[i] = *e;
	} else {
		*SPEC_APPEND(&c->entries, &c->n_entries) = *e;
		strv_add(&c->sources, path);
	}
	*e = (struct registries_entry){0};
}

static void add_alias(struct registries_conf *c, const struct spec_key_value *alias)
{
	struct spec_key_value *there = NULL;

	for (size_t i = 0; i < c->n_aliases; i++)
		if (str_eq(c->aliases[i].key, alias->key))
			there = &c->aliases[i];
	if (!there) {
		there = SPEC_APPEND(&c->aliases, &c->n_aliases);
		there->key = xstrdup(alias->key);
	}
	free(there->value);
	there->value = xstrdup(alias->value);
}

static void replace(char ***to, char ***from)
{
	if (!*from)
		return;
	strv_free(*to);
	*to = TAKE_PTR(*from);
}

void registries_conf_add(struct registries_conf *c, struct registries_file *f,
			 const char *path)
{
	replace(&c->search, &f->search);
	replace(&c->helpers, &f->helpers);
	if (f->short_name_mode)
		c->enforcing = str_eq(f->short_name_mode, "enforcing");
	for (size_t i = 0; i < f->n_entries; i++)
		add_entry(c, &f->entries[i], path);
	for (size_t i = 0; i < f->n_aliases; i++)
		add_alias(c, &f->aliases[i]);
	registries_file_release(f);
}

static int load_file(struct registries_conf *c, const char *path, bool must_be,
		     struct error *err)
{
	cleanup_registries_file struct registries_file f = {0};
	cleanup_free char *text = NULL;
	size_t len = 0;

	int r = fs_read(AT_FDCWD, path, REGISTRIES_FILE_MAX, &text, &len, err);
	if (r < 0 && err->kind == ERR_NOT_FOUND && !must_be) {
		error_release(err);
		return 0;
	}
	if (r == 0)
		r = registries_file_parse(text, len, path, &f, err);
	if (r == 0)
		registries_conf_add(c, &f, path);
	return r;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list_drop_ins(const char *dir, char ***ret, struct error *err)
{
	cleanup_strv char **names = NULL;
	cleanup_dir DIR *d = opendir(dir);

	if (!d && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (!d)
		return error_set(err, error_kind_of(errno), errno,
				 "read the directory %s", dir);
	for (struct dirent *entry; (entry = readdir(d));) {
		if (!str_ends(entry->d_name, ".conf") || entry->d_type == DT_DIR)
			continue;
		if (strv_len(names) == DROP_INS_MAX)
			return error_set(err, ERR_INVALID, 0, "%s: more than %d files",
					 dir, DROP_INS_MAX);
		strv_add(&names, entry->d_name);
	}
	if (names)
		qsort(names, strv_len(names), sizeof(*names), compare_names);
	*ret = TAKE_PTR(names);
	return 0;
}

static int load_dir(struct registries_conf *c, const char *dir, struct error *err)
{
	cleanup_strv char **names = NULL;

	int r = list_drop_ins(dir, &names, err);
	for (size_t i = 0; r == 0 && names && names[i]; i++) {
		cleanup_free char *path = fs_join(dir, names[i]);
		r = load_file(c, path, false, err);
	}
	return r;
}

/* Where podman writes down what a user has chosen for a short name. */
static char *recorded_aliases(void)
{
	const char *base = getenv("XDG_CACHE_HOME");
	cleanup_free char *usual = NULL;

	if (geteuid() == 0)
		return fs_join("/var/cache", RECORDED_FILE);
	if (base && *base == '/')
		return fs_join(base, RECORDED_FILE);
	usual = places_in_home(".cache");
	return usual ? fs_join(usual, RECORDED_FILE) : NULL;
}

static int load_usual(struct registries_conf *c, struct error *err)
{
	const char *named = getenv("CONTAINERS_REGISTRIES_CONF");
	cleanup_free char *user_file = places_in_config(USER_FILE);
	cleanup_free char *user_dir = places_in_config(USER_DIR);
	cleanup_free char *recorded = recorded_aliases();
	bool users = str_empty(named) && user_file && access(user_file, F_OK) == 0;
	int r;

	if (!str_empty(named))
		r = load_file(c, named, true, err);
	else
		r = load_file(c, users ? user_file : HOST_DIR "/" FILE_NAME, false, err);
	if (r == 0 && !users)
		r = load_dir(c, HOST_DIR "/" DIR_NAME, err);
	if (r == 0 && user_dir)
		r = load_dir(c, user_dir, err);
	if (r == 0 && recorded)
		r = load_file(c, recorded, false, err);
	return r;
}

int registries_conf_load(const char *file, struct registries_conf *ret, struct error *err)
{
	cleanup_registries_conf struct registries_conf c = {0};

	int r = file ? load_file(&c, file, true, err) : load_usual(&c, err);
	if (r < 0)
		return r;
	*ret = c;
	c = (struct registries_conf){0};
	return 0;
}
