/* SPDX-License-Identifier: Apache-2.0 */
#include "build/copy_glob.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "build/dir_list.h"
#include "build/ignore.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

#define DEPTH_MAX 100

struct glob {
	int root_fd;
	char ***found;
	size_t n;
	unsigned int depth;
};

bool copy_glob_has(const char *path)
{
	return strpbrk(path, "*?[\\") != NULL;
}

static char *join(const char *dir, const char *name)
{
	return *dir ? fs_join(dir, name) : xstrdup(name);
}

static bool exists(const struct glob *g, const char *path)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_fd int fd = path_open(g->root_fd, path, O_PATH | O_NOFOLLOW, &err);

	return fd >= 0;
}

/* follow: also what a link leads to. */
static bool is_dir(int dir_fd, const char *name, bool follow)
{
	struct stat st;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	/* the next look at it goes by the path, inside the root */
	return S_ISDIR(st.st_mode) || (follow && S_ISLNK(st.st_mode));
}

static int expand(struct glob *g, const char *dir, char *const *parts, struct error *err);

static int take(struct glob *g, const char *path, char *const *rest, struct error *err)
{
	int r;

	if (*rest) {
		if (++g->depth > DEPTH_MAX)
			return error_set(
				err, ERR_INVALID, 0,
				"look for what matches: more than %d directories deep",
				DEPTH_MAX);
		r = expand(g, path, rest, err);
		g->depth--;
		return r;
	}
	if (++g->n > COPY_MATCHES_MAX)
		return error_set(err, ERR_INVALID, 0,
				 "the pattern matches more than %d files",
				 COPY_MATCHES_MAX);
	strv_add(g->found, path);
	return 0;
}

/* No directory there is no match. Return: fd or -errno. */
static int open_dir(const struct glob *g, const char *dir)
{
	cleanup_error struct error missing = ERROR_INIT;

	return path_open(g->root_fd, dir, O_RDONLY | O_DIRECTORY, &missing);
}

static int match_names(struct glob *g, const char *dir, char *const *parts,
		       struct error *err)
{
	cleanup_fd int fd = open_dir(g, dir);
	cleanup_dir_list struct dir_list list = {0};
	bool any_depth = str_eq(parts[0], "**");
	int r = fd < 0 ? 0 : dir_list_read(fd, &list);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "list %s", dir);
	for (size_t i = 0; r >= 0 && i < list.n; i++) {
		const char *name = list.names[i];
		cleanup_free char *path = join(dir, name);

		if (any_depth && is_dir(fd, name, false))
			r = take(g, path, parts, err);
		else if (any_depth && !parts[1])
			r = take(g, path, parts + 1, err);
		else if (!any_depth && ignore_glob(parts[0], name) &&
			 (!parts[1] || is_dir(fd, name, true)))
			r = take(g, path, parts + 1, err);
	}
	return r;
}

static int expand(struct glob *g, const char *dir, char *const *parts, struct error *err)
{
	int r = 0;

	if (!copy_glob_has(parts[0])) {
		cleanup_free char *path = join(dir, parts[0]);

		return parts[1] || exists(g, path) ? take(g, path, parts + 1, err) : 0;
	}
	/* ** also means no directory at all */
	if (str_eq(parts[0], "**") && parts[1])
		r = expand(g, dir, parts + 1, err);
	return r < 0 ? r : match_names(g, dir, parts, err);
}

int copy_glob(int root_fd, const char *pattern, char ***ret, struct error *err)
{
	cleanup_strv char **parts = str_split(pattern, '/');
	struct glob g = {.root_fd = root_fd, .found = ret};

	return expand(&g, "", parts, err);
}
