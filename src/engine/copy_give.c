/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree may belong to somebody who changes it meanwhile: each name is opened below its directory
 * without following it, looked at again by that fd, and only then handed over.
 */
#include "engine/copy_give.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "image/layer_links.h"
#include "util/fs_walk.h"
#include "util/mem.h"
#include "util/str.h"

struct job {
	const struct copy_give *give;
	const struct copy_sink *sink;
	struct layer_links links;
};

static uint32_t id_of(const struct idmap *map, uint32_t id)
{
	uint32_t inside = map && map->n_lines ? idmap_to_inside(map, id) : id;

	return inside == IDMAP_NONE ? IDMAP_NOBODY : inside;
}

static struct copy_entry entry_of(const struct job *j, const struct stat *st,
				  const char *path)
{
	struct copy_entry e = COPY_ENTRY_INIT;

	e.path = path;
	e.mode = st->st_mode & 07777;
	e.uid = id_of(j->give->uids, st->st_uid);
	e.gid = id_of(j->give->gids, st->st_gid);
	e.mtime = st->st_mtim;
	return e;
}

static int hand(const struct job *j, const struct copy_entry *e, struct error *err)
{
	return j->sink->take(j->sink->data, e, err);
}

static const char *shown(const struct job *j, const char *path)
{
	return *path ? path : j->give->path;
}

static int give_file(struct job *j, int dirfd, const char *name, const char *path,
		     struct error *err)
{
	cleanup_fd int fd = openat(
		dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct copy_entry e;
	struct stat st;

	if (fd < 0 && (errno == ENOENT || errno == ELOOP || errno == ENXIO))
		return 0; /* gone, or something else meanwhile */
	if (fd < 0)
		return error_set(err, error_kind_of(errno), errno, "open %s",
				 shown(j, path));
	if (fstat(fd, &st) < 0)
		return error_set(err, ERR_SYSTEM, errno, "look at %s", shown(j, path));
	if (!S_ISREG(st.st_mode))
		return 0;
	e = entry_of(j, &st, path);
	e.kind = COPY_FILE;
	e.size = (uint64_t)st.st_size;
	e.fd = fd;
	return hand(j, &e, err);
}

static int give_symlink(struct job *j, int dirfd, const char *name, const char *path,
			const struct stat *st, struct error *err)
{
	struct copy_entry e = entry_of(j, st, path);
	char target[PATH_MAX];
	ssize_t n = readlinkat(dirfd, name, target, sizeof(target) - 1);

	if (n < 0)
		return errno == ENOENT || errno == EINVAL
			       ? 0
			       : error_set(err, ERR_SYSTEM, errno, "read the link %s",
					   shown(j, path));
	target[n] = '\0';
	e.kind = COPY_SYMLINK;
	e.link = target;
	return hand(j, &e, err);
}

/* Return: 1 if it is another name of something that was handed over. */
static int give_hardlink(struct job *j, const char *path, const struct stat *st,
			 struct error *err)
{
	const char *first = st->st_nlink > 1 ? layer_links_meet(&j->links, st->st_dev,
								st->st_ino, path)
					     : NULL;
	struct copy_entry e;
	int r;

	if (!first)
		return 0;
	e = entry_of(j, st, path);
	e.kind = COPY_HARDLINK;
	e.link = first;
	r = hand(j, &e, err);
	return r < 0 ? r : 1;
}

static int give_name(struct job *j, int dirfd, const char *name, const char *path,
		     const struct stat *st, struct error *err)
{
	struct copy_entry e = entry_of(j, st, path);
	int r;

	if (S_ISDIR(st->st_mode)) {
		e.kind = COPY_DIR;
		return hand(j, &e, err);
	}
	r = give_hardlink(j, path, st, err);
	if (r != 0)
		return r < 0 ? r : 0;
	if (S_ISREG(st->st_mode))
		return give_file(j, dirfd, name, path, err);
	if (S_ISLNK(st->st_mode))
		return give_symlink(j, dirfd, name, path, st, err);
	if (!S_ISFIFO(st->st_mode))
		return 0;
	e.kind = COPY_FIFO;
	return hand(j, &e, err);
}

static int visit(void *data, const struct fs_walk_entry *w, struct error *err)
{
	return give_name(data, w->dirfd, w->name, str_eq(w->path, ".") ? "" : w->path,
			 w->st, err);
}

static int give_tree(struct job *j, const struct copy_spot *s, struct error *err)
{
	cleanup_fd int fd = openat(s->parent_fd, s->name,
				   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return error_set(err, error_kind_of(errno), errno, "open %s",
				 j->give->path);
	return fs_walk_mounts(fd, ".", visit, j, err);
}

/* What a copy can't have. */
static int check_kind(const struct job *j, const struct stat *st, struct error *err)
{
	if (S_ISDIR(st->st_mode) || S_ISREG(st->st_mode) || S_ISLNK(st->st_mode) ||
	    S_ISFIFO(st->st_mode))
		return 0;
	return error_set(err, ERR_UNSUPPORTED, 0, "copy %s: it is a %s", j->give->path,
			 S_ISSOCK(st->st_mode) ? "socket" : "device");
}

static int announce(const struct job *j, const struct copy_spot *s, struct error *err)
{
	struct copy_entry e = entry_of(j, &s->st, "");
	cleanup_free char *name = copy_path_name(j->give->path);

	e.kind = COPY_SOURCE;
	e.is_dir = S_ISDIR(s->st.st_mode);
	e.contents = e.is_dir && !name;
	e.dev = s->st.st_dev;
	e.ino = s->st.st_ino;
	e.path = name ? name : "";
	e.link = j->give->path;
	return hand(j, &e, err);
}

static int find(const struct copy_give *g, struct copy_spot *ret, struct error *err)
{
	bool must_be_dir = copy_path_is_dir(g->path);
	int r = copy_spot_find(&g->place, g->path, g->follow || must_be_dir, ret, err);

	if (r == -ENOENT || (r >= 0 && !ret->exists))
		return copy_not_found(&g->place, g->path, err);
	if (r < 0)
		return r;
	if (must_be_dir && !S_ISDIR(ret->st.st_mode))
		return error_set(err, ERR_INVALID, ENOTDIR, "copy %s", g->path);
	return 0;
}

int copy_give(const struct copy_give *g, const struct copy_sink *sink, struct error *err)
{
	cleanup_copy_spot struct copy_spot s = COPY_SPOT_INIT;
	struct copy_entry end = COPY_ENTRY_INIT;
	struct job j = {.give = g, .sink = sink};
	int r = find(g, &s, err);

	if (r >= 0)
		r = check_kind(&j, &s.st, err);
	if (r >= 0)
		r = announce(&j, &s, err);
	if (r >= 0)
		r = S_ISDIR(s.st.st_mode)
			    ? give_tree(&j, &s, err)
			    : give_name(&j, s.parent_fd, s.name, "", &s.st, err);
	layer_links_release(&j.links);
	end.kind = COPY_END;
	return r < 0 ? r : hand(&j, &end, err);
}
