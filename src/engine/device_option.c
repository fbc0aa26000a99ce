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

static void add_node(struct device_nodes *list, const char *source, const char *path,
		     const struct stat *st)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->items[i].path, path))
			return;
	list->items = xreallocarray(list->items, list->n + 1, sizeof(*list->items));
	list->items[list->n++] = (struct device_node){
		.source = xstrdup(source),
		.path = path_clean(path),
		.mode = st->st_mode,
		.number = st->st_rdev,
		.uid = st->st_uid,
		.gid = st->st_gid,
	};
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

static int add_tree(struct device_nodes *list, const char *source, const char *path,
		    int depth, struct error *err)
{
	cleanup_dir DIR *dir = opendir(source);
	struct dirent *entry;

	if (!dir)
		return error_set(err, ERR_SYSTEM, errno, "list devices in %s", source);
	while ((entry = readdir(dir))) {
		cleanup_free char *child = fs_join(source, entry->d_name);
		cleanup_free char *child_path = fs_join(path, entry->d_name);
		struct stat st;
		int r = 0;

		if (entry->d_name[0] == '.' || is_own(child) || lstat(child, &st) < 0)
			continue;
		if (is_device(&st))
			add_node(list, child, child_path, &st);
		else if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
			r = add_tree(list, child, child_path, depth + 1, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool is_access(const char *text)
{
	return text[0] && strspn(text, "rwm") == strlen(text);
}

static int check_access(const char *text, const char *access, struct error *err)
{
	if (!access || (strchr(access, 'r') && strchr(access, 'w')))
		return 0;
	error_set(err, ERR_UNSUPPORTED, 0,
		  "--device %s: less than rw access is not supported yet", text);
	return error_hint(err, "Leave :%s away; the device's own permissions apply",
			  access);
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
	const char *source = parts[0], *path = parts[0], *access = NULL;
	struct stat st;
	int r;

	if (n > 1 && is_access(parts[n - 1]))
		access = parts[--n];
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
	r = check_access(text, access, err);
	if (r < 0)
		return r;
	if (stat(source, &st) < 0)
		return error_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, errno,
				 "--device %s: stat %s", text, source);
	if (S_ISDIR(st.st_mode))
		return add_tree(list, source, path, 0, err);
	if (!is_device(&st))
		return error_set(err, ERR_INVALID, 0, "--device %s: %s is not a device",
				 text, source);
	add_node(list, source, path, &st);
	return 0;
}

int device_add_host(struct device_nodes *list, struct error *err)
{
	return add_tree(list, "/dev", "/dev", 0, err);
}
