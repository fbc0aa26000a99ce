/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree may belong to a container that runs: each name is opened below its directory's fd
 * without following it, looked at again by that fd, and only then read.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "image/layer.h"
#include "image/layer_links.h"
#include "image/layer_xattr.h"
#include "image/tar_writer.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"

#define BUFFER_SIZE ((size_t)256 * 1024)
#define BLOCK       512   /* what st_blocks counts; inode(7) */
#define XATTRS_MAX  64    /* of one file */
#define LIST_MAX    65536 /* bytes of their names; xattr(7) */
#define WHITEOUT    ".wh."
#define OPAQUE      ".wh..wh..opq"

#define OVERLAY_PREFIX "user.overlay."

#define NOBODY 65534 /* proc_sys_fs(5): overflowuid */

struct pack {
	int out_fd;
	unsigned int flags;
	const struct layer_pack_options *options;
	unsigned int plain_depth; /* directories of plain_fd's that we are in */
	bool has_removed;         /* something of the directory that we are in */
	uint8_t *buffer;          /* what is to be written; BUFFER_SIZE */
	size_t used;
	uint8_t *data; /* what was read; BUFFER_SIZE */
	struct tar_writer *tar;
	struct layer_links links;
	char path[TAR_PATH_MAX + 2]; /* of the entry; "" at first */
	size_t path_len;
	char link[TAR_PATH_MAX + 1];
	/* of the entry */
	char *xattr_names; /* LIST_MAX */
	struct tar_xattr xattrs[XATTRS_MAX];
	size_t n_xattrs;
};

static int write_out(struct pack *p, const void *bytes, size_t len, struct error *err)
{
	const struct tar_sink *sink = p->options->sink;
	int r;

	if (sink)
		return sink->write(sink->data, bytes, len, err);
	r = fd_write_all(p->out_fd, bytes, len);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write the tar archive") : 0;
}

static int flush(struct pack *p, struct error *err)
{
	size_t len = p->used;

	p->used = 0;
	return write_out(p, p->buffer, len, err);
}

/* tar_sink: small pieces are collected */
static int collect(void *data, const void *bytes, size_t len, struct error *err)
{
	struct pack *p = data;
	int r = len > BUFFER_SIZE - p->used ? flush(p, err) : 0;

	if (r < 0)
		return r;
	if (len >= BUFFER_SIZE / 2 && p->used == 0)
		return write_out(p, bytes, len, err);
	memcpy(p->buffer + p->used, bytes, len);
	p->used += len;
	return 0;
}

static const char *shown(const struct pack *p)
{
	return p->path_len > 0 ? p->path : "the directory";
}

static int pack_error(const struct pack *p, const char *what, int code, struct error *err)
{
	return error_set(err, ERR_SYSTEM, code, "%s %s", what, shown(p));
}

/* Below dirfd, not through a link, not into a mount. Return: fd or -errno. */
static int open_below(int dirfd, const char *name, int flags)
{
	struct open_how how = {.flags = (uint64_t)(flags | O_NOFOLLOW | O_CLOEXEC),
			       .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
					  RESOLVE_NO_XDEV};
	int fd = sys_openat2(dirfd, name, &how);

	return fd < 0 ? -errno : fd;
}

/* The same name, or where it may not be read the plain tree's. *ret_plain: that it is. */
static int open_entry(const struct pack *p, int dirfd, const char *name, int flags,
		      bool *ret_plain)
{
	int fd = open_below(dirfd, name, flags);

	*ret_plain = fd == -EACCES && p->options->plain_fd >= 0;
	return *ret_plain ? open_below(p->options->plain_fd, p->path, flags) : fd;
}

static uint32_t owner(const struct layer_owner_range *ranges, size_t n, uint32_t id,
		      bool is_inside)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t first = is_inside ? ranges[i].inside : ranges[i].outside;

		if (id >= first && id - first < ranges[i].count)
			return ranges[i].inside + (id - first);
	}
	return n > 0 ? NOBODY : id;
}

