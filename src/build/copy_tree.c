/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A level is a directory being copied. That of the target is made when it is sure that something is copied of it: one that the ignore file leaves
 * out, but for a file in it, comes into being with that file only. Owner, mode and time are set when it is full.
 */
#include "build/copy_tree.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "build/dir_list.h"
#include "image/layer_xattr.h"
#include "util/fd.h"
#include "util/file_copy.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

#define PATH_TOP        ((size_t)1 << 20)
#define SMALL           65536
#define STREAM_MAX      ((uint64_t)256 << 20) /* of a file that says it has 0 bytes */
#define XATTR_VALUE_MAX 65536
#define NAME_TRIES      8

struct copy_link {
	dev_t dev;
	ino_t ino;  /* 0: an empty place */
	char *path; /* owned: in the target */
};

struct level {
	struct level *above; /* NULL: the target's directory that was given */
	int from_fd, to_fd;
	bool fresh; /* to_fd lies in the upper directory */
	bool made;  /* to_fd is there */
	const char *name;
	size_t to_len; /* of its path in tree->to */
	struct stat st;
};

void copy_dir_release(struct copy_dir *d)
{
	fd_cleanup_(&d->fd);
	free(d->path);
	*d = COPY_DIR_INIT;
}

void copy_tree_release(struct copy_tree *t)
{
	for (size_t i = 0; i < t->links_room; i++)
		free(t->links[i].path);
	free(t->links);
	buf_release(&t->from);
	buf_release(&t->to);
	*t = (struct copy_tree){0};
}

/* --- paths --- */

static void cut(struct buf *path, size_t len)
{
	path->len = len;
	if (path->data)
		path->data[len] = '\0';
}

static int extend(struct buf *path, const char *name, struct error *err)
{
	if ((path->len && buf_add(path, "/", 1) < 0) || buf_add_str(path, name) < 0)
		return error_set(err, ERR_INVALID, ENAMETOOLONG, "copy %.60s...",
				 path->data);
	return 0;
}

static int set_path(struct buf *path, const char *text, struct error *err)
{
	if (path->max == 0)
		buf_init(path, PATH_TOP);
	cut(path, 0);
	if (buf_add_str(path, text) < 0)
		return error_set(err, ERR_INVALID, ENAMETOOLONG, "copy %.60s...", text);
	return 0;
}

static int fail_from(const struct copy_tree *t, const char *what, struct error *err)
{
	int code = errno;

	return error_set(err, error_kind_of(code), code, "%s %s of %s", what,
			 t->from.len ? t->from.data : "/", t->source->path);
}

static int fail_to(const struct copy_tree *t, const char *what, struct error *err)
{
	int code = errno;

	return error_set(err, error_kind_of(code), code, "%s /%s", what,
			 t->to.len ? t->to.data : "");
}

/* What the key says of it may not hold any more. */
static void check_change(const struct copy_tree *t, const struct stat *st)
{
	const struct timespec *since = &t->target->since, *ctime = &st->st_ctim;

	if (t->target->changed &&
	    (ctime->tv_sec > since->tv_sec ||
	     (ctime->tv_sec == since->tv_sec && ctime->tv_nsec >= since->tv_nsec)))
		t->target->changed(t->target->data);
}

static void check_change_fd(const struct copy_tree *t, int fd)
{
	struct stat st;

	if (t->target->changed && fstat(fd, &st) == 0)
		check_change(t, &st);
}

/* --- what an entry has --- */

static mode_t mode_of(const struct copy_rules *r, const struct stat *st)
{
	mode_t mode = st->st_mode & 07777;

	if (r->strip_setid)
		mode &= (mode_t)~06000;
	return copy_mode_apply(r->mode, mode, S_ISDIR(st->st_mode));
}

static void owner_of(const struct copy_rules *r, const struct stat *st, uid_t *uid,
		     gid_t *gid)
{
	*uid = r->keep_owners ? st->st_uid : r->uid;
	*gid = r->keep_owners ? st->st_gid : r->gid;
}

