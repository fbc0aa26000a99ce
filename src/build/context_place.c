/* SPDX-License-Identifier: Apache-2.0 */
#include "build/context_place.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "engine/spool.h"
#include "engine/unpack.h"
#include "engine/user_ids.h"
#include "image/layer.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define TRIES_MAX 100

static int contexts_open(const struct engine *e, struct error *err)
{
	cleanup_free char *path = fs_join(e->paths.data, CONTEXT_PLACE_DIR);

	return fs_open_dir(AT_FDCWD, path, true, 0700, err);
}

static void sweep_one(const struct engine *e, int dirfd, const char *name)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_fd int fd =
		openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return;
	if (user_ids_remove_tree(e, dirfd, name, &err) < 0)
		error_drop(&err, "the next one tries again");
}

static void sweep(const struct engine *e, int dirfd)
{
	cleanup_dir DIR *dir = NULL;
	cleanup_fd int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir)
		return;
	fd = -EBADF;
	for (struct dirent *d = readdir(dir); d; d = readdir(dir))
		if (d->d_name[0] != '.')
			sweep_one(e, dirfd, d->d_name);
}

void context_places_sweep(const struct engine *e)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *path = fs_join(e->paths.data, CONTEXT_PLACE_DIR);
	cleanup_fd int dirfd = fs_open_dir(AT_FDCWD, path, false, 0, &err);

	if (dirfd >= 0)
		sweep(e, dirfd);
	else
		error_drop(&err, "then nothing is left there");
}

/* Return: fd with the lock; -EAGAIN: somebody swept it before it was locked. */
static int make(int dirfd, const char *name)
{
	cleanup_fd int fd = -EBADF;
	struct stat mine, there;

	if (mkdirat(dirfd, name, 0700) < 0)
		return errno == EEXIST ? -EAGAIN : -errno;
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -EAGAIN : -errno;
	if (flock(fd, LOCK_EX) < 0 || fstat(fd, &mine) < 0)
		return -errno;
	if (fstatat(dirfd, name, &there, AT_SYMLINK_NOFOLLOW) < 0 ||
	    there.st_ino != mine.st_ino)
		return -EAGAIN;
	return TAKE_FD(fd);
}

int context_place_new(const struct engine *e, struct context_place *ret,
		      struct error *err)
{
	cleanup_fd int dirfd = contexts_open(e, err);
	int fd = -EAGAIN;

	if (dirfd < 0)
		return dirfd;
	sweep(e, dirfd);
	for (int i = 0; fd == -EAGAIN && i < TRIES_MAX; i++) {
		cleanup_free char *name = NULL;
		uint32_t number;

		if (getrandom(&number, sizeof(number), 0) != sizeof(number))
			return error_set(err, ERR_SYSTEM, errno, "get a random number");
		name = xasprintf("%08x", number);
		fd = make(dirfd, name);
		if (fd >= 0)
			ret->path = xasprintf("%s/" CONTEXT_PLACE_DIR "/%s",
					      e->paths.data, name);
	}
	if (fd < 0)
		return error_set(err, ERR_SYSTEM, -fd,
				 "make a directory in %s/" CONTEXT_PLACE_DIR,
				 e->paths.data);
	ret->lock_fd = fd;
	ret->engine = e;
	return 0;
}

/* As the user alone: that takes no subordinate ids, and whoever reads them needs none. */
static int unpack(const struct context_place *p, int fd, struct error *err)
{
	cleanup_layer_result struct layer_result result = {0};
	cleanup_user_ids struct user_ids ids = {0};
	cleanup_fd int tree_fd =
		open(p->path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct unpack_request request = {
		.ids = &ids,
		.tree_fd = tree_fd,
		.blob_fd = fd,
		.growth_fd = -EBADF,
		.flags = LAYER_PLAIN | LAYER_SINGLE_ID,
	};
	struct stat st;
	int r;

	if (tree_fd < 0 || fstat(fd, &st) < 0)
		return error_set(err, ERR_SYSTEM, errno, "open %s", p->path);
	request.size = (uint64_t)st.st_size;
	r = user_ids_get(p->engine, true, &ids, err);
	if (r < 0)
		return r;
	user_ids_confine(&ids);
	return unpack_run(&request, &result, err);
}

int context_place_unpack(const struct context_place *p, int fd, const char *name,
			 struct error *err)
{
	cleanup_fd int spooled_fd = -EBADF;
	struct stat st;
	int r = 0;

	/* the unpacker reads where it likes, from the start */
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || lseek(fd, 0, SEEK_CUR) != 0) {
		r = spooled_fd = spool_all(p->engine, fd, err);
		fd = spooled_fd;
	}
	if (r >= 0)
		r = unpack(p, fd, err);
	return r < 0 ? error_wrap(err, "unpack %s", name) : 0;
}

void context_place_release(struct context_place *p)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_fd int dirfd = p->path ? contexts_open(p->engine, &err) : -EBADF;

	if (dirfd >= 0 &&
	    user_ids_remove_tree(p->engine, dirfd, strrchr(p->path, '/') + 1, &err) < 0)
		error_drop(&err, "the next one sweeps it");
	free(p->path);
	fd_cleanup_(&p->lock_fd);
	*p = CONTEXT_PLACE_INIT;
}