static int push(struct pack *p, const char *name, size_t *ret_old_len, struct error *err)
{
	size_t len = strlen(name), start = p->path_len > 0 ? p->path_len + 1 : 0;

	*ret_old_len = p->path_len;
	/* one more for the slash of a directory */
	if (start + len + 1 > TAR_PATH_MAX)
		return error_set(err, ERR_UNSUPPORTED, ENAMETOOLONG,
				 "pack %s: the path is too long for an archive",
				 shown(p));
	if (start > 0)
		p->path[p->path_len] = '/';
	memcpy(p->path + start, name, len + 1);
	p->path_len = start + len;
	return 0;
}

static void pop(struct pack *p, size_t old_len)
{
	p->path_len = old_len;
	p->path[old_len] = '\0';
}

static int compare_xattrs(const void *a, const void *b)
{
	return strcmp(((const struct tar_xattr *)a)->name,
		      ((const struct tar_xattr *)b)->name);
}

static void free_xattrs(struct pack *p)
{
	for (size_t i = 0; i < p->n_xattrs; i++)
		free((char *)p->xattrs[i].value);
	p->n_xattrs = 0;
}

static int read_xattr(struct pack *p, int fd, const char *name, struct error *err)
{
	cleanup_free char *value = xmalloc(TAR_XATTR_MAX);
	ssize_t len = fgetxattr(fd, name, value, TAR_XATTR_MAX);

	if (len < 0 && errno == ENODATA)
		return 0; /* gone meanwhile */
	if (len < 0)
		return pack_error(p, "read the attributes of", errno, err);
	if (p->n_xattrs >= XATTRS_MAX)
		return error_set(err, ERR_UNSUPPORTED, 0,
				 "%s has more than %d attributes", shown(p), XATTRS_MAX);
	p->xattrs[p->n_xattrs++] =
		(struct tar_xattr){name, xmemdup(value, (size_t)len), (size_t)len};
	return 0;
}

static bool is_opaque(int fd)
{
	char value[4];

	return (fgetxattr(fd, "user.overlay.opaque", value, sizeof(value)) == 1 ||
		fgetxattr(fd, "trusted.overlay.opaque", value, sizeof(value)) == 1) &&
	       value[0] == 'y';
}

/* What overlay notes about the layers below of the moment. */
static int drop_mark(struct pack *p, int fd, const char *name, struct error *err)
{
	if (!p->options->touch || !str_starts(name, OVERLAY_PREFIX) ||
	    (str_eq(name, OVERLAY_PREFIX "opaque") && is_opaque(fd)))
		return 0;
	if (fremovexattr(fd, name) < 0 && errno != ENODATA)
		return pack_error(p, "remove an attribute of", errno, err);
	return 0;
}

static int read_xattrs(struct pack *p, int fd, struct error *err)
{
	ssize_t len = flistxattr(fd, p->xattr_names, LIST_MAX);
	int r = 0;

	if (len < 0 && errno != EOPNOTSUPP)
		return pack_error(p, "list the attributes of", errno, err);
	for (const char *name = p->xattr_names; r == 0 && name < p->xattr_names + len;
	     name += strlen(name) + 1)
		r = layer_xattr_wanted(name) ? read_xattr(p, fd, name, err)
					     : drop_mark(p, fd, name, err);
	qsort(p->xattrs, p->n_xattrs, sizeof(*p->xattrs), compare_xattrs);
	return r;
}

static uint32_t nanoseconds(const struct pack *p, const struct stat *st)
{
	return p->flags & LAYER_PACK_SECONDS ? 0 : (uint32_t)st->st_mtim.tv_nsec;
}

static int64_t wanted_time(const struct layer_touch *t, const struct stat *st)
{
	int64_t now = st->st_mtim.tv_sec;

	return t->all_at_epoch || (t->has_epoch && now > t->epoch_sec) ? t->epoch_sec
								       : now;
}

