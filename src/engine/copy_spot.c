/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/copy_spot.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

#define LINKS_MAX 40 /* path_resolution(7) */

void copy_spot_release(struct copy_spot *s)
{
	fd_cleanup_(&s->parent_fd);
	free(s->name);
	*s = COPY_SPOT_INIT;
}

int copy_not_found(const struct copy_place *place, const char *path, struct error *err)
{
	if (place->container)
		return error_set(err, ERR_NOT_FOUND, ENOENT,
				 "\"%s\" could not be found on container %s", path,
				 place->container);
	return error_set(err, ERR_NOT_FOUND, ENOENT,
			 "\"%s\" could not be found on the host", path);
}

int copy_open(const struct copy_place *place, const char *path, int flags,
	      struct error *err)
{
	int fd;

	if (place->root_fd >= 0)
		return path_open(place->root_fd, path, flags, err);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? error_set(err, error_kind_of(errno), errno, "open %s", path) : fd;
}

static size_t without_slashes(const char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	return len;
}

static const char *last_part(const char *path, size_t len)
{
	const char *at = path + len;

	while (at > path && at[-1] != '/')
		at--;
	return at;
}

static bool has_own_name(const char *name)
{
	return *name && !str_eq(name, ".") && !str_eq(name, "..") && !str_eq(name, "/");
}

char *copy_path_name(const char *path)
{
	size_t len = without_slashes(path);
	const char *at = last_part(path, len);
	cleanup_free char *name = xstrndup(at, (size_t)(path + len - at));

	return has_own_name(name) ? TAKE_PTR(name) : NULL;
}

bool copy_path_contents(const char *path)
{
	return str_eq(path, ".") || str_ends(path, "/.");
}

bool copy_path_is_dir(const char *path)
{
	return str_ends(path, "/") || copy_path_contents(path);
}

/* A directory without a name of its own: itself. */
static int find_dir(const struct copy_place *place, const char *path,
		    struct copy_spot *ret, struct error *err)
{
	ret->parent_fd = copy_open(place, path, O_PATH | O_DIRECTORY, err);
	if (ret->parent_fd < 0)
		return ret->parent_fd;
	ret->name = xstrdup(".");
	ret->exists = true;
	if (fstat(ret->parent_fd, &ret->st) < 0)
		return error_set(err, ERR_SYSTEM, errno, "look at %s", path);
	return 0;
}

/* Return: 1 with *at replaced by where the link leads, 0 if it is none to be followed. */
static int step(struct copy_spot *s, const char *dir, bool follow, char **at,
		struct error *err)
{
	char target[PATH_MAX];
	ssize_t n;

	if (fstatat(s->parent_fd, s->name, &s->st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT)
			return 0;
		return error_set(err, error_kind_of(errno), errno, "look at %s", *at);
	}
	s->exists = true;
	if (!follow || !S_ISLNK(s->st.st_mode))
		return 0;
	n = readlinkat(s->parent_fd, s->name, target, sizeof(target) - 1);
	if (n <= 0)
		return error_set(err, ERR_SYSTEM, n < 0 ? errno : ENOENT,
				 "read the link %s", *at);
	target[n] = '\0';
	free(*at);
	*at = target[0] == '/' ? xstrdup(target) : xasprintf("%s%s", dir, target);
	return 1;
}

int copy_spot_find(const struct copy_place *place, const char *path, bool follow,
		   struct copy_spot *ret, struct error *err)
{
	cleanup_free char *at = xstrdup(*path ? path : "/");

	for (int i = 0; i < LINKS_MAX; i++) {
		cleanup_copy_spot struct copy_spot s = COPY_SPOT_INIT;
		size_t len = without_slashes(at);
		const char *name = last_part(at, len);
		cleanup_free char *dir = xstrndup(at, (size_t)(name - at));
		int r;

		s.name = xstrndup(name, (size_t)(at + len - name));
		if (!has_own_name(s.name))
			return find_dir(place, at, ret, err);
		s.parent_fd =
			copy_open(place, *dir ? dir : ".", O_PATH | O_DIRECTORY, err);
		if (s.parent_fd < 0)
			return s.parent_fd;
		r = step(&s, dir, follow, &at, err);
		if (r < 0)
			return r;
		if (r == 0) {
			*ret = s;
			s = COPY_SPOT_INIT;
			return 0;
		}
	}
	return error_set(err, ERR_INVALID, ELOOP, "open %s", path);
}
