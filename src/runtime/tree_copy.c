/* SPDX-License-Identifier: Apache-2.0 */
/*
 * With `over` each path through a directory is made of directories alone, as those of one layer are
 * finished before the next: so no link of an image's leads out of the tree.
 *
 * An image has ten thousand entries, and its first container waits for this: a file takes one
 * system call for each thing that it has, and what is the rule (owner 0, no set-id bit, no attributes)
 * takes none.
 */
#include "runtime/tree_copy.h"

#include <fcntl.h>
#include <limits.h>
#include <search.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "util/fd.h"
#include "util/fs.h"
#include "util/fs_walk.h"
#include "util/mem.h"
#include "util/str.h"

#define METACOPY        "user.overlay.metacopy"
#define REDIRECT        "user.overlay.redirect"
#define OPAQUE          "user.overlay.opaque"
#define OVERLAY_PREFIX  "user.overlay."
#define XATTR_NAMES_MAX 4096
#define XATTR_VALUE_MAX 65536
#define PATH_SHOWN      200 /* in a message */
#define CONTENT_STEP    (8 << 20)

/* The first path of a file that has several. */
struct link {
	ino_t inode;
	char *path;
};

/* What is set last: its times change with every entry that is made in it, and with its set-group-id
 * bit entries would take its group. */
struct directory {
	char *path;
	mode_t mode;
	struct timespec mtime;
};

struct build {
	const struct tree_copy *copy;
	int tree_fd;
	void *links; /* tsearch(3) of struct link */
	struct directory *directories;
	size_t n_directories, space;
	char *value; /* XATTR_VALUE_MAX bytes, once there was an attribute */
};

static int compare_links(const void *a, const void *b)
{
	const struct link *x = a, *y = b;

	return x->inode < y->inode ? -1 : x->inode > y->inode;
}

static void free_link(void *node)
{
	struct link *link = node;

	free(link->path);
	free(link);
}

static void build_release(struct build *b)
{
	tdestroy(b->links, free_link);
	for (size_t i = 0; i < b->n_directories; i++)
		free(b->directories[i].path);
	free(b->directories);
	free(b->value);
}

static bool is_top(const struct fs_walk_entry *e)
{
	return str_eq(e->path, ".");
}

static int fail(const struct fs_walk_entry *e, const char *what, struct error *err)
{
	size_t len = strlen(e->path);

	return error_set(err, ERR_SYSTEM, errno, "%s %.*s%s", what, PATH_SHOWN, e->path,
			 len > PATH_SHOWN ? "..." : "");
}

/* For what takes a path: there is no way to ask for attributes of a name in a directory. */
static char *tree_path(const struct build *b, const char *path)
{
	char top[FD_PROC_PATH_MAX];

	return xasprintf("%s/%s", fd_proc_path(b->tree_fd, top), path);
}

#define ENTRY_PATH_MAX (FD_PROC_PATH_MAX + NAME_MAX + 1)

static const char *entry_path(const struct fs_walk_entry *e,
			      char ret[static ENTRY_PATH_MAX])
{
	char top[FD_PROC_PATH_MAX];

	snprintf(ret, ENTRY_PATH_MAX, "%s/%s", fd_proc_path(e->dirfd, top), e->name);
	return ret;
}

/* Not a directory: a name that a layer below has goes. */
static int clear_name(const struct build *b, const struct fs_walk_entry *e,
		      struct error *err)
{
	if (!b->copy->over || unlinkat(b->tree_fd, e->path, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno == EISDIR)
		return fs_remove_tree(b->tree_fd, e->path, err);
	return fail(e, "replace", err);
}

static uint32_t map_owner(const struct idmap *map, uint32_t nobody, uint32_t id)
{
	uint32_t outside = map ? idmap_to_outside(map, id) : id;

	return outside == IDMAP_NONE ? nobody : outside;
}

/* Owner before mode: chown(2) takes set-id bits off. */
static int set_owner(const struct build *b, const struct fs_walk_entry *e,
		     struct error *err)
{
	const struct stat *st = e->st;
	uid_t uid = map_owner(b->copy->uids, b->copy->nobody_uid, st->st_uid);
	gid_t gid = map_owner(b->copy->gids, b->copy->nobody_gid, st->st_gid);

	if (uid == 0 && gid == 0)
		return 0;
	if (fchownat(b->tree_fd, e->path, uid, gid, AT_SYMLINK_NOFOLLOW) < 0)
		return fail(e, "give an owner to", err);
	if (S_ISREG(st->st_mode) && (st->st_mode & (S_ISUID | S_ISGID)) &&
	    fchmodat(b->tree_fd, e->path, st->st_mode & 07777, 0) < 0)
		return fail(e, "set the mode of", err);
	return 0;
}

static int set_times(const struct build *b, const struct fs_walk_entry *e,
		     struct error *err)
{
	const struct timespec times[2] = {e->st->st_mtim, e->st->st_mtim};

