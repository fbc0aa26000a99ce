/* SPDX-License-Identifier: Apache-2.0 */
#include "quadlet/load.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "quadlet/names.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define DEPTH_MAX       8
#define DIRECTORIES_MAX 1024
#define FILES_MAX       16384 /* of a directory */

/* -- where */

/* podman's generator is there, and nobody has masked it. The first of these names is the one that counts. */
static bool podman_generates(bool user)
{
	static const char *const places[] = {"/run/systemd", "/etc/systemd",
					     "/usr/local/lib/systemd",
					     "/usr/lib/systemd"};
	const char *kind = user ? "user" : "system";

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct stat st;
		cleanup_free char *path = xasprintf(
			"%s/%s-generators/podman-%s-generator", places[i], kind, kind);
		if (lstat(path, &st) < 0)
			continue;
		return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
	}
	return false;
}

/* "BASE/cubby/systemd" and, unless it is podman's business, "BASE/containers/systemd". */
static void add_both(char ***v, const char *base, const char *below, bool podman)
{
	if (str_empty(base))
		return;
	strv_addf(v, "%s/cubby/systemd%s", base, below);
	if (!podman)
		strv_addf(v, "%s/containers/systemd%s", base, below);
}

char **load_directories(bool user)
{
	const char *given = getenv("QUADLET_UNIT_DIRS");
	char **v = NULL;

	if (!str_empty(given))
		return str_split(given, ':');
	bool podman = podman_generates(user);
	if (!user) {
		if (!podman)
			strv_add(&v, "/run/containers/systemd");
		add_both(&v, "/etc", "", podman);
		add_both(&v, "/usr/share", "", podman);
		return v;
	}
	const char *run = getenv("XDG_RUNTIME_DIR"), *config = getenv("XDG_CONFIG_HOME"),
		   *home = getenv("HOME");
	cleanup_free char *own = str_empty(home) ? NULL : xasprintf("%s/.config", home),
			  *users = xasprintf("/users/%u", (unsigned int)getuid());
	if (!podman && !str_empty(run))
		strv_addf(&v, "%s/containers/systemd", run);
	add_both(&v, str_empty(config) ? own : config, "", podman);
	add_both(&v, "/etc", users, podman);
	add_both(&v, "/etc", "/users", podman);
	return v;
}

/* -- directories below them */

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in a directory that are not hidden, sorted; NULL if there are none or it is not there. */
static char **list(const char *directory)
{
	cleanup_dir DIR *d = opendir(directory);
	char **names = NULL;
	size_t n = 0;

	for (struct dirent *e; d && n < FILES_MAX && (e = readdir(d)) != NULL;)
		if (*e->d_name != '.') {
			names = xreallocarray(names, n + 2, sizeof(*names));
			names[n++] = xstrdup(e->d_name);
			names[n] = NULL;
		}
	if (n)
		qsort(names, n, sizeof(*names), compare_names);
	return names;
}

/* Below /etc/containers/systemd lies what is for users only; below its users/ what is for one of them. */
static bool is_others(const char *directory, const char *name)
{
	if (str_ends(directory, "/systemd/users"))
		return name[strspn(name, "0123456789")] == '\0';
	return str_starts(directory, "/etc/") && str_ends(directory, "/systemd") &&
	       str_eq(name, "users");
}

static void add_tree(char ***v, const char *directory, int depth)
{
	struct stat st;

	if (depth > DEPTH_MAX || strv_len(*v) >= DIRECTORIES_MAX ||
	    stat(directory, &st) < 0 || !S_ISDIR(st.st_mode))
		return;
	cleanup_free char *real = realpath(directory, NULL);
	if (real && strv_has(*v, real))
		return; /* again, through a link */
	strv_add(v, directory);
	cleanup_strv char **names = list(directory);
	strv_foreach (n, names) {
		cleanup_free char *path = fs_join(directory, *n);

		if (!str_ends(*n, ".d") && !is_others(directory, *n))
			add_tree(v, path, depth + 1);
	}
}

/* -- drop-ins */

char **load_drop_in_names(const char *name)
{
	char **v = NULL;
	cleanup_free char *base = names_base(name), *prefix = NULL;
	const char *extension = name + strlen(base), *instance;

	strv_addf(&v, "%s.d", name);
	if (names_template(base, &prefix, &instance) && *instance)
		strv_addf(&v, "%s@%s.d", prefix, extension);
	for (size_t n = strlen(base); n > 1; n--)
		if (base[n - 1] == '-' && base[n])
			strv_addf(&v, "%.*s%s.d", (int)n, base, extension);
	strv_addf(&v, "%s.d", extension + 1);
	return v;
}

/* The drop-ins of a file, by name in the order of their names: *ret_paths[i] is that of (*ret_names)[i], sorted together later. */
static char **find_drop_ins(const char *name, char *const *directories)
{
	cleanup_strv char **places = load_drop_in_names(name), **seen = NULL;
	char **found = NULL; /* "NAME/PATH", so that they sort by name */

	strv_foreach (place, places)
		strv_foreach (d, directories) {
			cleanup_free char *directory = fs_join(*d, *place);
			cleanup_strv char **names = list(directory);

			strv_foreach (n, names) {
				if (!str_ends(*n, ".conf") || strv_has(seen, *n))
					continue;
				strv_add(&seen, *n);
				strv_addf(&found, "%s/%s/%s", *n, directory, *n);
			}
		}
	if (found)
		qsort(found, strv_len(found), sizeof(*found), compare_names);
	return found;
}

/* -- files */

static int parse_path(struct unit_file *u, const char *path, struct error *err)
{
	cleanup_free char *text = NULL;
	size_t len = 0;
	struct stat st;

	if (stat(path, &st) < 0)
		return error_set(err, error_kind_of(errno), errno, "%s", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERR_INVALID, 0, "%s: is no file", path);
	int r = fs_read(AT_FDCWD, path, UNIT_FILE_MAX, &text, &len, err);
	return r < 0 ? r : unit_file_parse(u, text, len, path, err);
}

static int load_unit(struct quadlet_set *s, const char *name, const char *path,
		     char *const *directories, struct error *err)
{
	cleanup_unit_file struct unit_file file = {0};
	cleanup_strv char **drop_ins = find_drop_ins(name, directories);
	int r = parse_path(&file, path, err);

	strv_foreach (d, drop_ins)
		if (r == 0)
			r = parse_path(&file, strchr(*d, '/') + 1, err);
	if (r == 0)
		quadlet_set_add(s, name, path, &file);
	return r;
}

void load_units(struct quadlet_set *s, char *const *directories)
{
	cleanup_strv char **all = NULL, **seen = NULL;

	strv_foreach (d, directories)
		add_tree(&all, *d, 0);
	strv_foreach (d, all) {
		cleanup_strv char **names = list(*d);

		strv_foreach (n, names) {
			cleanup_error struct error err = ERROR_INIT;
			cleanup_free char *path = fs_join(*d, *n);

			if (quadlet_kind_of(*n) < 0 || strv_has(seen, *n))
				continue;
			strv_add(&seen, *n);
			if (load_unit(s, *n, path, all, &err) == 0)
				continue;
			s->n_failed++;
			s->tell(s->tell_data, true, &err);
		}
	}
}