/* To begin with something: it is counted, and has the time that it shall have. fd -EBADF: name in dirfd. */
static int touch(struct pack *p, int fd, int dirfd, const char *name, struct stat *st,
		 struct error *err)
{
	struct layer_touch *t = p->options->touch;
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {0}};
	int r;

	if (!t)
		return 0;
	if (p->path_len > 0) {
		t->n_entries++;
		t->disk_bytes += (uint64_t)st->st_blocks * BLOCK;
	}
	t->max_uid = st->st_uid > t->max_uid ? st->st_uid : t->max_uid;
	t->max_gid = st->st_gid > t->max_gid ? st->st_gid : t->max_gid;
	times[1].tv_sec = wanted_time(t, st);
	if (times[1].tv_sec == st->st_mtim.tv_sec &&
	    (!t->all_at_epoch || st->st_mtim.tv_nsec == 0))
		return 0;
	r = fd >= 0 ? futimens(fd, times)
		    : utimensat(dirfd, name, times, AT_SYMLINK_NOFOLLOW);
	if (r < 0)
		return pack_error(p, "set the time of", errno, err);
	st->st_mtim = times[1];
	return 0;
}

static struct tar_entry entry_of(struct pack *p, const struct stat *st)
{
	const struct layer_pack_options *o = p->options;

	return (struct tar_entry){
		.path = p->path,
		.link = "",
		.mode = st->st_mode & 07777,
		.uid = owner(o->uids, o->n_uids, st->st_uid, p->plain_depth > 0),
		.gid = owner(o->gids, o->n_gids, st->st_gid, p->plain_depth > 0),
		.mtime = st->st_mtim.tv_sec,
		.mtime_nsec = nanoseconds(p, st),
		.major = 0,
		.xattrs = p->xattrs,
		.n_xattrs = p->n_xattrs};
}

/* Exactly size bytes, whatever happens to the file. */
static int pack_content(struct pack *p, int fd, uint64_t size, struct error *err)
{
	bool ended = false;
	int r = 0;

	while (size > 0 && r == 0) {
		size_t want = size < BUFFER_SIZE ? (size_t)size : BUFFER_SIZE;
		ssize_t n = 0;

		do
			n = ended ? 0 : read(fd, p->data, want);
		while (n < 0 && errno == EINTR);
		if (n < 0)
			return pack_error(p, "read", errno, err);
		if (n == 0) {
			ended = true;
			memset(p->data, 0, want);
			n = (ssize_t)want;
		}
		r = tar_writer_data(p->tar, p->data, (size_t)n, err);
		size -= (uint64_t)n;
	}
	return r;
}

/* Return: 1 if it was met before, and a link has been written. */
static int pack_link(struct pack *p, const struct stat *st, struct error *err)
{
	const char *first = st->st_nlink > 1 ? layer_links_meet(&p->links, st->st_dev,
								st->st_ino, p->path)
					     : NULL;
	struct tar_entry e;

	if (!first)
		return 0;
	if (p->options->touch)
		p->options->touch->n_entries++;
	e = entry_of(p, st);
	e.type = TAR_HARDLINK;
	e.link = first;
	e.n_xattrs = 0;
	int r = tar_writer_entry(p->tar, &e, err);
	return r < 0 ? r : 1;
}