	if (utimensat(b->tree_fd, e->path, times, AT_SYMLINK_NOFOLLOW) < 0)
		return fail(e, "set the times of", err);
	return 0;
}

static int copy_xattr(struct build *b, const char *from, const char *key, const char *to)
{
	if (!b->value)
		b->value = xcalloc(1, XATTR_VALUE_MAX);
	ssize_t len = lgetxattr(from, key, b->value, XATTR_VALUE_MAX);

	return len < 0 ? -1 : lsetxattr(to, key, b->value, (size_t)len, 0);
}

static int copy_xattrs(struct build *b, const struct fs_walk_entry *e, struct error *err)
{
	char names[XATTR_NAMES_MAX], from[ENTRY_PATH_MAX];
	cleanup_free char *to = NULL;
	ssize_t n = llistxattr(entry_path(e, from), names, sizeof(names));

	if (n < 0 && errno != ENOTSUP)
		return fail(e, "list the attributes of", err);
	if (n <= 0)
		return 0;
	to = tree_path(b, e->path);
	for (const char *key = names; key < names + n; key += strlen(key) + 1)
		if (!str_starts(key, "system.") && !str_starts(key, OVERLAY_PREFIX) &&
		    copy_xattr(b, from, key, to) < 0)
			return fail(e, "copy the attributes of", err);
	return 0;
}

static int drop_xattrs(const struct build *b, const struct fs_walk_entry *e,
		       struct error *err)
{
	char names[XATTR_NAMES_MAX];
	cleanup_free char *path = tree_path(b, e->path);
	ssize_t n = llistxattr(path, names, sizeof(names));

	if (n < 0)
		return fail(e, "list the attributes of", err);
	for (const char *key = names; key < names + n; key += strlen(key) + 1)
		if (lremovexattr(path, key) < 0)
			return fail(e, "remove the attributes of", err);
	return 0;
}

static bool is_opaque(const struct fs_walk_entry *e)
{
	char path[ENTRY_PATH_MAX], value = 0;

	return lgetxattr(entry_path(e, path), OPAQUE, &value, 1) == 1 && value == 'y';
}

/* One that a layer below has: what is in it stays, what it is itself doesn't. Its set-group-id bit
 * is off while things are made in it. */
static int reuse_directory(const struct build *b, const struct fs_walk_entry *e,
			   struct error *err)
{
	const struct stat *st = e->st;
	uid_t uid = map_owner(b->copy->uids, b->copy->nobody_uid, st->st_uid);
	gid_t gid = map_owner(b->copy->gids, b->copy->nobody_gid, st->st_gid);

	if (fchownat(b->tree_fd, e->path, uid, gid, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fchmodat(b->tree_fd, e->path, st->st_mode & 01777, 0) < 0)
		return fail(e, "change the directory", err);
	return drop_xattrs(b, e, err);
}

/* 1: it is to be made, as nothing is there any more. */
static int find_directory(const struct build *b, const struct fs_walk_entry *e,
			  struct error *err)
{
	struct stat st;

