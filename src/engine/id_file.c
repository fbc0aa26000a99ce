/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/id_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "util/fs.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

#define ACL_NAME "system.posix_acl_access" /* acl(5) */

void id_found_file_release(struct id_found_file *f)
{
	free(f->host_path);
	free(f->container_path);
	*f = (struct id_found_file){0};
}

static void take_stat(struct id_found_file *f, const struct stat *st)
{
	f->file.uid = st->st_uid;
	f->file.gid = st->st_gid;
	f->file.mode = st->st_mode;
	f->file.host_path = f->host_path;
	f->file.container_path = f->container_path;
	f->file.has_acl = f->host_path && lgetxattr(f->host_path, ACL_NAME, NULL, 0) > 0;
}

/* Links on the way are followed, the last one is not. */
static char *canonical(const char *absolute)
{
	const char *slash = strrchr(absolute, '/');
	cleanup_free char *parent = xstrndup(absolute, (size_t)(slash - absolute) + 1);
	cleanup_free char *real = realpath(parent, NULL);

	return real && slash[1] ? fs_join(real, slash + 1)
				: xstrdup(real ? real : absolute);
}

/* The directory of the host that an absolute, clean path of the container leads to; NULL: the image. */
static const struct container_bind *bind_at(const struct container_ids *ids,
					    const char *container_path)
{
	const struct container_bind *best = NULL;

	for (size_t i = 0; i < ids->n_binds; i++) {
		const struct container_bind *b = &ids->binds[i];

		/* of two at one place the later one hides the other */
		if (container_ids_below(container_path, b->destination) &&
		    (!best || strlen(b->destination) >= strlen(best->destination)))
			best = b;
	}
	return best;
}

static char *joined(const char *top, const char *rest)
{
	cleanup_free char *path = xasprintf("%s/%s", top, rest);

	return path_clean(path);
}

/* Where the container has a path of the host's, unless something else is mounted over it. */
static void place_in_container(const struct container_ids *ids, struct id_found_file *f)
{
	const struct container_bind *best = NULL;
	const char *rest;

	for (size_t i = 0; i < ids->n_binds; i++) {
		const struct container_bind *b = &ids->binds[i];
		cleanup_free char *there = NULL;

		rest = container_ids_below(f->host_path, b->source);
		if (!rest || (best && strlen(b->source) <= strlen(best->source)))
			continue;
		there = joined(b->destination, rest);
		if (bind_at(ids, there) != b)
			continue;
		best = b;
		free(f->container_path);
		f->container_path = TAKE_PTR(there);
	}
	f->file.bind = best;
}

int id_file_on_host(const struct container_ids *ids, const char *path,
		    struct id_found_file *ret, struct error *err)
{
	cleanup(id_found_file_release) struct id_found_file f = {0};
	cleanup_free char *absolute = fs_absolute(path);
	struct stat st;

	if (!absolute)
		return error_set(err, ERR_SYSTEM, errno,
				 "find out the working directory");
	if (lstat(absolute, &st) < 0) {
		error_set(err, error_kind_of(errno), errno, "look at %s of the host",
			  path);
		if (path[0] == '/')
			return error_hint(err, "In the container: %s:%s", ids->name,
					  path);
		return error_hint(err, "A user of the container: uid:%s", path);
	}
	f.host_path = canonical(absolute);
	place_in_container(ids, &f);
	take_stat(&f, &st);
	*ret = f;
	f = (struct id_found_file){0};
	return 0;
}

/* Through its root, as it sees it. */
static int look_inside(const struct container_ids *ids, const char *path,
		       struct stat *ret, struct error *err)
{
	cleanup_fd int fd = -EBADF;

	if (ids->root_fd < 0) {
		error_set(err, ERR_UNSUPPORTED, 0,
			  "the files of %s can't be looked at from here", ids->name);
		return error_hint(
			err, "The reason: cubby --log-level=debug idmap explain ...");
	}
	fd = path_open(ids->root_fd, path, O_PATH | O_NOFOLLOW, err);
	if (fd < 0)
		return error_wrap(err, "look at %s of %s", path, ids->name);
	if (fstat(fd, ret) < 0)
		return error_set(err, ERR_SYSTEM, errno, "look at %s of %s", path,
				 ids->name);
	return 0;
}

/* A path below a directory of the host's, if no link is on the way: where one leads only the container knows. */
static bool look_below(const char *top, const char *rest, struct stat *ret)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_fd int top_fd = open(top, O_PATH | O_NOFOLLOW | O_CLOEXEC), fd = -EBADF;

	if (top_fd < 0)
		return false;
	if (!rest[strspn(rest, "/")])
		return fstat(top_fd, ret) == 0;
	fd = path_open_nolink(top_fd, rest, O_PATH | O_NOFOLLOW, false, &err);
	if (fd < 0)
		error_drop(&err, "the container's own view is asked");
	return fd >= 0 && fstat(fd, ret) == 0;
}

int id_file_in_container(const struct container_ids *ids, const char *path,
			 struct id_found_file *ret, struct error *err)
{
	cleanup(id_found_file_release) struct id_found_file f = {0};
	const char *rest;
	struct stat st;
	int r;

	f.container_path = path_clean(path);
	f.file.bind = bind_at(ids, f.container_path);
	rest = f.file.bind
		       ? container_ids_below(f.container_path, f.file.bind->destination)
		       : "";
	if (f.file.bind && look_below(f.file.bind->source, rest, &st)) {
		f.host_path = joined(f.file.bind->source, rest);
	} else {
		f.file.bind = NULL;
		r = look_inside(ids, f.container_path, &st, err);
		if (r < 0)
			return r;
	}
	take_stat(&f, &st);
	*ret = f;
	f = (struct id_found_file){0};
	return 0;
}