static int pack_file(struct pack *p, int dirfd, const char *name, struct error *err)
{
	bool is_plain;
	cleanup_fd int fd =
		open_entry(p, dirfd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, &is_plain);
	struct stat st;
	int r;

	if (fd == -ENOENT || fd == -ELOOP || fd == -EXDEV) /* gone meanwhile; a mount */
		return 0;
	if (fd < 0)
		return pack_error(p, "open", -fd, err);
	if (fstat(fd, &st) < 0)
		return pack_error(p, "look at", errno, err);
	if (!S_ISREG(st.st_mode))
		return 0;
	if ((uint64_t)st.st_size > LAYER_MAX_BYTES) {
		error_set(
			err, ERR_UNSUPPORTED, EFBIG,
			"pack %s: with its holes it has %lld bytes, and no layer may have "
			"so many",
			shown(p), (long long)st.st_size);
		return error_hint(err, "Remove it in the step that makes it");
	}
	r = pack_link(p, &st, err);
	if (r != 0)
		return r < 0 ? r : 0;
	p->plain_depth += is_plain;
	r = touch(p, fd, -EBADF, NULL, &st, err);
	if (r == 0)
		r = read_xattrs(p, fd, err);
	if (r == 0) {
		struct tar_entry e = entry_of(p, &st);

		e.type = TAR_FILE;
		e.size = (uint64_t)st.st_size;
		r = tar_writer_entry(p->tar, &e, err);
	}
	p->plain_depth -= is_plain;
	free_xattrs(p);
	return r < 0 ? r : pack_content(p, fd, (uint64_t)st.st_size, err);
}

/* An empty file that says something of another name, or of the directory. */
static int pack_mark(struct pack *p, const char *name, const struct stat *st,
		     struct error *err)
{
	size_t old_len;
	int r = push(p, name, &old_len, err);

	if (r < 0)
		return r;
	/* whoever unpacks it has nowhere to put a mark's time: the same layer's next archive shall have the same bytes */
	bool timeless = p->flags & LAYER_PACK_SECONDS;
	struct tar_entry e = {.type = TAR_FILE,
			      .path = p->path,
			      .link = "",
			      .mtime = timeless ? 0 : st->st_mtim.tv_sec,
			      .mtime_nsec = nanoseconds(p, st)};
	r = tar_writer_entry(p->tar, &e, err);
	pop(p, old_len);
	return r;
}

static bool is_whiteout(const struct pack *p, const struct stat *st)
{
	return (p->flags & LAYER_PACK_OVERLAY) && S_ISCHR(st->st_mode) &&
	       st->st_rdev == makedev(0, 0);
}

/* What has no content. */
static int pack_node(struct pack *p, int dirfd, const char *name, struct stat *st,
		     struct error *err)
{
	struct tar_entry e;
	int r = pack_link(p, st, err);

	if (r == 0)
		r = touch(p, -EBADF, dirfd, name, st, err);
	if (r != 0)
		return r < 0 ? r : 0;
	e = entry_of(p, st);
	e.link = "";
	if (S_ISLNK(st->st_mode)) {
		ssize_t len = readlinkat(dirfd, name, p->link, sizeof(p->link));

		if (len < 0 || (size_t)len == sizeof(p->link))
			return errno == ENOENT || errno == EINVAL
				       ? 0
				       : pack_error(p, "read the link", errno, err);
		p->link[len] = '\0';
		e.link = p->link;
		e.type = TAR_SYMLINK;
	} else if (S_ISFIFO(st->st_mode)) {
		e.type = TAR_FIFO;
	} else {
		e.type = S_ISCHR(st->st_mode) ? TAR_CHAR : TAR_BLOCK_DEVICE;
		e.major = major(st->st_rdev);
		e.minor = minor(st->st_rdev);
	}
	return tar_writer_entry(p->tar, &e, err);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in a directory, sorted; strv. Takes fd. */
static int list(struct pack *p, int fd, char ***ret, struct error *err)
{
	cleanup_dir DIR *dir = fdopendir(fd);
	cleanup_strv char **names = NULL;
	size_t n = 0, room = 0;
	struct dirent *e;

	if (!dir) {
		close(fd);
		return pack_error(p, "list", errno, err);
	}
	for (errno = 0; (e = readdir(dir)); errno = 0) {
		if (str_eq(e->d_name, ".") || str_eq(e->d_name, ".."))
			continue;
		if (n + 1 >= room) {
			room = room > 0 ? 2 * room : 16;
			names = xreallocarray(names, room, sizeof(*names));
		}
		names[n++] = xstrdup(e->d_name);
		names[n] = NULL;
	}
	if (errno != 0)
		return pack_error(p, "list", errno, err);
	if (n > 0)
		qsort(names, n, sizeof(*names), compare_names);
	*ret = TAKE_PTR(names);
	return 0;
}

/* Whether the directory has an entry of its own. */
static bool has_entry(struct pack *p)
{
	bool has = p->path_len > 0 || !(p->flags & LAYER_PACK_NO_TOP) || p->n_xattrs > 0;

	if (p->path_len == 0 && p->options->touch)
		p->options->touch->top_entry = has;
	return has;
}

static int pack_dir_entry(struct pack *p, int fd, struct stat *st, struct error *err)
{
	size_t len = p->path_len;
	int r = touch(p, fd, -EBADF, NULL, st, err);

	if (r == 0)
		r = read_xattrs(p, fd, err);
	if (r == 0 && has_entry(p)) {
		struct tar_entry e = entry_of(p, st);

		e.type = TAR_DIR;
		memcpy(p->path + len, len > 0 ? "/" : "./", len > 0 ? 2 : 3);
		r = tar_writer_entry(p->tar, &e, err);
		p->path[len] = '\0';
	}
	free_xattrs(p);
	if (r == 0 && (p->flags & LAYER_PACK_OVERLAY) && is_opaque(fd))
		r = pack_mark(p, OPAQUE, st, err);
	return r;
}

/* Sockets were removed from it; that is no change of its own. */
static int restore_time(struct pack *p, int fd, const struct stat *st, struct error *err)
{
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, st->st_mtim};

