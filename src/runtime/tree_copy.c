/* SPDX-License-Identifier: Apache-2.0 */
/*
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
#include <sys/stat.h>
#include <sys/xattr.h>

#include "util/fd.h"
#include "util/fs_walk.h"
#include "util/mem.h"
#include "util/str.h"

#define METACOPY        "user.overlay.metacopy"
#define REDIRECT        "user.overlay.redirect"
#define XATTR_NAMES_MAX 4096
#define XATTR_VALUE_MAX 65536
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

static int fail(const struct fs_walk_entry *e, const char *what, struct error *err)
{
	return error_set(err, ERR_SYSTEM, errno, "%s %s", what, e->path);
}

static uint32_t map_owner(const struct idmap *map, uint32_t id)
{
	uint32_t outside = map ? idmap_to_outside(map, id) : id;

	return outside == IDMAP_NONE ? id : outside;
}

/* Owner before mode: chown(2) takes set-id bits off. */
static int set_owner(const struct build *b, const struct fs_walk_entry *e,
		     struct error *err)
{
	const struct stat *st = e->st;
	uid_t uid = map_owner(b->copy->uids, st->st_uid);
	gid_t gid = map_owner(b->copy->gids, st->st_gid);

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

/* There is no way to ask for those of a name in a directory but by path. */
static int copy_xattrs(struct build *b, const struct fs_walk_entry *e, struct error *err)
{
	char names[XATTR_NAMES_MAX], from[FD_PROC_PATH_MAX + 256];
	char top[FD_PROC_PATH_MAX];
	cleanup_free char *to = NULL;

	snprintf(from, sizeof(from), "%s/%s", fd_proc_path(e->dirfd, top), e->name);
	ssize_t n = llistxattr(from, names, sizeof(names));
	if (n < 0 && errno != ENOTSUP)
		return fail(e, "list the attributes of", err);
	if (n <= 0)
		return 0;
	to = xasprintf("%s/%s", fd_proc_path(b->tree_fd, top), e->path);
	for (const char *key = names; key < names + n; key += strlen(key) + 1)
		if (!str_starts(key, "system.") && copy_xattr(b, from, key, to) < 0)
			return fail(e, "copy the attributes of", err);
	return 0;
}

static int make_directory(struct build *b, const struct fs_walk_entry *e,
			  struct error *err)
{
	if (!str_eq(e->path, ".") &&
	    mkdirat(b->tree_fd, e->path, e->st->st_mode & 07777) < 0)
		return fail(e, "make the directory", err);
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
	int r = set_owner(b, e, err);
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

/* By reference where the file system can. */
static int copy_content(const struct build *b, const struct fs_walk_entry *e, int fd)
{
	cleanup_fd int from_fd =
		openat(e->dirfd, e->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t n;

	if (from_fd < 0)
		return -1;
	while ((n = copy_file_range(from_fd, NULL, fd, NULL, CONTENT_STEP, 0)) > 0)
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
	    0)
		return fail(e, "copy the file", err);
	int r = set_owner(b, e, err);
	/* Attributes last: a change of owner takes capabilities away. */
	if (r == 0)
		r = copy_xattrs(b, e, err);
	return r < 0 ? r : set_times(b, e, err);
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

/* Whiteouts are the device 0:0; others a user namespace can't make, so no layer has them. */
static int make_node(const struct build *b, const struct fs_walk_entry *e,
		     struct error *err)
{
	if (mknodat(b->tree_fd, e->path, e->st->st_mode, e->st->st_rdev) < 0)
		return fail(e, "make the node", err);
	int r = set_owner(b, e, err);
	return r < 0 ? r : set_times(b, e, err);
}

static int visit(void *data, const struct fs_walk_entry *e, struct error *err)
{
	struct build *b = data;

	if (S_ISDIR(e->st->st_mode))
		return make_directory(b, e, err);
	if (e->st->st_nlink > 1) {
		int r = make_hard_link(b, e, err);
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
	bool is_top = str_eq(d->path, ".");

	if ((is_top || (d->mode & (S_ISUID | S_ISGID))) &&
	    fchmodat(b->tree_fd, d->path, d->mode, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "set the mode of %s", d->path);
	if (utimensat(b->tree_fd, d->path, times, 0) < 0)
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
