/* SPDX-License-Identifier: Apache-2.0 */
#include "build/copy_match.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build/copy_glob.h"
#include "build/dir_list.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

void copy_matches_release(struct copy_matches *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->items[i].path);
		free(m->items[i].real);
	}
	free(m->items);
	*m = (struct copy_matches){0};
}

static void add(struct copy_matches *m, const char *path, char *real, bool is_dir)
{
	m->items = xreallocarray(m->items, m->n + 1, sizeof(*m->items));
	m->items[m->n++] = (struct copy_match){
		.path = xstrdup(path), .real = real, .is_dir = is_dir};
}

/* --- what can be said of one that is not there --- */

/* Of the first part of the path that is missing. */
static void hint_near(const struct context *c, const char *path, struct error *err)
{
	cleanup_strv char **parts = str_split(path, '/');
	cleanup_free char *dir = xstrdup("");

	strv_foreach (part, parts) {
		cleanup_error struct error missing = ERROR_INIT;
		cleanup_dir_list struct dir_list list = {0};
		cleanup_free char *next = *dir ? fs_join(dir, *part) : xstrdup(*part);
		cleanup_fd int fd = path_open(c->fd, next, O_PATH | O_NOFOLLOW, &missing);
		cleanup_fd int dir_fd = -EBADF;
		const char *near;

		if (fd >= 0) {
			free(dir);
			dir = TAKE_PTR(next);
			continue;
		}
		dir_fd = path_open(c->fd, dir, O_RDONLY | O_DIRECTORY, &missing);
		if (dir_fd < 0 || dir_list_read(dir_fd, &list) < 0)
			return;
		near = str_nearest(*part, list.names);
		if (near)
			error_hint(err, "There is %s%s%s", dir, *dir ? "/" : "", near);
		return;
	}
}

/* A link is there, and what it leads to is not. Return: whether that is so. */
static bool explain_link(const struct context *c, const char *path, struct error *err)
{
	cleanup_error struct error missing = ERROR_INIT;
	cleanup_fd int fd = path_open(c->fd, path, O_PATH | O_NOFOLLOW, &missing);
	char target[PATH_MAX];
	ssize_t n = fd < 0 ? -1 : readlinkat(fd, "", target, sizeof(target) - 1);

	if (n <= 0)
		return false;
	target[n] = '\0';
	error_set(err, ERR_NOT_FOUND, ENOENT,
		  "%s is a link to %s, which is not there in %s", path, target, c->path);
	error_hint(err, "Links are followed inside of it only, where / is its top; in a "
			"directory that is copied they stay links");
	return true;
}

static int not_there(const struct context *c, const char *path, struct error *err)
{
	if (explain_link(c, path, err))
		return -ENOENT;
	error_set(err, ERR_NOT_FOUND, ENOENT, "there is no %s in %s", path, c->path);
	hint_near(c, path, err);
	return -ENOENT;
}

static int is_hidden(const struct context *c, const char *path, struct error *err)
{
	const char *name = c->ignore_name ? c->ignore_name : "the ignore file";

	error_set(err, ERR_NOT_FOUND, ENOENT, "%s leaves %s out of %s", name, path,
		  c->path);
	return error_hint(err, "A line !%s in %s takes it back", path, name);
}

/* --- */

static int find_one(const struct context *c, const char *path, struct copy_matches *m,
		    struct error *err)
{
	cleanup_free char *real = NULL;
	struct stat st;
	cleanup_fd int fd = context_find(c, path, &st, &real, err);

	if (fd == -ENOENT || fd == -ENOTDIR)
		return not_there(c, path, err);
	if (fd < 0)
		return fd;
	if (context_hides(c, path, S_ISDIR(st.st_mode)) ||
	    context_hides(c, real, S_ISDIR(st.st_mode)))
		return is_hidden(c, path, err);
	if (S_ISSOCK(st.st_mode))
		return error_set(err, ERR_UNSUPPORTED, 0,
				 "%s of %s is a socket, which no image can hold", path,
				 c->path);
	add(m, path, TAKE_PTR(real), S_ISDIR(st.st_mode));
	return 0;
}

/* A name that the ignore file leaves out was never meant. */
static int find_pattern(const struct context *c, const char *pattern,
			struct copy_matches *m, struct error *err)
{
	cleanup_strv char **found = NULL;
	size_t n_hidden = 0;
	int r = copy_glob(c->fd, pattern, &found, err);

	for (char **path = found; r >= 0 && path && *path; path++) {
		if (c->ignore && ignore_matches(c->ignore, *path) &&
		    !ignore_may_hold(c->ignore, *path)) {
			n_hidden++;
			continue;
		}
		r = find_one(c, *path, m, err);
	}
	if (r < 0 || m->n)
		return r < 0 ? r : 0;
	if (n_hidden)
		return error_set(err, ERR_NOT_FOUND, ENOENT,
				 "%s leaves out of %s all that %s matches (%zu)",
				 c->ignore_name ? c->ignore_name : "the ignore file",
				 c->path, pattern, n_hidden);
	return error_set(err, ERR_NOT_FOUND, ENOENT, "nothing in %s matches %s", c->path,
			 pattern);
}

int copy_matches_find(const struct context *c, const char *path, struct copy_matches *ret,
		      struct error *err)
{
	cleanup_copy_matches struct copy_matches m = {0};
	int r = copy_glob_has(path) ? find_pattern(c, path, &m, err)
				    : find_one(c, path, &m, err);

	if (r < 0)
		return r;
	*ret = m;
	m = (struct copy_matches){0};
	return 0;
}
