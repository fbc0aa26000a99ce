/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A layer has tens of thousands of files, so what a usual one costs is counted in system calls: open, write,
 * futimens, fstat, close. What is in the way is only looked for after EEXIST; chown, chmod and
 * attributes come only where they differ from what a new file of root has.
 */
#include "image/layer_entry.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "image/layer_xattr.h"
#include "util/mem.h"
#include "util/str.h"

#define MODE_PLAIN   01777 /* what a write or a chown does not take away again */
#define MODE_SPECIAL 06000
#define MODE_OWNER   0700

static void times_of(const struct tar_entry *e, struct timespec times[static 2])
{
	times[0] = times[1] =
		(struct timespec){.tv_sec = e->mtime, .tv_nsec = (long)e->mtime_nsec};
}

static bool is_foreign(const struct layer_entries *l, const struct tar_entry *e)
{
	return l->ids && (e->uid != 0 || e->gid != 0);
}

static int check_owner(const struct layer_entries *l, const struct tar_entry *e,
		       const struct layer_name *n, struct error *err)
{
	return is_foreign(l, e) ? layer_ids_check(l->ids, n->path, e->uid, e->gid, err)
				: 0;
}

static bool has_wanted(const struct tar_entry *e)
{
	for (size_t i = 0; i < e->n_xattrs; i++)
		if (layer_xattr_wanted(e->xattrs[i].name))
			return true;
	return false;
}

static int set_xattrs(int fd, const struct tar_entry *e, const struct layer_name *n,
		      struct error *err)
{
	for (size_t i = 0; i < e->n_xattrs; i++) {
		const struct tar_xattr *x = &e->xattrs[i];

		if (!layer_xattr_wanted(x->name) ||
		    fsetxattr(fd, x->name, x->value, x->len, 0) == 0)
			continue;
		int code = errno;
		if (code == EINVAL)
			return error_set(err, ERR_INVALID, 0,
					 "layer entry %s: malformed attribute %s",
					 n->path, x->name);
		layer_tree_error("set an attribute of", n->path, code, err);
		return error_wrap(err, "%s", x->name);
	}
	return 0;
}

/* Owner, then the bits that chown and write take away, then attributes (they too), then the time. */
static int set_attributes(const struct layer_entries *l, int fd,
			  const struct tar_entry *e, const struct layer_name *n,
			  struct error *err)
{
	struct timespec times[2];
	int r;

	if (is_foreign(l, e) && fchown(fd, e->uid, e->gid) < 0)
		return layer_tree_error("set the owner of", n->path, errno, err);
	if ((e->mode & MODE_SPECIAL) && fchmod(fd, e->mode) < 0)
		return layer_tree_error("set the mode of", n->path, errno, err);
	r = e->n_xattrs > 0 ? set_xattrs(fd, e, n, err) : 0;
	if (r < 0)
		return r;
	times_of(e, times);
	if (futimens(fd, times) < 0)
		return layer_tree_error("set the time of", n->path, errno, err);
	return 0;
}