/* Root's is from the beginning whatever was made, but a directory may have been there. */
static int set_owner(const struct copy_tree *t, const struct stat *st, int dirfd,
		     const char *name, struct error *err)
{
	uid_t uid;
	gid_t gid;

	owner_of(t->rules, st, &uid, &gid);
	if ((uid == 0 && gid == 0 && !S_ISDIR(st->st_mode)) || t->rules->single_id)
		return 0;
	if (fchownat(dirfd, name, uid, gid,
		     AT_SYMLINK_NOFOLLOW | (*name ? 0 : AT_EMPTY_PATH)) == 0)
		return 0;
	if (errno != EINVAL)
		return fail_to(t, "give an owner to", err);
	error_set(err, ERR_INVALID, 0,
		  "give /%s to %u:%u: your subordinate ids don't reach that far",
		  t->to.data, uid, gid);
	return error_hint(err, "cubby idmap ls shows which ids there are");
}

/* One that the file system of the layers doesn't take is left out, as it is nowhere in the image. */
static int copy_xattr(const struct copy_tree *t, int from_fd, int to_fd, const char *name,
		      struct error *err)
{
	cleanup_free char *value = xmalloc(XATTR_VALUE_MAX);
	ssize_t n = fgetxattr(from_fd, name, value, XATTR_VALUE_MAX);

	if (n < 0)
		return errno == ENODATA ? 0 : fail_from(t, "read an attribute", err);
	if (fsetxattr(to_fd, name, value, (size_t)n, 0) == 0 || errno == ENOTSUP)
		return 0;
	return fail_to(t, "set an attribute of", err);
}

static int copy_xattrs(const struct copy_tree *t, int from_fd, int to_fd,
		       struct error *err)
{
	char names[XATTR_LIST_MAX];
	ssize_t n = flistxattr(from_fd, names, sizeof(names));
	int r = 0;

	if (n < 0)
		return errno == ENOTSUP ? 0 : fail_from(t, "list the attributes", err);
	for (const char *name = names; r >= 0 && n > 0 && name < names + n;
	     name += strlen(name) + 1)
		if (layer_xattr_wanted(name))
			r = copy_xattr(t, from_fd, to_fd, name, err);
	return r;
}

/* Owner, mode, attributes, time; in this order, as each takes away of the later ones. */
static int finish_fd(const struct copy_tree *t, const struct stat *st, int from_fd,
		     int to_fd, struct error *err)
{
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, st->st_mtim};
	mode_t mode = mode_of(t->rules, st);
	int r = set_owner(t, st, to_fd, "", err);

	if (r < 0)
		return r;
	if ((S_ISDIR(st->st_mode) || (mode & 07000)) && fchmod(to_fd, mode) < 0)
		return fail_to(t, "set the mode of", err);
	r = from_fd < 0 ? 0 : copy_xattrs(t, from_fd, to_fd, err);
	if (r < 0)
		return r;
	return futimens(to_fd, times) < 0 ? fail_to(t, "set the time of", err) : 0;
}

/* --- room --- */

static int replace_link(const struct copy_tree *t, int to_fd, const char *name)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(to_fd, name, target, sizeof(target) - 1);
	struct stat st;

	if (n < 0 || fstatat(to_fd, name, &st, 0) < 0 || !S_ISDIR(st.st_mode) ||
	    !t->target->note)
		return 0;
	target[n] = '\0';
	cleanup_free char *text = xasprintf(
		"/%s was a link to %s, and is a directory now, without what the link led to",
		t->to.data, target);
	t->target->note(t->target->data, text);
	return 0;
}