	if (is_top(e) || !b->copy->over)
		return !is_top(e);
	if (fstatat(b->tree_fd, e->path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 1 : fail(e, "look at", err);
	if (S_ISDIR(st.st_mode) && !is_opaque(e))
		return 0;
	int r = fs_remove_tree(b->tree_fd, e->path, err);
	return r < 0 ? r : 1;
}

static void remember_directory(struct build *b, const struct fs_walk_entry *e)
{
	if (b->n_directories == b->space) {
		b->space = b->space ? 2 * b->space : 256;
		b->directories =
			xreallocarray(b->directories, b->space, sizeof(*b->directories));
	}
	b->directories[b->n_directories++] = (struct directory){
		.path = xstrdup(e->path),
		.mode = e->st->st_mode & 07777,
		.mtime = e->st->st_mtim,
	};
}

static int make_directory(struct build *b, const struct fs_walk_entry *e,
			  struct error *err)
{
	int r = find_directory(b, e, err);

	if (r < 0)
		return r;
	if (r > 0 && mkdirat(b->tree_fd, e->path, e->st->st_mode & 07777) < 0)
		return fail(e, "make the directory", err);
	remember_directory(b, e);
	r = r > 0 ? set_owner(b, e, err) : reuse_directory(b, e, err);
	return r < 0 ? r : copy_xattrs(b, e, err);
}

/* 1: it is another name of a file that is there already. */
static int make_hard_link(struct build *b, const struct fs_walk_entry *e,
			  struct error *err)
{
	struct link *link = xcalloc(1, sizeof(*link));
	struct link **found;

	*link = (struct link){.inode = e->st->st_ino, .path = xstrdup(e->path)};
	found = tsearch(link, &b->links, compare_links);
	if (found && *found == link)
		return 0;
	free_link(link);
	if (!found)
		return error_set(err, ERR_SYSTEM, ENOMEM, "remember links");
	if (linkat(b->tree_fd, (*found)->path, b->tree_fd, e->path, 0) < 0)
		return fail(e, "make the link", err);
	return 1;
}

/* Where its content is. */
static int point_to_data(const struct build *b, const struct fs_walk_entry *e, int fd)
{
	cleanup_free char *redirect = NULL;

	if (e->st->st_size == 0)
		return 0;
	redirect = xasprintf("/%s/%s", b->copy->content_name, e->path);
	if (ftruncate(fd, e->st->st_size) < 0 || fsetxattr(fd, METACOPY, "", 0, 0) < 0)
		return -1;
	return fsetxattr(fd, REDIRECT, redirect, strlen(redirect), 0);
}

/* By reference where the file system can; it may also refuse what is not its own, as an overlay's file. */
static ssize_t copy_step(int from_fd, int fd)
{
	ssize_t n = copy_file_range(from_fd, NULL, fd, NULL, CONTENT_STEP, 0);

	if (n < 0 &&
	    (errno == EXDEV || errno == EINVAL || errno == EOPNOTSUPP || errno == ENOSYS))
		n = sendfile(fd, from_fd, NULL, CONTENT_STEP);
	return n;
}

static int copy_content(const struct build *b, const struct fs_walk_entry *e, int fd)
{
	cleanup_fd int from_fd =
		openat(e->dirfd, e->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t n;

	if (from_fd < 0)
		return -1;
	while ((n = copy_step(from_fd, fd)) > 0)
		if (b->copy->bytes)
			*b->copy->bytes += (uint64_t)n;
	return n < 0 ? -1 : ftruncate(fd, e->st->st_size);
}

static int make_file(struct build *b, const struct fs_walk_entry *e, struct error *err)
{
	cleanup_fd int fd = openat(b->tree_fd, e->path,
				   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
				   e->st->st_mode & 07777);

	if (fd < 0)
		return fail(e, "make the file", err);
	if ((b->copy->content_name ? point_to_data(b, e, fd) : copy_content(b, e, fd)) <
	    0) {
		if (b->copy->content_name && errno == EOPNOTSUPP)
			return error_set(
				err, ERR_UNSUPPORTED, 0,
				"this kernel's tmpfs keeps no attributes for overlays (Linux 6.6 does)");
		return fail(e, "copy the file", err);
	}
	const struct timespec times[2] = {e->st->st_mtim, e->st->st_mtim};
	int r = set_owner(b, e, err);
	/* Attributes last: a change of owner takes capabilities away. */
	if (r == 0)
		r = copy_xattrs(b, e, err);
	if (r == 0 && futimens(fd, times) < 0)
		return fail(e, "set the times of", err);
	return r;
}

static int make_symlink(const struct build *b, const struct fs_walk_entry *e,
			struct error *err)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(e->dirfd, e->name, target, sizeof(target) - 1);

	target[n > 0 ? n : 0] = '\0';
	if (n < 0 || symlinkat(target, b->tree_fd, e->path) < 0)
		return fail(e, "make the link", err);
	int r = set_owner(b, e, err);
	return r < 0 ? r : set_times(b, e, err);
}

/* A user namespace can make no devices, so no layer has them. */
static int make_node(const struct build *b, const struct fs_walk_entry *e,
		     struct error *err)
{
	if (mknodat(b->tree_fd, e->path, e->st->st_mode, e->st->st_rdev) < 0)
		return fail(e, "make the node", err);
	int r = set_owner(b, e, err);
	return r < 0 ? r : set_times(b, e, err);
}

/* Of a layer below; nothing in the tree stands for it. */
static bool is_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == 0;
}

static int visit(void *data, const struct fs_walk_entry *e, struct error *err)
{
	struct build *b = data;
	int r;

	if (S_ISDIR(e->st->st_mode))
		return make_directory(b, e, err);
	r = clear_name(b, e, err);
	if (r < 0 || is_whiteout(e->st))
		return r;
	if (e->st->st_nlink > 1) {
		r = make_hard_link(b, e, err);
		if (r != 0)
			return r < 0 ? r : 0;
	}
	if (S_ISREG(e->st->st_mode))
		return make_file(b, e, err);
	return S_ISLNK(e->st->st_mode) ? make_symlink(b, e, err) : make_node(b, e, err);
}

static int finish_directory(const struct build *b, const struct directory *d,
			    struct error *err)
{
	const struct timespec times[2] = {d->mtime, d->mtime};

	if ((str_eq(d->path, ".") || (d->mode & (S_ISUID | S_ISGID))) &&
	    fchmodat(b->tree_fd, d->path, d->mode, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "set the mode of %s", d->path);
	if (utimensat(b->tree_fd, d->path, times, AT_SYMLINK_NOFOLLOW) < 0)
		return error_set(err, ERR_SYSTEM, errno, "set the times of %s", d->path);
	return 0;
}

int tree_copy(const struct tree_copy *copy, struct error *err)
{
	cleanup(build_release) struct build b = {.copy = copy, .tree_fd = copy->to_fd};
	int r = fs_walk(copy->from_fd, ".", visit, &b, err);

	for (size_t i = 0; r >= 0 && i < b.n_directories; i++)
		r = finish_directory(&b, &b.directories[i], err);
	return r;
}
