/* SPDX-License-Identifier: Apache-2.0 */
#include "image/layer_tree.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "util/fs.h"
#include "util/mem.h"
#include "util/sys.h"

#define IMPLIED_MODE 0755
#define REMOVED_MAX \
	1000 /* directories replaced by something else: each costs a look at all */
#define RESOLVE_TRIES 32
#define BLOCK         512 /* of st_blocks; stat(2) */

#define RESOLVE_STRICT \
	(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV)
/* Links are followed as the container would follow them, and never out of the directory. */
#define RESOLVE_LINKS (RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV)

int layer_tree_error(const char *what, const char *path, int code, struct error *err)
{
	error_set(err, ERR_SYSTEM, code, "%s %s", what, path);
	if (code == ENOSPC)
		error_hint(err,
			   "make room on the file system that holds the layers (df -h "
			   "shows it), or remove what no container needs: cubby image "
			   "prune --all");
	if (code == EDQUOT)
		error_hint(err,
			   "your quota is used up (quota -s shows it); remove what no "
			   "container needs: cubby image prune --all");
	return -code;
}

static int open_dir(int dirfd, const char *path, int flags, uint64_t resolve)
{
	struct open_how how = {.flags = (uint64_t)(flags | O_DIRECTORY | O_CLOEXEC),
			       .resolve = resolve};
	int fd = -EBADF;

	/* EAGAIN: something was renamed somewhere; openat2(2) */
	for (int i = 0; i < RESOLVE_TRIES; i++) {
		fd = sys_openat2(dirfd, path, &how);
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	return fd < 0 ? -errno : fd;
}

int layer_tree_open(struct layer_tree *t, int root_fd, uint64_t max_implied,
		    struct error *err)
{
	cleanup_fd int fd = -EBADF;
	struct stat st;

	*t = (struct layer_tree){
		.root_fd = root_fd, .parent_fd = -EBADF, .max_implied = max_implied};
	layer_dirs_init(&t->dirs);
	fd = open_dir(root_fd, ".", O_RDONLY, RESOLVE_STRICT);
	if (fd < 0)
		return error_set(err, ERR_SYSTEM, -fd, "open the layer's directory");
	if (fstat(fd, &st) < 0 ||
	    ((st.st_mode & S_ISGID) && fchmod(fd, st.st_mode & 01777) < 0))
		return error_set(err, ERR_SYSTEM, errno, "prepare the layer's directory");
	if (fremovexattr(fd, "system.posix_acl_default") < 0 && errno != ENODATA &&
	    errno != EOPNOTSUPP)
		return error_set(err, ERR_SYSTEM, errno,
				 "remove the default ACL of the layer's directory");
	return 0;
}

static void drop_parent(struct layer_tree *t)
{
	if (t->parent_fd >= 0 && t->parent_fd != t->root_fd)
		close(t->parent_fd);
	t->parent_fd = -EBADF;
}

void layer_tree_close(struct layer_tree *t)
{
	drop_parent(t);
	layer_dirs_release(&t->dirs);
}

bool layer_tree_is_whiteout(int parent_fd, const char *name)
{
	struct stat st;

	return fstatat(parent_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0);
}

int layer_tree_set_opaque(int dir_fd, const char *path, struct error *err)
{
	if (fsetxattr(dir_fd, "user.overlay.opaque", "y", 1, 0) < 0)
		return layer_tree_error("set user.overlay.opaque on", path, errno, err);
	return 0;
}

/* A directory that no entry told of. hides: what the lower layers have of that name. Return: its fd. */
static int make_implied(struct layer_tree *t, int parent_fd, const char *name,
			const struct layer_name *path, struct error *err)
{
	bool hides = false;
	struct layer_dir *item;
	int r;

	if (++t->n_implied > t->max_implied)
		return error_set(err, ERR_INVALID, 0,
				 "the layer has more than %" PRIu64 " directories",
				 t->max_implied);
	if (layer_tree_is_whiteout(parent_fd, name)) {
		hides = true;
		if (unlinkat(parent_fd, name, 0) < 0)
			return layer_tree_error("replace", path->path, errno, err);
	}
	if (mkdirat(parent_fd, name, IMPLIED_MODE) < 0)
		return errno == EEXIST
			       ? error_set(err, ERR_INVALID, 0,
					   "layer entry %s is no directory, and there is "
					   "something in it",
					   path->path)
			       : layer_tree_error("make the directory of", path->path,
						  errno, err);
	r = layer_dirs_get(&t->dirs, path->path, path->len, &item, err);
	if (r < 0)
		return r;
	cleanup_fd int fd =
		open_dir(parent_fd, name, hides ? O_RDONLY : O_PATH, RESOLVE_STRICT);
	if (fd < 0)
		return layer_tree_error("open the directory", path->path, -fd, err);
	r = hides ? layer_tree_set_opaque(fd, path->path, err) : 0;
	return r < 0 ? r : TAKE_FD(fd);
}

/* The directory `name` in parent_fd, made if it is missing. path: it and its parents, for links, which
 * start from the top. Return: fd. */
static int step_down(struct layer_tree *t, int parent_fd, const char *name,
		     const struct layer_name *path, struct error *err)
{
	int fd = open_dir(parent_fd, name, O_PATH, RESOLVE_STRICT);

	if (fd == -ELOOP) {
		fd = open_dir(t->root_fd, path->path, O_PATH, RESOLVE_LINKS);
		if (fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP)
			return error_set(
				err, ERR_INVALID, 0,
				"layer entry %s: a symbolic link that leads to no "
				"directory of the layer, and something in it",
				path->path);
	}
	if (fd == -ENOENT || fd == -ENOTDIR)
		return make_implied(t, parent_fd, name, path, err);
	if (fd < 0)
		return layer_tree_error("open the directory", path->path, -fd, err);
	return fd;
}

/* Component by component. Return: fd. */
static int walk(struct layer_tree *t, const struct layer_name *n, struct error *err)
{
	cleanup_free struct layer_name *path = xmalloc(sizeof(*path));
	cleanup_fd int fd = -EBADF;

	path->len = 0;
	while (path->len < n->dir_len) {
		size_t start = path->len > 0 ? path->len + 1 : 0;

		path->len = start + strcspn(n->path + start, "/");
		memcpy(path->path, n->path, path->len);
		path->path[path->len] = '\0';
		int next = step_down(t, fd < 0 ? t->root_fd : fd, path->path + start,
				     path, err);
		if (next < 0)
			return next;
		if (fd >= 0)
			close(fd);
		fd = next;
	}
	return TAKE_FD(fd);
}

static bool is_last_parent(const struct layer_tree *t, const struct layer_name *n)
{
	return t->parent_fd >= 0 && t->parent_len == n->dir_len &&
	       memcmp(t->parent, n->path, n->dir_len) == 0;
}

int layer_tree_parent(struct layer_tree *t, const struct layer_name *n, int *ret_fd,
		      struct error *err)
{
	int fd;

	if (is_last_parent(t, n)) {
		*ret_fd = t->parent_fd;
		return 0;
	}
	drop_parent(t);
	memcpy(t->parent, n->path, n->dir_len);
	t->parent[n->dir_len] = '\0';
	t->parent_len = n->dir_len;
	fd = n->dir_len > 0 ? open_dir(t->root_fd, t->parent, O_PATH, RESOLVE_STRICT)
			    : t->root_fd;
	if (fd < 0) /* missing, or behind a link, or something is in the way */
		fd = walk(t, n, err);
	if (fd < 0)
		return fd;
	*ret_fd = t->parent_fd = fd;
	return 0;
}

int layer_tree_find_parent(struct layer_tree *t, const struct layer_name *n, int *ret_fd,
			   bool *ret_borrowed, struct error *err)
{
	char dir[TAR_PATH_MAX + 1];

	*ret_borrowed = is_last_parent(t, n) || n->dir_len == 0;
	if (*ret_borrowed) {
		*ret_fd = n->dir_len == 0 ? t->root_fd : t->parent_fd;
		return 0;
	}
	memcpy(dir, n->path, n->dir_len);
	dir[n->dir_len] = '\0';
	*ret_fd = open_dir(t->root_fd, dir, O_PATH, RESOLVE_STRICT);
	if (*ret_fd == -ELOOP)
		*ret_fd = open_dir(t->root_fd, dir, O_PATH, RESOLVE_LINKS);
	if (*ret_fd == -ENOENT || *ret_fd == -ENOTDIR || *ret_fd == -ELOOP)
		return -ENOENT;
	return *ret_fd < 0 ? layer_tree_error("open the directory", dir, -*ret_fd, err)
			   : 0;
}

static int remove_dir(struct layer_tree *t, int parent_fd, const struct layer_name *n,
		      struct error *err)
{
	if (++t->n_removed > REMOVED_MAX)
		return error_set(err, ERR_INVALID, 0,
				 "the layer replaces more than %d of its own directories",
				 REMOVED_MAX);
	t->recount = true;
	layer_dirs_forget(&t->dirs, n->path, n->len);
	return fs_remove_tree(parent_fd, n->base, err);
}

int layer_tree_remove(struct layer_tree *t, int parent_fd, const struct layer_name *n,
		      struct error *err)
{
	struct stat st;

	if (fstatat(parent_fd, n->base, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0
				       : layer_tree_error("replace", n->path, errno, err);
	if (S_ISDIR(st.st_mode))
		return remove_dir(t, parent_fd, n, err);
	if (unlinkat(parent_fd, n->base, 0) < 0)
		return layer_tree_error("replace", n->path, errno, err);
	if (st.st_nlink == 1)
		t->disk_bytes -= (uint64_t)st.st_blocks * BLOCK;
	return 0;
}

int layer_tree_count(struct layer_tree *t, int fd, const char *path, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return layer_tree_error("look at", path, errno, err);
	t->disk_bytes += (uint64_t)st.st_blocks * BLOCK;
	return 0;
}

/* Files of one directory, for the recount; subdirectories have items of their own. */
static int count_files(struct layer_tree *t, int fd, const char *path, struct error *err)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	cleanup_dir DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	struct stat st;

	if (!dir) {
		if (copy >= 0)
			close(copy);
		return layer_tree_error("list", path, errno, err);
	}
	for (struct dirent *e; (e = readdir(dir));)
		if (fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    !S_ISDIR(st.st_mode))
			t->disk_bytes += (uint64_t)st.st_blocks * BLOCK / st.st_nlink;
	return 0;
}

static int finish_dir(struct layer_tree *t, const struct layer_dir *item,
		      struct error *err)
{
	const char *path = layer_dirs_path(&t->dirs, item);
	const char *shown = *path ? path : "the layer's directory";
	struct timespec times[2] = {
		{.tv_sec = item->mtime, .tv_nsec = (long)item->mtime_nsec},
		{.tv_sec = item->mtime, .tv_nsec = (long)item->mtime_nsec}};
	cleanup_fd int fd =
		open_dir(t->root_fd, *path ? path : ".", O_RDONLY, RESOLVE_STRICT);

	if (fd == -ELOOP) /* made through a link */
		fd = open_dir(t->root_fd, path, O_RDONLY, RESOLVE_LINKS);
	/* gone, by another name that a link gave it */
	if (fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP)
		return 0;
	if (fd < 0)
		return layer_tree_error("open", shown, -fd, err);
	int r = layer_tree_count(t, fd, shown, err);
	if (r == 0 && t->recount)
		r = count_files(t, fd, shown, err);
	if (r < 0)
		return r;
	if ((item->flags & LAYER_DIR_MODE) && fchmod(fd, item->mode) < 0)
		return layer_tree_error("set the mode of", shown, errno, err);
	if ((item->flags & LAYER_DIR_ENTRY) && futimens(fd, times) < 0)
		return layer_tree_error("set the time of", shown, errno, err);
	return 0;
}

int layer_tree_finish(struct layer_tree *t, struct error *err)
{
	struct layer_dir *root;
	int r;

	drop_parent(t);
	if (t->recount)
		t->disk_bytes = 0;
	/* there always is one; without an entry it is not for layer_dirs_implied() */
	r = layer_dirs_get(&t->dirs, "", 0, &root, err);
	/* Children before parents: a mode may shut the way. */
	for (size_t i = t->dirs.n; r == 0 && i-- > 0;)
		if (!(t->dirs.items[i].flags & LAYER_DIR_GONE) &&
		    t->dirs.items[i].len > 0)
			r = finish_dir(t, &t->dirs.items[i], err);
	if (r == 0)
		r = layer_dirs_get(&t->dirs, "", 0, &root, err);
	return r < 0 ? r : finish_dir(t, root, err);
}
