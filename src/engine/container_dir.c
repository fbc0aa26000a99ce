/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/container_dir.h"
#include "engine/user_ids.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spec/spec.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define SMALL_FILE_MAX 256

static mode_t run_mode(const struct engine *e)
{
	return e->rootless ? 0700 : 0711;
}

int container_dir_open(const struct engine *e, const char *id)
{
	int fd =
		openat(e->run_dirfd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int no_dir(const struct engine *e, const char *id, int code, struct error *err)
{
	return error_set(err, code == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, code,
			 "open %s/containers/%s", e->paths.run, id);
}

static int lock_error(const char *id, int code, struct error *err)
{
	if (code == EWOULDBLOCK)
		return error_set(err, ERR_UNAVAILABLE, code, "lock container %s", id);
	return error_set(err, ERR_SYSTEM, code, "lock container %s", id);
}

int container_dir_lock(const struct engine *e, const char *id,
		       enum container_dir_lock_flags flags, struct error *err)
{
	int operation = LOCK_EX | (flags & DIR_LOCK_TRY ? LOCK_NB : 0);

	/* Once more if the directory was removed between opening and locking it. */
	for (;;) {
		cleanup_fd int fd = -EBADF;
		struct stat st;

		if (flags & DIR_LOCK_CREATE &&
		    mkdirat(e->run_dirfd, id, run_mode(e)) < 0 && errno != EEXIST)
			return error_set(err, ERR_SYSTEM, errno, "make %s/containers/%s",
					 e->paths.run, id);
		fd = container_dir_open(e, id);
		if (fd == -ENOENT && flags & DIR_LOCK_CREATE)
			continue;
		if (fd < 0)
			return no_dir(e, id, -fd, err);
		while (flock(fd, operation) < 0)
			if (errno != EINTR)
				return lock_error(id, errno, err);
		if (fstat(fd, &st) < 0)
			return error_set(err, ERR_SYSTEM, errno, "stat %s/containers/%s",
					 e->paths.run, id);
		if (st.st_nlink > 0)
			return TAKE_FD(fd);
	}
}

int container_dir_write_process(int dirfd, const char *file, pid_t pid, struct error *err)
{
	char text[PROC_ID_TEXT_MAX];
	struct proc_id process;
	int r;

	r = proc_id_get(pid, &process, err);
	if (r < 0)
		return r;
	proc_id_format(&process, text);
	return fs_write_atomic(dirfd, file, text, strlen(text), 0600, 0, err);
}

/* A small file whose absence is an answer and not an error. */
static int read_small(int dirfd, const char *file, char buf[static SMALL_FILE_MAX],
		      struct stat *st)
{
	cleanup_fd int fd = openat(dirfd, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, buf, SMALL_FILE_MAX - 1);
	if (n < 0 || fstat(fd, st) < 0)
		return -errno;
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}

int container_dir_read_process(int dirfd, const char *file, struct proc_id *ret,
			       int64_t *ret_written_usec)
{
	char text[SMALL_FILE_MAX];
	struct stat st = {0};
	int r;

	r = read_small(dirfd, file, text, &st);
	if (r < 0)
		return r;
	if (proc_id_parse(text, ret) < 0)
		return -EBADMSG;
	if (ret_written_usec)
		*ret_written_usec =
			st.st_mtim.tv_sec * USEC_PER_SEC + st.st_mtim.tv_nsec / 1000;
	return 0;
}

int container_dir_read_exit(int dirfd, struct monitor_exit *ret)
{
	char text[SMALL_FILE_MAX];
	struct stat st;
	char *blank;
	int64_t status;
	int r;

	r = read_small(dirfd, MONITOR_EXIT_NAME, text, &st);
	if (r < 0)
		return r;
	blank = strchr(text, ' ');
	if (!blank)
		return -EBADMSG;
	*blank = '\0';
	if (str_to_i64(text, &status) < 0 ||
	    str_to_i64(blank + 1, &ret->finished_usec) < 0)
		return -EBADMSG;
	ret->wait_status = (int32_t)status;
	return 0;
}

int container_dir_spec(const struct engine *e, const char *id, struct spec **ret,
		       struct error *err)
{
	cleanup_free char *data = container_data_path(e, id, CONFIG_FILE);
	cleanup_free char *run = container_dir_path(e, id, CONFIG_FILE);
	int r;

	r = spec_read(AT_FDCWD, data, ret, err);
	if (r >= 0 || err->kind != ERR_NOT_FOUND)
		return r;
	error_drop(err, "then it goes with the container");
	return spec_read(AT_FDCWD, run, ret, err);
}

static char *path_in(const char *top, const char *id, const char *file)
{
	if (str_empty(file))
		return xasprintf("%s/containers/%s", top, id);
	return xasprintf("%s/containers/%s/%s", top, id, file);
}

char *container_dir_path(const struct engine *e, const char *id, const char *file)
{
	return path_in(e->paths.run, id, file);
}

char *container_data_path(const struct engine *e, const char *id, const char *file)
{
	return path_in(e->paths.data, id, file);
}

int container_dir_remove_data(const struct engine *e, const char *id, struct error *err)
{
	return user_ids_remove_tree(e, e->data_dirfd, id, err);
}

int container_dir_remove(const struct engine *e, const char *id, struct error *err)
{
	int r = container_dir_remove_data(e, id, err);

	return r < 0 ? r : container_dir_remove_run(e, id, err);
}

int container_dir_remove_run(const struct engine *e, const char *id, struct error *err)
{
	return fs_remove_tree(e->run_dirfd, id, err);
}
