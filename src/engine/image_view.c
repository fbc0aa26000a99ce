/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/image_view.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "engine/layer_dir.h"
#include "runtime/overlay.h"
#include "store/image_record.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"
#include "util/sys.h"

#define USERS_MAX (1 << 20)

char **image_layer_paths(const struct engine *e, char *const *chain_ids, bool single_id)
{
	char **paths = NULL;

	for (size_t i = strv_len(chain_ids); i > 0; i--)
		strv_add_take(&paths, layer_dir_path(e, chain_ids[i - 1], single_id));
	return paths;
}

bool image_is_single(const struct engine *e, const struct image_record *r)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_fd int layers_fd = layers_open(e, &err);

	strv_foreach (chain_id, r->layers)
		if (layers_fd >= 0 && !layer_dir_exists(layers_fd, *chain_id, false) &&
		    layer_dir_exists(layers_fd, *chain_id, true))
			return true;
	return false;
}

void image_users_release(struct image_users *u)
{
	free(u->passwd);
	free(u->group);
	*u = (struct image_users){0};
}

struct files_job {
	char *const *layer_paths;
	const char *paths[2]; /* NULL: no second one */
	int fds[2];           /* memory, written by the child */
};

static int copy_file(int root_fd, const char *path, int to_fd, struct error *err)
{
	cleanup_error struct error missing = ERROR_INIT;
	cleanup_fd int fd = path_open_file(root_fd, path, &missing);
	cleanup_buf struct buf text = {0};
	int r;

	if (fd < 0) {
		error_drop(&missing, "an image without it");
		return 0;
	}
	buf_init(&text, USERS_MAX);
	r = fd_read_all(fd, &text);
	if (r == -E2BIG)
		return error_set(err, ERR_INVALID, 0,
				 "the image's %s: more than %d bytes", path, USERS_MAX);
	/* a byte in front tells an empty file from none */
	if (r >= 0)
		r = fd_write_all(to_fd, "+", 1);
	if (r >= 0)
		r = fd_write_all(to_fd, text.data, text.len);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "read the image's %s", path) : 0;
}

static int read_files(void *data, struct error *err)
{
	const struct files_job *job = data;
	const struct overlay_paths paths = {.lower = job->layer_paths};
	cleanup_overlay_dirs struct overlay_dirs dirs = OVERLAY_DIRS_INIT;
	cleanup_fd int root_fd = -EBADF;
	int r = overlay_open(&paths, &dirs, err);

	if (r < 0)
		return r;
	root_fd = overlay_mount(&dirs, err);
	if (root_fd < 0)
		return root_fd;
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(job->paths); i++)
		if (job->paths[i])
			r = copy_file(root_fd, job->paths[i], job->fds[i], err);
	return r;
}

static int take_text(int fd, const char *path, char **ret, struct error *err)
{
	cleanup_buf struct buf text = {0};
	int r;

	buf_init(&text, USERS_MAX + 1);
	r = lseek(fd, 0, SEEK_SET) < 0 ? -errno : fd_read_all(fd, &text);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read the image's %s", path);
	if (text.len > 0)
		*ret = xstrdup(text.data + 1);
	return 0;
}

int image_view_users(const struct user_ids *ids, char *const *layer_paths,
		     struct image_users *ret, struct error *err)
{
	cleanup_fd int passwd_fd = sys_memfd_create("passwd", MFD_CLOEXEC);
	cleanup_fd int group_fd = sys_memfd_create("group", MFD_CLOEXEC);
	struct files_job job = {
		layer_paths, {"/etc/passwd", "/etc/group"}, {passwd_fd, group_fd}};
	int r;

	if (!layer_paths)
		return 0;
	if (passwd_fd < 0 || group_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a file in memory");
	r = user_ids_do(ids, read_files, &job, err);
	if (r >= 0)
		r = take_text(passwd_fd, job.paths[0], &ret->passwd, err);
	if (r >= 0)
		r = take_text(group_fd, job.paths[1], &ret->group, err);
	return r < 0 ? r : 0;
}

static int open_beneath(int dirfd, const char *path)
{
	const struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};

	return sys_openat2(dirfd, path, &how);
}