/* The name becomes free. Return: 1 if there is a directory, and it may stay. */
static int make_room(const struct copy_tree *t, const struct level *l, const char *name,
		     bool is_dir, struct error *err)
{
	struct stat st;

	if (l->fresh)
		return 0;
	if (fstatat(l->to_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : fail_to(t, "look at", err);
	if (is_dir && S_ISDIR(st.st_mode))
		return 1;
	if (is_dir && S_ISLNK(st.st_mode))
		(void)replace_link(t, l->to_fd, name);
	if (S_ISDIR(st.st_mode))
		return fs_remove_tree(l->to_fd, name, err);
	return unlinkat(l->to_fd, name, 0) < 0 ? fail_to(t, "replace", err) : 0;
}

/* --- directories --- */

/* A new one's own directory below the upper one; where it can't be found there, through the overlay. */
static int open_made(const struct copy_tree *t, struct level *l, bool is_new,
		     struct error *err)
{
	const struct level *above = l->above;
	cleanup_error struct error missing = ERROR_INIT;

	if (is_new && !above->fresh) {
		l->to_fd = path_open_nolink(t->target->upper_fd, t->to.data,
					    O_RDONLY | O_DIRECTORY, false, &missing);
		l->fresh = l->to_fd >= 0;
	}
	if (l->to_fd < 0)
		l->to_fd = openat(above->to_fd, l->name,
				  O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (l->to_fd < 0)
		return fail_to(t, "open", err);
	if (above->fresh)
		l->fresh = true;
	return 0;
}

/* tree->to is longer than the level's path if it is made for something in it. */
static int make_level(struct copy_tree *t, struct level *l, struct error *err)
{
	size_t len = t->to.len;
	char after;
	int r;

	if (l->made)
		return 0;
	r = make_level(t, l->above, err);
	if (r < 0)
		return r;
	after = t->to.data[l->to_len];
	cut(&t->to, l->to_len);
	r = make_room(t, l->above, l->name, true, err);
	if (r == 0 && mkdirat(l->above->to_fd, l->name, 0700) < 0)
		r = fail_to(t, "make the directory", err);
	if (r >= 0)
		r = open_made(t, l, r == 0, err);
	t->to.data[l->to_len] = after;
	t->to.len = len;
	l->made = r >= 0;
	return r < 0 ? r : 0;
}

static int copy_one(struct copy_tree *t, struct level *l, const char *name,
		    const char *to_name, struct error *err);

static int copy_names(struct copy_tree *t, struct level *l, struct error *err)
{
	cleanup_dir_list struct dir_list list = {0};
	size_t from_len = t->from.len, to_len = t->to.len;
	int r = dir_list_read(l->from_fd, &list);

	if (r < 0) {
		errno = -r;
		return fail_from(t, "list", err);
	}
	check_change_fd(t, l->from_fd);
	for (size_t i = 0; r >= 0 && i < list.n; i++) {
		r = extend(&t->from, list.names[i], err);
		if (r >= 0)
			r = extend(&t->to, list.names[i], err);
		if (r >= 0)
			r = copy_one(t, l, list.names[i], list.names[i], err);
		cut(&t->from, from_len);
		cut(&t->to, to_len);
	}
	return r;
}

static int copy_dir(struct copy_tree *t, struct level *above, const char *name,
		    struct level *l, bool hidden, struct error *err)
{
	cleanup_fd int from_fd = openat(above->from_fd, name,
					O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r = 0;

	l->to_fd = -EBADF;
	l->to_len = t->to.len;
	l->from_fd = from_fd;
	if (from_fd < 0 || fstat(from_fd, &l->st) < 0)
		return fail_from(t, "open", err);
	if (++t->depth > CONTEXT_DEPTH_MAX)
		return error_set(err, ERR_UNSUPPORTED, 0,
				 "%s: directories lie in one another more than %d deep",
				 t->source->path, CONTEXT_DEPTH_MAX);
	if (!hidden)
		r = make_level(t, l, err);
	if (r >= 0)
		r = copy_names(t, l, err);
	if (r >= 0 && l->made)
		r = finish_fd(t, &l->st, from_fd, l->to_fd, err);
	fd_cleanup_(&l->to_fd);
	t->depth--;
	return r;
}

/* --- files --- */

static int copy_small(int from_fd, int to_fd, size_t size)
{
	char data[SMALL];
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(from_fd, data + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return fd_write_all(to_fd, data, done);
}

static int copy_content(const struct copy_tree *t, int from_fd, int to_fd, uint64_t size,
			struct error *err)
{
	int r;

	if (size == 0)
		r = file_copy_stream(from_fd, to_fd, STREAM_MAX);
	else if (size <= SMALL)
		r = copy_small(from_fd, to_fd, size);
	else
		r = file_copy(from_fd, to_fd, size);
	errno = -r;
	return r < 0 ? fail_to(t, "write", err) : 0;
}

static int new_file(const struct copy_tree *t, const struct level *l, const char *name,
		    mode_t mode, struct error *err)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(l->to_fd, name, flags, mode & 0777);

	for (int i = 0; fd < 0 && errno == EEXIST && !l->fresh && i < NAME_TRIES; i++) {
		int r = make_room(t, l, name, false, err);

		if (r < 0)
			return r;
		fd = openat(l->to_fd, name, flags, mode & 0777);
	}
	return fd < 0 ? fail_to(t, "make the file", err) : fd;
}

static struct copy_link *find_link(const struct copy_tree *t, dev_t dev, ino_t ino)
{
	size_t i = (size_t)(ino ^ dev) * 2654435761U % t->links_room;

	while (t->links[i].ino && (t->links[i].ino != ino || t->links[i].dev != dev))
		i = (i + 1) % t->links_room;
	return &t->links[i];
}

static void grow_links(struct copy_tree *t)
{
	struct copy_link *old = t->links;
	size_t n = t->links_room;

	t->links_room = n ? 2 * n : 64;
	t->links = xcalloc(t->links_room, sizeof(*t->links));
	for (size_t i = 0; i < n; i++)
		if (old[i].ino)
			*find_link(t, old[i].dev, old[i].ino) = old[i];
	free(old);
}

/* The first name of a file that has several; or, if it was copied already, another name for that. Return: 1 for the latter. */
static int take_link(struct copy_tree *t, const struct level *l, const char *name,
		     const struct stat *st, struct error *err)
{
	int root_fd = l->fresh ? t->target->upper_fd : t->target->merged_fd;
	cleanup_error struct error missing = ERROR_INIT;
	cleanup_free char *first_name = NULL;
	cleanup_fd int dir_fd = -EBADF;
	struct copy_link *link;
	int r;

	if (t->n_links * 2 >= t->links_room)
		grow_links(t);
	link = find_link(t, st->st_dev, st->st_ino);
	if (!link->ino) {
		*link = (struct copy_link){st->st_dev, st->st_ino, xstrdup(t->to.data)};
		t->n_links++;
		return 0;
	}
	r = make_room(t, l, name, false, err);
	if (r < 0)
		return r;
	if (path_open_parent(root_fd, link->path, false, &dir_fd, &first_name, &missing) <
	    0)
		return 0;
	/* one that can't have another name here is copied */
	return linkat(dir_fd, first_name, l->to_fd, name, 0) == 0;
}

static int copy_file(struct copy_tree *t, struct level *l, const char *name,
		     const char *to_name, struct error *err)
{
	cleanup_fd int from_fd =
		openat(l->from_fd, name,
		       O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	cleanup_fd int to_fd = -EBADF;
	struct stat st;
	int r = 0;

	if (from_fd < 0 || fstat(from_fd, &st) < 0)
		return fail_from(t, "open", err);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERR_UNAVAILABLE, 0,
				 "%s of %s was changed while it was copied", t->from.data,
				 t->source->path);
	if (st.st_nlink > 1)
		r = take_link(t, l, to_name, &st, err);
	if (r != 0)
		return r < 0 ? r : 0;
	to_fd = new_file(t, l, to_name, mode_of(t->rules, &st), err);
	r = to_fd < 0 ? to_fd
		      : copy_content(t, from_fd, to_fd, (uint64_t)st.st_size, err);
	check_change_fd(t, from_fd);
	return r < 0 ? r : finish_fd(t, &st, from_fd, to_fd, err);
}

/* --- links, fifos, devices --- */

static int make_node(const struct copy_tree *t, const struct level *l, const char *name,
		     const struct stat *st, struct error *err)
{
	bool is_device = S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode);
	mode_t mode = mode_of(t->rules, st);

	if (S_ISCHR(st->st_mode) && st->st_rdev == 0)
		return error_set(
			err, ERR_INVALID, 0,
			"copy %s of %s: a device 0:0 says in a layer that something is gone",
			t->from.data, t->source->path);
	if (mknodat(l->to_fd, name, (st->st_mode & S_IFMT) | mode, st->st_rdev) == 0)
		return 0;
	if (!is_device || errno != EPERM)
		return fail_to(t, "make", err);
	error_set(err, ERR_DENIED, 0,
		  "copy %s of %s: it is a device (%u:%u), and a build makes none",
		  t->from.data, t->source->path, major(st->st_rdev), minor(st->st_rdev));
	return error_hint(
		err,
		"Leave it out with --exclude or .dockerignore; a container gets devices with --device");
}

static int make_symlink(const struct copy_tree *t, const struct level *l,
			const char *name, const char *to_name, struct error *err)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(l->from_fd, name, target, sizeof(target));

	if (n < 0 || n == sizeof(target))
		return fail_from(t, "read the link", err);
	target[n] = '\0';
	return symlinkat(target, l->to_fd, to_name) < 0 ? fail_to(t, "make the link", err)
							: 0;
}

static int copy_other(struct copy_tree *t, struct level *l, const char *name,
		      const char *to_name, const struct stat *st, struct error *err)
{
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, st->st_mtim};
	int r = make_room(t, l, to_name, false, err);

	check_change(t, st);
	if (r >= 0)
		r = S_ISLNK(st->st_mode) ? make_symlink(t, l, name, to_name, err)
					 : make_node(t, l, to_name, st, err);
	if (r >= 0)
		r = set_owner(t, st, l->to_fd, to_name, err);
	if (r < 0)
		return r;
	if (utimensat(l->to_fd, to_name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_to(t, "set the time of", err);
	return 0;
}

/* --- entries --- */

/* OCI image specification, layer.md, "Whiteouts". */
static int refuse_whiteout(const struct copy_tree *t, struct error *err)
{
	error_set(err, ERR_UNSUPPORTED, 0,
		  "copy %s of %s: in a layer that name would mean that a file is gone",
		  t->from.data, t->source->path);
	return error_hint(err, "Leave it out with --exclude or .dockerignore");
}

/* Both paths are those of the entry. */
static int copy_one(struct copy_tree *t, struct level *l, const char *name,
		    const char *to_name, struct error *err)
{
	const struct ignore *ignore = t->source->ignore;
	struct level below = {.above = l, .name = to_name};
	struct stat st;
	bool hidden, is_dir, is_top = t->from.len < t->top_len;
	int r;

	if (fstatat(l->from_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT && !is_top ? 0 : fail_from(t, "look at", err);
	is_dir = S_ISDIR(st.st_mode);
	if ((!is_dir || !is_top) &&
	    context_excludes(t->rules->exclude, t->from.data, t->top_len))
		return 0;
	hidden = ignore && ignore_matches(ignore, t->from.data);
	if (hidden && !(is_dir && ignore_may_hold(ignore, t->from.data)))
		return 0;
	if (S_ISSOCK(st.st_mode))
		return 0;
	if (str_starts(to_name, ".wh."))
		return refuse_whiteout(t, err);
	if (is_dir)
		return copy_dir(t, l, name, &below, hidden, err);
	r = make_level(t, l, err);
	if (r < 0)
		return r;
	return S_ISREG(st.st_mode) ? copy_file(t, l, name, to_name, err)
				   : copy_other(t, l, name, to_name, &st, err);
}

static struct level given(const struct copy_dir *to)
{
	return (struct level){
		.from_fd = -EBADF,
		.to_fd = to->fd,
		.fresh = to->fresh,
		.made = true,
	};
}

int copy_tree_contents(struct copy_tree *t, const char *real, const struct copy_dir *to,
		       struct error *err)
{
	struct level l = given(to);
	cleanup_fd int from_fd =
		path_open_nolink(t->source->fd, real, O_RDONLY | O_DIRECTORY, false, err);
	int r = from_fd < 0 ? from_fd : set_path(&t->from, real, err);

	if (r >= 0)
		r = set_path(&t->to, to->path, err);
	if (r < 0)
		return r;
	t->top_len = *real ? strlen(real) + 1 : 0;
	l.from_fd = from_fd;
	return copy_names(t, &l, err);
}

int copy_tree_entry(struct copy_tree *t, const char *real, const struct copy_dir *to,
		    const char *name, struct error *err)
{
	struct level l = given(to);
	const char *slash = strrchr(real, '/');
	cleanup_free char *parent =
		slash ? xstrndup(real, (size_t)(slash - real)) : xstrdup("");
	cleanup_fd int from_fd = path_open_nolink(t->source->fd, parent,
						  O_RDONLY | O_DIRECTORY, false, err);
	int r = from_fd < 0 ? from_fd : set_path(&t->from, real, err);

	if (r >= 0)
		r = set_path(&t->to, to->path, err);
	if (r >= 0)
		r = extend(&t->to, name, err);
	if (r < 0)
		return r;
	t->top_len = strlen(real) + 1;
	l.from_fd = from_fd;
	return copy_one(t, &l, slash ? slash + 1 : real, name, err);
}

int copy_tree_file(struct copy_tree *t, const struct copy_loose *f,
		   const struct copy_dir *to, const char *name, struct error *err)
{
	struct level l = given(to);
	struct stat st = {
		.st_mode = S_IFREG | f->mode,
		.st_mtim = f->mtime,
	};
	cleanup_fd int fd = -EBADF;
	int r = set_path(&t->to, to->path, err);

	if (r >= 0)
		r = extend(&t->to, name, err);
	if (r < 0)
		return r;
	fd = new_file(t, &l, name, mode_of(t->rules, &st), err);
	r = fd < 0 ? fd : copy_content(t, f->from_fd, fd, f->size, err);
	return r < 0 ? r : finish_fd(t, &st, -EBADF, fd, err);
}

/* --- the target's directories --- */

/* One more, if it is missing. Return: 1 if it was made. */
static int step_into(const struct copy_rules *r, const struct copy_target *t,
		     const char *path, int *fd, struct error *err)
{
	fd_cleanup_(fd);
	*fd = path_open(t->merged_fd, path, O_PATH | O_DIRECTORY, err);
	if (*fd >= 0)
		return 0;
	if (*fd == -ENOTDIR)
		return error_set(err, ERR_INVALID, 0,
				 "destination %s already exists but is not a directory",
				 path);
	if (*fd != -ENOENT)
		return *fd;
	error_release(err);
	*fd = path_make_dir(t->merged_fd, path, 0755, err);
	if (*fd < 0)
		return *fd;
	if ((r->uid || r->gid) && !r->single_id &&
	    fchownat(*fd, "", r->uid, r->gid, AT_EMPTY_PATH) < 0)
		return error_set(err, error_kind_of(errno), errno, "give %s to %u:%u",
				 path, r->uid, r->gid);
	return 1;
}

/* Where it lies in the root, links resolved: /proc knows. */
static int find_real(const struct copy_target *t, struct copy_dir *d, const char *path,
		     struct error *err)
{
	cleanup_free char *top = fd_path(t->merged_fd), *real = fd_path(d->fd);
	size_t len = top && !str_eq(top, "/") ? strlen(top) : 0;

	if (!top || !real || strlen(real) < len)
		return error_set(err, ERR_SYSTEM, 0, "find %s: is /proc mounted?", path);
	d->path = xstrdup(real + len + strspn(real + len, "/"));
	return 0;
}

/* Usable for listing and making; what is new lies in the upper directory alone. */
static int reopen(const struct copy_target *t, struct copy_dir *d, const char *path,
		  bool is_new, struct error *err)
{
	cleanup_error struct error missing = ERROR_INIT;
	int fd = -EBADF;

	if (is_new)
		fd = path_open_nolink(t->upper_fd, d->path, O_RDONLY | O_DIRECTORY, false,
				      &missing);
	d->fresh = fd >= 0;
	if (fd < 0)
		fd = openat(d->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, error_kind_of(errno), errno, "open %s", path);
	fd_cleanup_(&d->fd);
	d->fd = fd;
	return 0;
}

int copy_tree_dir(const struct copy_rules *rules, const struct copy_target *t,
		  const char *path, struct copy_dir *ret, struct error *err)
{
	cleanup_copy_dir struct copy_dir d = COPY_DIR_INIT;
	cleanup_free char *at = xstrdup(path);
	int r = step_into(rules, t, "/", &d.fd, err);
	bool is_new = false;

	for (size_t i = 1; r >= 0 && at[1] && i <= strlen(path); i++) {
		if (path[i] && path[i] != '/')
			continue;
		at[i] = '\0';
		r = step_into(rules, t, at, &d.fd, err);
		is_new = r > 0;
		at[i] = path[i];
	}
	if (r >= 0)
		r = find_real(t, &d, path, err);
	if (r >= 0)
		r = reopen(t, &d, path, is_new, err);
	if (r < 0)
		return r;
	*ret = d;
	d = COPY_DIR_INIT;
	return 0;
}
