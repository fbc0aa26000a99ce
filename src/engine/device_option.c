/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/device_option.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "util/fs.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

#define DEPTH_MAX 8

void device_nodes_release(struct device_nodes *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->items[i].source);
		free(list->items[i].path);
	}
	free(list->items);
	*list = (struct device_nodes){0};
}

/* Letters in the order of "rwm", each once. */
static void set_access(struct device_node *node, const char *access)
{
	char *to = node->access;

	for (const char *c = "rwm"; *c; c++)
		if (strchr(access, *c))
			*to++ = *c;
	*to = '\0';
}

/* Where it is to be found, and what it may be used for. */
struct device_wish {
	const char *source, *path, *access;
};

static void add_node(struct device_nodes *list, const struct device_wish *w,
		     const struct stat *st)
{
	const char *path = w->path;
	struct device_node *node;

	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->items[i].path, path))
			return;
	list->items = xreallocarray(list->items, list->n + 1, sizeof(*list->items));
	node = &list->items[list->n++];
	*node = (struct device_node){
		.source = xstrdup(w->source),
		.path = path_clean(path),
		.mode = st->st_mode,
		.number = st->st_rdev,
		.uid = st->st_uid,
		.gid = st->st_gid,
	};
	set_access(node, w->access);
}

static bool is_device(const struct stat *st)
{
	return S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode);
}

/* What every container has already, or must have of its own. */
static bool is_own(const char *path)
{
	static const char *const own[] = {
		"/dev/pts",   "/dev/shm",    "/dev/mqueue", "/dev/console",
		"/dev/ptmx",  "/dev/fd",     "/dev/tty",    "/dev/null",
		"/dev/zero",  "/dev/full",   "/dev/random", "/dev/urandom",
		"/dev/stdin", "/dev/stdout", "/dev/stderr", NULL,
	};

	return strv_has((char *const *)own, path);
}

static int add_tree(struct device_nodes *list, const struct device_wish *w, int depth,
		    struct error *err)
{
	cleanup_dir DIR *dir = opendir(w->source);
	struct dirent *entry;

	if (!dir)
		return error_set(err, ERR_SYSTEM, errno, "list devices in %s", w->source);
	while ((entry = readdir(dir))) {
		cleanup_free char *child = fs_join(w->source, entry->d_name);
		cleanup_free char *child_path = fs_join(w->path, entry->d_name);
		const struct device_wish below = {child, child_path, w->access};
		struct stat st;
		int r = 0;

		if (entry->d_name[0] == '.' || is_own(child) || lstat(child, &st) < 0)
			continue;
		if (is_device(&st))
			add_node(list, &below, &st);
		else if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
			r = add_tree(list, &below, depth + 1, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool is_access(const char *text)
{
	return text[0] && strspn(text, "rwm") == strlen(text);
}

const struct device_node *device_restricted(const struct device_nodes *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (!str_starts(list->items[i].access, "rw"))
			return &list->items[i];
	return NULL;
}

/* "vendor.com/class=name": the Container Device Interface's. */
static int refuse_cdi(const char *text, struct error *err)
{
	error_set(
		err, ERR_UNSUPPORTED, 0,
		"--device %s: names of the Container Device Interface are not understood",
		text);
	return error_hint(err, "Name the device's files: --device /dev/dri; "
			       "libraries of the host go in with -v");
}

int device_parse(struct device_nodes *list, const char *text, struct error *err)
{
	cleanup_strv char **parts = str_split(text, ':');
	size_t n = strv_len(parts);
	const char *source = parts[0], *path = parts[0];
	struct device_wish wish = {.access = "rwm"};
	struct stat st;

	if (n > 1 && is_access(parts[n - 1]))
		wish.access = parts[--n];
	if (n == 2)
		path = parts[1];
	if (n == 1 && source[0] != '/' && strchr(source, '/') && strchr(source, '='))
		return refuse_cdi(text, err);
	if (n > 2 || source[0] != '/' || path[0] != '/') {
		error_set(err, ERR_INVALID, 0,
			  "--device %s: expected HOST-DEVICE[:CONTAINER-DEVICE][:rwm]",
			  text);
		return error_hint(err, "For example: --device /dev/fuse");
	}
	wish.source = source;
	wish.path = path;
	if (stat(source, &st) < 0)
		return error_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, errno,
				 "--device %s: stat %s", text, source);
	if (S_ISDIR(st.st_mode))
		return add_tree(list, &wish, 0, err);
	if (!is_device(&st))
		return error_set(err, ERR_INVALID, 0, "--device %s: %s is not a device",
				 text, source);
	add_node(list, &wish, &st);
	return 0;
}

int device_add_host(struct device_nodes *list, struct error *err)
{
	return add_tree(list, &(struct device_wish){"/dev", "/dev", "rwm"}, 0, err);
}