enum here { HERE_FOUND, HERE_NONE, HERE_BELOW, HERE_UNKNOWN };

/* What one layer says of etc/NAME. */
static enum here look_here(const char *layer, const char *name, char **ret)
{
	cleanup_fd int layer_fd = open(layer, O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_fd int dirfd = layer_fd < 0 ? -EBADF : open_beneath(layer_fd, "etc");
	cleanup_fd int fd = -EBADF;
	cleanup_buf struct buf text = {0};
	struct stat st;
	char opaque;

	if (dirfd < 0)
		return layer_fd >= 0 && errno == ENOENT ? HERE_BELOW : HERE_UNKNOWN;
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno != ENOENT ? HERE_UNKNOWN
		       : fgetxattr(dirfd, "user.overlay.opaque", &opaque, 1) == 1
			       ? HERE_NONE
			       : HERE_BELOW;
	if (S_ISCHR(st.st_mode) && st.st_rdev == 0)
		return HERE_NONE;
	fd = S_ISREG(st.st_mode) ? openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
				 : -EBADF;
	buf_init(&text, USERS_MAX);
	if (fd < 0 || fd_read_all(fd, &text) < 0)
		return HERE_UNKNOWN;
	*ret = text.len ? buf_take(&text) : xstrdup("");
	return HERE_FOUND;
}

static bool find_here(char *const *layer_paths, const char *name, char **ret)
{
	enum here here = HERE_BELOW;

	for (char *const *layer = layer_paths; layer && *layer && here == HERE_BELOW;
	     layer++)
		here = look_here(*layer, name, ret);
	return here != HERE_UNKNOWN;
}

int image_view_users_here(char *const *layer_paths, struct image_users *ret)
{
	struct image_users users = {0};

	if (!find_here(layer_paths, "passwd", &users.passwd) ||
	    !find_here(layer_paths, "group", &users.group)) {
		image_users_release(&users);
		return 0;
	}
	*ret = users;
	return 1;
}

int image_view_file(const struct user_ids *ids, char *const *layer_paths,
		    const char *path, char **ret, struct error *err)
{
	cleanup_fd int fd = sys_memfd_create("file", MFD_CLOEXEC);
	struct files_job job = {layer_paths, {path}, {fd}};
	int r;

	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a file in memory");
	r = user_ids_do(ids, read_files, &job, err);
	return r < 0 ? r : take_text(fd, path, ret, err);
}

/* The topmost layer below that has something at this path decides. Return: 1 with *ret. */
static int find_below(const int *below_fds, size_t n, const char *path, struct stat *ret)
{
	for (size_t i = 0; i < n; i++) {
		cleanup_fd int fd = open_beneath(below_fds[i], path);

		if (fd >= 0)
			return fstat(fd, ret) == 0;
		if (errno != ENOENT)
			return 0;
	}
	return 0;
}

static int adopt_one(int tree_fd, const char *path, const struct stat *st,
		     struct error *err)
{
	const struct timespec times[2] = {st->st_atim, st->st_mtim};
	cleanup_fd int fd = open_beneath(tree_fd, path);

	if (fd < 0 || fchown(fd, st->st_uid, st->st_gid) < 0 ||
	    fchmod(fd, st->st_mode & 07777) < 0 || futimens(fd, times) < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "give %s the mode that it has in the layer below", path);
	return 0;
}

static int adopt(void *data, struct error *err)
{
	const struct image_adoption *a = data;
	const struct overlay_paths paths = {.lower = a->below};
	cleanup_overlay_dirs struct overlay_dirs dirs = OVERLAY_DIRS_INIT;
	int r = overlay_open(&paths, &dirs, err);

	for (char *const *path = a->paths; r >= 0 && *path; path++) {
		struct stat st;

		if (find_below(dirs.lower_fds, dirs.n_lower, *path, &st))
			r = adopt_one(a->tree_fd, *path, &st, err);
	}
	return r;
}

int image_view_adopt(const struct user_ids *ids, const struct image_adoption *a,
		     struct error *err)
{
	struct image_adoption copy = *a;

	if (!a->paths || !a->below)
		return 0;
	return user_ids_do(ids, adopt, &copy, err);
}