static int write_piece(int fd, const uint8_t *data, size_t len, uint64_t offset,
		       bool sparse)
{
	while (len > 0) {
		ssize_t n = sparse ? pwrite(fd, data, len, (off_t)offset)
				   : write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

static int write_content(struct layer_entries *l, int fd, const struct tar_entry *e,
			 const struct layer_name *n, struct error *err)
{
	bool sparse = e->extents;
	uint64_t offset, end = 0;
	const uint8_t *data;
	ssize_t len;

	while ((len = tar_reader_data(l->reader, &data, &offset, err)) > 0) {
		int r = write_piece(fd, data, (size_t)len, offset, sparse);

		if (r < 0)
			return layer_tree_error("write", n->path, -r, err);
		end = offset + (uint64_t)len;
	}
	if (len == 0 && end < e->size && ftruncate(fd, (off_t)e->size) < 0)
		return layer_tree_error("write", n->path, errno, err);
	return (int)len;
}

/* make() - by the name in the directory parent_fd; what is in the way is removed and it is tried again. */
struct making {
	int (*make)(int parent_fd, const char *name, const struct tar_entry *e);
	const struct tar_entry *entry;
};

static int make_file(int parent_fd, const char *name, const struct tar_entry *e)
{
	return openat(parent_fd, name,
		      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		      e->mode & MODE_PLAIN);
}

static int make_symlink(int parent_fd, const char *name, const struct tar_entry *e)
{
	return symlinkat(e->link, parent_fd, name);
}

static int make_fifo(int parent_fd, const char *name, const struct tar_entry *e)
{
	return mkfifoat(parent_fd, name, e->mode & MODE_PLAIN);
}

static int make_dir(int parent_fd, const char *name, const struct tar_entry *e)
{
	/* setgid would give its group to what is made in it, and without the owner's bits nothing could
	 * be: these come at the end */
	return mkdirat(parent_fd, name, (e->mode & MODE_PLAIN) | MODE_OWNER);
}

/* Return: what make() returned. */
static int make(struct layer_entries *l, const struct making *m,
		const struct layer_name *n, int *ret_parent_fd, struct error *err)
{
	int made, r = layer_tree_parent(l->tree, n, ret_parent_fd, err);

	if (r < 0)
		return r;
	made = m->make(*ret_parent_fd, n->base, m->entry);
	if (made < 0 && errno == EEXIST) {
		r = layer_tree_remove(l->tree, *ret_parent_fd, n, err);
		if (r < 0)
			return r;
		made = m->make(*ret_parent_fd, n->base, m->entry);
	}
	return made < 0 ? layer_tree_error("make", n->path, errno, err) : made;
}

int layer_entry_file(struct layer_entries *l, const struct tar_entry *e,
		     const struct layer_name *n, struct error *err)
{
	struct making m = {make_file, e};
	cleanup_fd int fd = -EBADF;
	int parent_fd, r = check_owner(l, e, n, err);

	if (r < 0)
		return r;
	fd = make(l, &m, n, &parent_fd, err);
	if (fd < 0)
		return fd;
	r = e->size > 0 ? write_content(l, fd, e, n, err) : 0;
	if (r == 0)
		r = set_attributes(l, fd, e, n, err);
	return r < 0 ? r : layer_tree_count(l->tree, fd, n->path, err);
}

/* Owner and time of what has no fd, and what it takes of the disk. */
static int set_by_name(struct layer_entries *l, int parent_fd, const struct tar_entry *e,
		       const struct layer_name *n, struct error *err)
{
	struct timespec times[2];
	struct stat st;

	if (is_foreign(l, e) &&
	    fchownat(parent_fd, n->base, e->uid, e->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return layer_tree_error("set the owner of", n->path, errno, err);
	times_of(e, times);
	if (utimensat(parent_fd, n->base, times, AT_SYMLINK_NOFOLLOW) < 0)
		return layer_tree_error("set the time of", n->path, errno, err);
	if (fstatat(parent_fd, n->base, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return layer_tree_error("look at", n->path, errno, err);
	l->tree->disk_bytes += (uint64_t)st.st_blocks * 512;
	return 0;
}

int layer_entry_symlink(struct layer_entries *l, const struct tar_entry *e,
			const struct layer_name *n, struct error *err)
{
	struct making m = {make_symlink, e};
	int parent_fd, r = check_owner(l, e, n, err);

	if (r < 0)
		return r;
	if (e->link[0] == '\0')
		return error_set(err, ERR_INVALID, 0,
				 "layer entry %s: a symbolic link to nothing", n->path);
	r = make(l, &m, n, &parent_fd, err);
	return r < 0 ? r : set_by_name(l, parent_fd, e, n, err);
}

int layer_entry_fifo(struct layer_entries *l, const struct tar_entry *e,
		     const struct layer_name *n, struct error *err)
{
	struct making m = {make_fifo, e};
	int parent_fd = -EBADF, r = check_owner(l, e, n, err);

	if (r == 0)
		r = make(l, &m, n, &parent_fd, err);
	return r < 0 ? r : set_by_name(l, parent_fd, e, n, err);
}

static int no_target(const struct tar_entry *e, const struct layer_name *n,
		     struct error *err)
{
	cleanup_free char *target = str_quote(e->link);

	return error_set(
		err, ERR_INVALID, 0,
		"layer entry %s: a hard link to %.300s, which is no file of this "
		"layer",
		n->path, target);
}

/* A link that is there already, perhaps to itself, is one entry twice. */
static bool is_same_file(int fd1, const char *name1, int fd2, const char *name2)
{
	struct stat st1, st2;

	return fstatat(fd1, name1, &st1, AT_SYMLINK_NOFOLLOW) == 0 &&
	       fstatat(fd2, name2, &st2, AT_SYMLINK_NOFOLLOW) == 0 &&
	       st1.st_dev == st2.st_dev && st1.st_ino == st2.st_ino;
}

static int link_file(struct layer_entries *l, int target_fd, const char *target,
		     const struct tar_entry *e, const struct layer_name *n,
		     struct error *err)
{
	int parent_fd, r = layer_tree_parent(l->tree, n, &parent_fd, err);
	struct stat st;

	if (r < 0)
		return r;
	/* a whiteout is no file, whatever it looks like */
	if (fstatat(target_fd, target, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    S_ISDIR(st.st_mode) || S_ISCHR(st.st_mode))
		return no_target(e, n, err);
	if (linkat(target_fd, target, parent_fd, n->base, 0) == 0)
		return 0;
	if (errno == EEXIST) {
		if (is_same_file(target_fd, target, parent_fd, n->base))
			return 0;
		r = layer_tree_remove(l->tree, parent_fd, n, err);
		if (r < 0)
			return r;
		if (linkat(target_fd, target, parent_fd, n->base, 0) == 0)
			return 0;
	}
	return errno == ENOENT ? no_target(e, n, err)
			       : layer_tree_error("link", n->path, errno, err);
}

/* The target's directory first: it must not be made. */
int layer_entry_hardlink(struct layer_entries *l, const struct tar_entry *e,
			 const struct layer_name *n, struct error *err)
{
	cleanup_free struct layer_name *target = xmalloc(sizeof(*target));
	cleanup_fd int own_fd = -EBADF;
	bool borrowed;
	int fd, r;

	r = layer_name_parse(e->link, target, err);
	if (r < 0)
		return error_wrap(err, "layer entry %s: a hard link", n->path);
	if (target->kind != LAYER_NAME_PLAIN)
		return no_target(e, n, err);
	r = layer_tree_find_parent(l->tree, target, &fd, &borrowed, err);
	if (r == -ENOENT && !error_is_set(err))
		return no_target(e, n, err);
	if (r < 0)
		return r;
	/* what is borrowed may be given back when n's own parent is looked for */
	own_fd = borrowed ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : fd;
	if (own_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "duplicate an fd");
	return link_file(l, own_fd, target->base, e, n, err);
}

/* What is to be done when nothing more comes into it. */
static int note_dir(struct layer_entries *l, const struct tar_entry *e,
		    const struct layer_name *n, struct error *err)
{
	struct layer_dir *item;
	int r = layer_dirs_get(&l->tree->dirs, n->path, n->len, &item, err);

	if (r < 0)
		return r;
	item->flags = LAYER_DIR_ENTRY;
	item->mtime = e->mtime;
	item->mtime_nsec = e->mtime_nsec;
	item->mode = (uint16_t)e->mode;
	if ((e->mode & MODE_SPECIAL) || (e->mode & MODE_OWNER) != MODE_OWNER)
		item->flags |= LAYER_DIR_MODE;
	return 0;
}

/* A directory that is there already: everything anew. */
static int change_dir(struct layer_entries *l, int fd, const struct tar_entry *e,
		      const struct layer_name *n, struct error *err)
{
	if (l->ids && fchown(fd, e->uid, e->gid) < 0)
		return layer_tree_error("set the owner of", n->path, errno, err);
	if (fchmod(fd, (e->mode & MODE_PLAIN) | MODE_OWNER) < 0)
		return layer_tree_error("set the mode of", n->path, errno, err);
	return set_xattrs(fd, e, n, err);
}

/* hides: a whiteout was there. */
static int complete_dir(struct layer_entries *l, int parent_fd, const struct tar_entry *e,
			const struct layer_name *n, bool hides, struct error *err)
{
	cleanup_fd int fd = -EBADF;
	int r = 0;

	if (!hides && !is_foreign(l, e) && !has_wanted(e))
		return 0;
	fd = openat(parent_fd, n->base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return layer_tree_error("open", n->path, errno, err);
	if (is_foreign(l, e) && fchown(fd, e->uid, e->gid) < 0)
		return layer_tree_error("set the owner of", n->path, errno, err);
	if (hides)
		r = layer_tree_set_opaque(fd, n->path, err);
	return r < 0 ? r : set_xattrs(fd, e, n, err);
}

/* The name is taken. Return: 1 if it was a directory, which has now become this one. */
static int merge_dir(struct layer_entries *l, int parent_fd, const struct tar_entry *e,
		     const struct layer_name *n, struct error *err)
{
	cleanup_fd int fd = openat(parent_fd, n->base,
				   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
		return 0;
	if (fd < 0)
		return layer_tree_error("open", n->path, errno, err);
	int r = change_dir(l, fd, e, n, err);
	return r < 0 ? r : 1;
}

int layer_entry_dir(struct layer_entries *l, const struct tar_entry *e,
		    const struct layer_name *n, struct error *err)
{
	struct making m = {make_dir, e};
	int parent_fd = -EBADF, r = check_owner(l, e, n, err);
	bool hides = false;

	if (r == 0)
		r = layer_tree_parent(l->tree, n, &parent_fd, err);
	if (r < 0)
		return r;
	if (make_dir(parent_fd, n->base, e) < 0) {
		if (errno != EEXIST)
			return layer_tree_error("make", n->path, errno, err);
		r = merge_dir(l, parent_fd, e, n, err);
		if (r == 1)
			return note_dir(l, e, n, err);
		hides = layer_tree_is_whiteout(parent_fd, n->base);
		if (r == 0)
			r = make(l, &m, n, &parent_fd, err);
		if (r < 0)
			return r;
	}
	r = complete_dir(l, parent_fd, e, n, hides, err);
	return r < 0 ? r : note_dir(l, e, n, err);
}

int layer_entry_root(struct layer_entries *l, const struct tar_entry *e,
		     const struct layer_name *n, struct error *err)
{
	cleanup_fd int fd = -EBADF;
	int r = check_owner(l, e, n, err);

	if (r < 0)
		return r;
	fd = openat(l->tree->root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open the layer's directory");
	r = change_dir(l, fd, e, n, err);
	return r < 0 ? r : note_dir(l, e, n, err);
}

static int mark_opaque(int parent_fd, const char *name, const char *path,
		       struct error *err)
{
	cleanup_fd int fd =
		openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
		return 0;
	if (fd < 0)
		return layer_tree_error("open", path, errno, err);
	return layer_tree_set_opaque(fd, path, err);
}

int layer_entry_whiteout(struct layer_entries *l, const struct layer_name *n,
			 struct error *err)
{
	int parent_fd, r = layer_tree_parent(l->tree, n, &parent_fd, err);

	if (r < 0)
		return r;
	if (mknodat(parent_fd, n->base, S_IFCHR, makedev(0, 0)) == 0)
		return 0;
	/* the layer's own file of that name hides the lower ones anyway; of a directory they would be seen
	 * in it */
	return errno == EEXIST
		       ? mark_opaque(parent_fd, n->base, n->path, err)
		       : layer_tree_error("make the whiteout", n->path, errno, err);
}

int layer_entry_opaque(struct layer_entries *l, const struct layer_name *n,
		       struct error *err)
{
	cleanup_free struct layer_name *inner = xmalloc(sizeof(*inner));
	int fd, r;

	if (n->len >= TAR_PATH_MAX - 1)
		return error_set(err, ERR_INVALID, ENAMETOOLONG, "make %s opaque",
				 n->path);
	/* the directory is the parent of what would be in it */
	*inner = *n;
	inner->dir_len = n->len;
	r = layer_tree_parent(l->tree, inner, &fd, err);
	return r < 0 ? r : mark_opaque(fd, ".", n->path, err);
}

int layer_entry_vacate(struct layer_entries *l, const struct layer_name *n,
		       struct error *err)
{
	int parent_fd, r = layer_tree_parent(l->tree, n, &parent_fd, err);

	return r < 0 ? r : layer_tree_remove(l->tree, parent_fd, n, err);
}