	if (!p->has_removed)
		return 0;
	p->has_removed = false;
	return futimens(fd, times) < 0 ? pack_error(p, "set the time of", errno, err) : 0;
}

static int pack_name(struct pack *p, int dirfd, const char *name, struct error *err);

/* fd stays the caller's. */
static int pack_dir(struct pack *p, int fd, struct error *err)
{
	cleanup_strv char **names = NULL;
	struct stat st;
	int copy, r;

	if (fstat(fd, &st) < 0)
		return pack_error(p, "look at", errno, err);
	r = pack_dir_entry(p, fd, &st, err);
	if (r < 0)
		return r;
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (copy < 0)
		return pack_error(p, "open", errno, err);
	r = list(p, copy, &names, err);
	if (r < 0)
		return r;
	strv_foreach (name, names) {
		size_t old_len;

		r = push(p, *name, &old_len, err);
		if (r == 0)
			r = pack_name(p, fd, *name, err);
		if (r < 0)
			return r;
		pop(p, old_len);
		r = restore_time(p, fd, &st, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int pack_subdir(struct pack *p, int dirfd, const char *name, struct error *err)
{
	bool is_plain;
	cleanup_fd int fd = open_entry(p, dirfd, name, O_RDONLY | O_DIRECTORY, &is_plain);
	int r;

	if (fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP || fd == -EXDEV)
		return 0;
	if (fd < 0)
		return pack_error(p, "open", -fd, err);
	p->plain_depth += is_plain;
	r = pack_dir(p, fd, err);
	p->plain_depth -= is_plain;
	return r;
}

static bool only_places(const struct pack *p, int dirfd, const char *name,
			const char *path);

static bool is_place(const struct pack *p, int dirfd, const char *name, const char *path)
{
	struct stat st;

	if (!strv_has(p->options->places, path) ||
	    fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	if (S_ISDIR(st.st_mode))
		return only_places(p, dirfd, name, path);
	return S_ISLNK(st.st_mode) || (S_ISREG(st.st_mode) && st.st_size == 0);
}

static bool only_places(const struct pack *p, int dirfd, const char *name,
			const char *path)
{
	int fd = open_below(dirfd, name, O_RDONLY | O_DIRECTORY);
	cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!dir)
		return false;
	while ((e = readdir(dir))) {
		cleanup_free char *below = xasprintf("%s/%s", path, e->d_name);

		if (!str_eq(e->d_name, ".") && !str_eq(e->d_name, "..") &&
		    !is_place(p, fd, e->d_name, below))
			return false;
	}
	return true;
}

/* No archive has them. */
static int pass_socket(struct pack *p, int dirfd, const char *name, struct error *err)
{
	if (!p->options->touch)
		return 0;
	if (unlinkat(dirfd, name, 0) < 0 && errno != ENOENT)
		return pack_error(p, "remove the socket", errno, err);
	p->has_removed = true;
	return 0;
}

static int pack_kind(struct pack *p, int dirfd, const char *name, struct stat *st,
		     struct error *err)
{
	if (S_ISDIR(st->st_mode))
		return pack_subdir(p, dirfd, name, err);
	if (S_ISREG(st->st_mode))
		return pack_file(p, dirfd, name, err);
	return S_ISSOCK(st->st_mode) ? pass_socket(p, dirfd, name, err)
				     : pack_node(p, dirfd, name, st, err);
}

/* What may not even be looked at, as a metadata tree's directory of somebody who is nobody there. */
static int pack_plain(struct pack *p, int dirfd, const char *name, struct error *err)
{
	cleanup_fd int fd = open_below(p->options->plain_fd, p->path, O_PATH);
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return pack_error(p, "look at", fd < 0 ? -fd : errno, err);
	if (S_ISDIR(st.st_mode) || S_ISREG(st.st_mode))
		return pack_kind(p, dirfd, name, &st, err);
	p->plain_depth++;
	r = pack_kind(p, fd, "", &st, err);
	p->plain_depth--;
	return r;
}

static int pack_name(struct pack *p, int dirfd, const char *name, struct error *err)
{
	bool overlay = p->flags & LAYER_PACK_OVERLAY;
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == EACCES && p->options->plain_fd >= 0)
			return pack_plain(p, dirfd, name, err);
		return errno == ENOENT ? 0 : pack_error(p, "look at", errno, err);
	}
	if (p->options->places && is_place(p, dirfd, name, p->path))
		return 0;
	if (overlay && str_starts(name, WHITEOUT))
		return error_set(
			err, ERR_UNSUPPORTED, 0,
			"pack %s: in a layer that name would mean that a file is "
			"gone",
			shown(p));
	if (is_whiteout(p, &st)) {
		cleanup_free char *mark = xasprintf(WHITEOUT "%s", name);
		int r = touch(p, -EBADF, dirfd, name, &st, err);

		if (r < 0)
			return r;
		pop(p, p->path_len - strlen(name) - (p->path_len > strlen(name)));
		return pack_mark(p, mark, &st, err);
	}
	return pack_kind(p, dirfd, name, &st, err);
}

int layer_pack(int root_fd, int out_fd, unsigned int flags, struct error *err)
{
	struct layer_pack_options o = LAYER_PACK_OPTIONS_INIT;

	o.flags = flags;
	return layer_pack_with(root_fd, out_fd, &o, err);
}

int layer_pack_with(int root_fd, int out_fd, const struct layer_pack_options *o,
		    struct error *err)
{
	cleanup_free struct pack *p = xcalloc(1, sizeof(*p));
	cleanup_free uint8_t *buffer = xmalloc(BUFFER_SIZE), *data = xmalloc(BUFFER_SIZE);
	cleanup_free char *xattr_names = xmalloc(LIST_MAX);
	struct tar_sink sink = {collect, p};
	cleanup_tar_writer struct tar_writer *tar = tar_writer_new(&sink);
	cleanup_fd int fd = open_below(root_fd, ".", O_RDONLY | O_DIRECTORY);

	p->out_fd = out_fd;
	p->flags = o->flags;
	p->options = o;
	p->buffer = buffer;
	p->data = data;
	p->xattr_names = xattr_names;
	p->tar = tar;
	if (fd < 0)
		return pack_error(p, "open", -fd, err);
	int r = pack_dir(p, fd, err);
	layer_links_release(&p->links);
	if (r == 0)
		r = tar_writer_end(tar, err);
	return r < 0 ? r : flush(p, err);
}
