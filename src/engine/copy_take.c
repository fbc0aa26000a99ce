/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An entry's directory is found again for each entry, unless it is that of the last one, from the fd of the top of the copy. In a
 * container links on the way are followed, as /lib may be one: the process's root is the container's. On
 * the host they are not: who has made the tree could have made the link as well.
 */
#include "engine/copy_take.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/xattr.h>

#include "util/file_copy.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"

#define NAME_TRIES      8
#define XATTR_NAMES_MAX 4096
#define XATTR_VALUE_MAX 65536
#define STREAM_MAX      ((uint64_t)256 << 20) /* of a file that says it has 0 bytes */
#define NEW_DIR_MODE    0700

struct copy_dir {
	char *path; /* owned */
	mode_t mode;
	uid_t uid;
	gid_t gid;
	struct timespec mtime;
	bool is_new;
};

void copy_take_release(struct copy_take *t)
{
	for (size_t i = 0; i < t->n_dirs; i++)
		free(t->dirs[i].path);
	free(t->dirs);
	free(t->prefix);
	free(t->parent);
	fd_cleanup_(&t->base_fd);
	fd_cleanup_(&t->parent_fd);
	*t = COPY_TAKE_INIT;
}

/* --- where it goes --- */

static bool same_dir(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* It would go on for ever. */
static int check_not_inside(const struct copy_take *t, const struct copy_entry *source,
			    struct error *err)
{
	const struct stat top = {.st_dev = source->dev, .st_ino = source->ino};
	cleanup_fd int fd = openat(t->base_fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st = {0}, below = {0};

	while (source->is_dir && fd >= 0 && fstat(fd, &st) == 0 &&
	       !same_dir(&st, &below)) {
		int up;

		if (same_dir(&st, &top))
			return error_set(err, ERR_INVALID, 0,
					 "cannot copy a directory, %s, into itself, %s",
					 source->link, t->path);
		below = st;
		up = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		close(fd);
		fd = up;
	}
	return 0;
}

static int enter(struct copy_take *t, const struct copy_spot *s, const char *prefix,
		 struct error *err)
{
	t->base_fd = openat(s->parent_fd, s->name,
			    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (t->base_fd < 0)
		return error_set(err, error_kind_of(errno), errno, "open %s", t->path);
	t->prefix = xstrdup(prefix);
	return 0;
}

static int replace(struct copy_take *t, struct copy_spot *s,
		   const struct copy_entry *source, struct error *err)
{
	if (s->exists && source->is_dir)
		return error_set(
			err, ERR_INVALID, 0,
			"destination must be a directory when copying a directory");
	if (s->exists && copy_path_is_dir(t->path))
		return error_set(err, ERR_INVALID, ENOTDIR, "open %s", t->path);
	if (!s->exists && !source->is_dir && copy_path_is_dir(t->path))
		return copy_not_found(&t->place, t->path, err);
	t->base_fd = TAKE_FD(s->parent_fd);
	t->prefix = TAKE_PTR(s->name);
	t->is_renamed = true;
	return 0;
}

static int begin(struct copy_take *t, const struct copy_entry *source, struct error *err)
{
	cleanup_copy_spot struct copy_spot s = COPY_SPOT_INIT;
	int r = copy_spot_find(&t->place, t->path, true, &s, err);

	if (r == -ENOENT)
		return copy_not_found(&t->place, t->path, err);
	if (r < 0)
		return r;
	if (!s.exists || !S_ISDIR(s.st.st_mode))
		r = replace(t, &s, source, err);
	else
		r = enter(t, &s, source->contents ? "" : source->path, err);
	return r < 0 ? r : check_not_inside(t, source, err);
}

int copy_take_into(struct copy_take *t, struct error *err)
{
	cleanup_copy_spot struct copy_spot s = COPY_SPOT_INIT;
	int r = copy_spot_find(&t->place, t->path, true, &s, err);

	if (r == -ENOENT || (r >= 0 && !s.exists))
		return copy_not_found(&t->place, t->path, err);
	if (r < 0)
		return r;
	if (!S_ISDIR(s.st.st_mode))
		return error_set(
			err, ERR_INVALID, 0,
			"destination must be a directory when copying from stdin");
	return enter(t, &s, "", err);
}

/* --- the directory of an entry --- */

static bool leads_up(const char *path)
{
	for (const char *at = path; *at; at += strspn(at, "/")) {
		size_t len = strcspn(at, "/");

		if (len == 2 && memcmp(at, "..", 2) == 0)
			return true;
		at += len;
	}
	return false;
}

static int open_below(const struct copy_take *t, const char *path, int flags)
{
	const struct open_how how = {
		.flags = (uint64_t)(unsigned int)(flags | O_CLOEXEC),
		.resolve = t->rules.is_host ? RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS
					    : RESOLVE_NO_MAGICLINKS,
	};

	return sys_openat2(t->base_fd, *path ? path : ".", &how);
}

static void make_one(const struct copy_take *t, const char *path)
{
	const char *slash = strrchr(path, '/');
	cleanup_free char *parent =
		slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup("");
	cleanup_fd int fd = open_below(t, parent, O_PATH | O_DIRECTORY);
	const char *name = slash ? slash + 1 : path;

	if (fd >= 0 && mkdirat(fd, name, 0755) == 0)
		(void)!fchownat(fd, name, t->rules.uid, t->rules.gid,
				AT_SYMLINK_NOFOLLOW);
}

/* Archives may leave out the directories of what is in them. */
static int make_parents(const struct copy_take *t, const char *path)
{
	cleanup_free char *at = xstrdup(path);

	for (size_t i = 1; i <= strlen(path); i++) {
		if (path[i] && path[i] != '/')
			continue;
		at[i] = '\0';
		make_one(t, at);
		at[i] = path[i];
	}
	return open_below(t, path, O_PATH | O_DIRECTORY);
}

/* *ret_name: in path. The fd stays ours. */
static int parent_of(struct copy_take *t, const char *path, const char **ret_name,
		     struct error *err)
{
	const char *slash = strrchr(path, '/');
	cleanup_free char *parent =
		slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup("");

	*ret_name = slash ? slash + 1 : path;
	if (t->parent_fd >= 0 && str_eq(parent, t->parent))
		return t->parent_fd;
	fd_cleanup_(&t->parent_fd);
	free(t->parent);
	t->parent = TAKE_PTR(parent);
	t->parent_fd = open_below(t, t->parent, O_PATH | O_DIRECTORY);
	if (t->parent_fd < 0 && errno == ENOENT)
		t->parent_fd = make_parents(t, t->parent);
	if (t->parent_fd < 0)
		return error_set(err, error_kind_of(errno), errno, "open %s/%s", t->path,
				 t->parent);
	return t->parent_fd;
}

/* Where the entry's path lies below base_fd; NULL: it is base_fd itself. Caller frees. */
static char *path_below(const struct copy_take *t, const char *path)
{
	if (!*t->prefix)
		return *path ? xstrdup(path) : NULL;
	return *path ? xasprintf("%s/%s", t->prefix, path) : xstrdup(t->prefix);
}

/* --- what an entry has --- */

struct target {
	struct copy_take *take;
	const struct copy_entry *entry;
	int parent_fd;
	const char *name;
	const char *path; /* below base_fd */
};

/* As who asked for the copy would name it. Caller frees. */
static char *shown(const struct copy_take *t, const char *path)
{
	const char *rest = t->is_renamed ? path + strlen(t->prefix) : path;
	const char *slash = t->is_renamed || str_ends(t->path, "/") ? "" : "/";

	return xasprintf("%s%s%s", t->path, slash, rest);
}

static int fail(const struct target *g, const char *what, struct error *err)
{
	int code = errno;
	cleanup_free char *path = shown(g->take, g->path);

	return error_set(err, error_kind_of(code), code, "%s %s", what, path);
}

static uint32_t id_of(const struct idmap *map, uint32_t id)
{
	uint32_t outside = map && map->n_lines ? idmap_to_outside(map, id) : id;

	return outside == IDMAP_NONE ? IDMAP_NOBODY : outside;
}

static void owner_of(const struct copy_rules *r, const struct copy_entry *e, uid_t *uid,
		     gid_t *gid)
{
	*uid = r->keep_owners ? id_of(r->uids, e->uid) : r->uid;
	*gid = r->keep_owners ? id_of(r->gids, e->gid) : r->gid;
}

/* An id that the container has not is nobody's; where there is not even that, root's. */
static int change_owner(int dirfd, const char *name, uid_t uid, gid_t gid)
{
	const int flags = AT_SYMLINK_NOFOLLOW | (*name ? 0 : AT_EMPTY_PATH);

	if (fchownat(dirfd, name, uid, gid, flags) == 0)
		return 0;
	if (errno != EINVAL)
		return -1;
	if (fchownat(dirfd, name, IDMAP_NOBODY, IDMAP_NOBODY, flags) == 0 ||
	    errno == EINVAL)
		return 0;
	return -1;
}

static int set_owner(const struct target *g, int dirfd, const char *name,
		     struct error *err)
{
	uid_t uid;
	gid_t gid;

	owner_of(&g->take->rules, g->entry, &uid, &gid);
	if (uid == geteuid() && gid == getegid() && !g->take->rules.keep_owners)
		return 0;
	return change_owner(dirfd, name, uid, gid) < 0 ? fail(g, "give an owner to", err)
						       : 0;
}

static mode_t mode_of(const struct copy_take *t, const struct copy_entry *e)
{
	return t->rules.is_host && !t->rules.keep_owners ? e->mode & 01777 : e->mode;
}

static bool wanted_xattr(const struct copy_take *t, const char *name)
{
	if (str_starts(name, "user."))
		return !str_starts(name, "user.overlay.");
	return str_eq(name, "security.capability") && !t->rules.is_host;
}

/* As far as the file system here takes them. */
static void copy_xattrs(const struct copy_take *t, int from_fd, int to_fd)
{
	char names[XATTR_NAMES_MAX];
	ssize_t n = from_fd < 0 ? 0 : flistxattr(from_fd, names, sizeof(names));
	cleanup_free char *value = n > 0 ? xmalloc(XATTR_VALUE_MAX) : NULL;

	for (const char *name = names; n > 0 && name < names + n;
	     name += strlen(name) + 1) {
		ssize_t len = wanted_xattr(t, name)
				      ? fgetxattr(from_fd, name, value, XATTR_VALUE_MAX)
				      : -1;

		if (len >= 0)
			(void)!fsetxattr(to_fd, name, value, (size_t)len, 0);
	}
}

/* --- entries --- */

/* The name becomes free, or it is a directory and may stay one. Return: 1 for that. */
static int make_room(const struct target *g, struct error *err)
{
	bool is_dir = g->entry->kind == COPY_DIR;
	struct stat st;

	if (fstatat(g->parent_fd, g->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : fail(g, "look at", err);
	if (is_dir && S_ISLNK(st.st_mode) && !g->take->rules.is_host)
		(void)!fstatat(g->parent_fd, g->name, &st, 0);
	if (is_dir && S_ISDIR(st.st_mode))
		return 1;
	if ((is_dir || S_ISDIR(st.st_mode)) && !g->take->rules.overwrite) {
		cleanup_free char *path = shown(g->take, g->path);

		error_set(err, ERR_CONFLICT, 0,
			  is_dir ? "cannot overwrite non-directory %s with directory"
				 : "cannot overwrite directory %s with non-directory",
			  path);
		return error_hint(err, "--overwrite allows it");
	}
	if (S_ISDIR(st.st_mode))
		return fs_remove_tree(g->parent_fd, g->name, err);
	if (unlinkat(g->parent_fd, g->name, 0) < 0 && errno != ENOENT)
		return fail(g, "replace", err);
	return 0;
}

static int remember_dir(const struct target *g, bool is_new)
{
	struct copy_take *t = g->take;
	struct copy_dir *d;

	if (t->n_dirs == t->room) {
		t->room = t->room ? 2 * t->room : 64;
		t->dirs = xreallocarray(t->dirs, t->room, sizeof(*t->dirs));
	}
	d = &t->dirs[t->n_dirs++];
	*d = (struct copy_dir){
		.path = xstrdup(g->path),
		.mode = mode_of(t, g->entry),
		.mtime = g->entry->mtime,
		.is_new = is_new,
	};
	owner_of(&t->rules, g->entry, &d->uid, &d->gid);
	return 0;
}

static int take_dir(const struct target *g, struct error *err)
{
	int r = make_room(g, err);

	if (r < 0)
		return r;
	if (r == 0 && mkdirat(g->parent_fd, g->name, NEW_DIR_MODE) < 0)
		return fail(g, "make the directory", err);
	return remember_dir(g, r == 0);
}

/* A file that something is mounted on can't be replaced, only written. */
static int open_mounted(const struct target *g, struct error *err)
{
	int fd = openat(g->parent_fd, g->name,
			O_WRONLY | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 ? fail(g, "write", err) : fd;
}

static int make_file(const struct target *g, bool *ret_mounted, struct error *err)
{
	for (int i = 0; i < NAME_TRIES; i++) {
		int fd, r = make_room(g, err);

		if (r == -EBUSY || r == -EROFS) {
			error_release(err);
			*ret_mounted = true;
			return open_mounted(g, err);
		}
		if (r < 0)
			return r;
		fd = openat(g->parent_fd, g->name,
			    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd >= 0)
			return fd;
		if (errno != EEXIST)
			return fail(g, "make the file", err);
	}
	errno = EEXIST;
	return fail(g, "make the file", err);
}

static int write_content(const struct target *g, int fd, struct error *err)
{
	const struct copy_entry *e = g->entry;
	int r;

	if (e->content)
		return e->content(e->content_data, fd, err);
	r = e->size ? file_copy(e->fd, fd, e->size)
		    : file_copy_stream(e->fd, fd, STREAM_MAX);
	errno = -r;
	return r < 0 ? fail(g, "write", err) : 0;
}

static int take_file(const struct target *g, struct error *err)
{
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, g->entry->mtime};
	bool is_mounted = false; /* then it stays whose it is */
	cleanup_fd int fd = make_file(g, &is_mounted, err);
	int r = fd < 0 ? fd : write_content(g, fd, err);

	if (r >= 0 && is_mounted)
		return 0;
	if (r >= 0)
		r = set_owner(g, fd, "", err);
	if (r < 0)
		return r;
	copy_xattrs(g->take, g->entry->fd, fd);
	if (fchmod(fd, mode_of(g->take, g->entry)) < 0)
		return fail(g, "set the mode of", err);
	if (futimens(fd, times) < 0)
		return fail(g, "set the times of", err);
	return 0;
}

/* Links and fifos. */
static int take_node(const struct target *g, struct error *err)
{
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, g->entry->mtime};
	bool is_link = g->entry->kind == COPY_SYMLINK;
	int r = make_room(g, err);

	if (r < 0)
		return r;
	r = is_link ? symlinkat(g->entry->link, g->parent_fd, g->name)
		    : mkfifoat(g->parent_fd, g->name, mode_of(g->take, g->entry) & 0777);
	if (r < 0)
		return fail(g, is_link ? "make the link" : "make the fifo", err);
	r = set_owner(g, g->parent_fd, g->name, err);
	if (r < 0)
		return r;
	if (utimensat(g->parent_fd, g->name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return fail(g, "set the times of", err);
	return 0;
}

static int take_hardlink(const struct target *g, struct error *err)
{
	cleanup_free char *first = path_below(g->take, g->entry->link);
	const char *slash = first ? strrchr(first, '/') : NULL;
	cleanup_free char *dir =
		slash ? xstrndup(first, (size_t)(slash - first)) : xstrdup("");
	cleanup_fd int dir_fd = open_below(g->take, dir, O_PATH | O_DIRECTORY);
	int r;

	if (!first || leads_up(first))
		return error_set(err, ERR_INVALID, 0, "%s: a link to nothing", g->path);
	r = dir_fd < 0 ? fail(g, "find what is linked to by", err) : make_room(g, err);
	if (r < 0)
		return r;
	if (linkat(dir_fd, slash ? slash + 1 : first, g->parent_fd, g->name, 0) < 0)
		return fail(g, "make the link", err);
	return 0;
}

static int take_kind(const struct target *g, struct error *err)
{
	switch (g->entry->kind) {
	case COPY_FILE:
		return take_file(g, err);
	case COPY_DIR:
		return take_dir(g, err);
	case COPY_HARDLINK:
		return take_hardlink(g, err);
	case COPY_SYMLINK:
	case COPY_FIFO:
		return take_node(g, err);
	case COPY_SOURCE:
	case COPY_END:
	case COPY_KINDS:
		break;
	}
	return error_set(err, ERR_SYSTEM, EBADMSG, "take %s", g->path);
}

static int take_entry(struct copy_take *t, const struct copy_entry *e, struct error *err)
{
	cleanup_free char *path = path_below(t, e->path);
	struct target g = {.take = t, .entry = e, .path = path};

	if (!path)
		return 0; /* a directory that was there, and stays what it is */
	if (leads_up(path) || path[0] == '/')
		return error_set(err, ERR_INVALID, 0, "%s leads out of the copy", path);
	g.parent_fd = parent_of(t, path, &g.name, err);
	return g.parent_fd < 0 ? g.parent_fd : take_kind(&g, err);
}

/* --- the end --- */

static int finish_dir(const struct copy_take *t, const struct copy_dir *d,
		      struct error *err)
{
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, d->mtime};
	cleanup_fd int fd = open_below(t, d->path, O_RDONLY | O_DIRECTORY);

	if (!d->is_new && t->rules.is_host)
		return 0;
	if (!d->is_new) {
		/* it may be what is mounted there, and not to be changed */
		if (fd >= 0 && change_owner(fd, "", d->uid, d->gid) == 0 &&
		    fchmod(fd, d->mode) == 0)
			(void)!futimens(fd, times);
		return 0;
	}
	if (fd < 0 || change_owner(fd, "", d->uid, d->gid) < 0 ||
	    fchmod(fd, d->mode) < 0 || futimens(fd, times) < 0) {
		int code = errno;
		cleanup_free char *path = shown(t, d->path);

		return error_set(err, error_kind_of(code), code,
				 "set owner, mode and time of %s", path);
	}
	return 0;
}

static int finish(struct copy_take *t, struct error *err)
{
	int r = 0;

	for (size_t i = t->n_dirs; r >= 0 && i > 0; i--)
		r = finish_dir(t, &t->dirs[i - 1], err);
	return r;
}

static int take(void *data, const struct copy_entry *e, struct error *err)
{
	struct copy_take *t = data;

	if (e->kind == COPY_SOURCE)
		return begin(t, e, err);
	return e->kind == COPY_END ? finish(t, err) : take_entry(t, e, err);
}

struct copy_sink copy_take_sink(struct copy_take *t)
{
	return (struct copy_sink){.take = take, .data = t};
}
