/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/mounts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/mount_fs.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define COUNT_MAX 32 /* digits of a number, and more */

int mounts_may(const struct engine *e, const char *command, struct error *err)
{
	if (!e->rootless || e->unshared)
		return 0;
	error_set(err, ERR_DENIED, 0,
		  "cannot run command \"cubby %s\" in rootless mode, must execute "
		  "`cubby unshare` first",
		  command);
	return error_hint(err, "Become root of your own ids first: cubby unshare");
}

char *mounts_path(const struct engine *e, const char *id)
{
	return xasprintf("%s/mounts/%s", e->paths.data, id);
}

bool mounts_has(const struct engine *e, const char *id)
{
	cleanup_free char *path = mounts_path(e, id);

	return mount_is_at(path);
}

/* Made if missing: the counts, locked. Return: fd of the directory; *ret_lock_fd its lock. */
static int open_counts(const struct engine *e, int *ret_lock_fd, struct error *err)
{
	cleanup_free char *path = fs_join(e->paths.run, "mounts");
	cleanup_fd int fd = fs_open_dir(AT_FDCWD, path, true, 0700, err);

	if (fd < 0)
		return fd;
	*ret_lock_fd = fs_lock(fd, "lock", true, true, err);
	return *ret_lock_fd < 0 ? *ret_lock_fd : TAKE_FD(fd);
}

static char *count_name(const char *id)
{
	struct stat st = {0};

	(void)!stat("/proc/self/ns/mnt", &st);
	return xasprintf("%s-%llu", id, (unsigned long long)st.st_ino);
}

static uint64_t read_count(int counts_fd, const char *name)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *text = NULL;
	uint64_t count;

	if (fs_read(counts_fd, name, COUNT_MAX, &text, NULL, &err) < 0 ||
	    str_to_u64(text, &count) < 0)
		return 0;
	return count;
}

static int write_count(int counts_fd, const char *name, uint64_t count, struct error *err)
{
	cleanup_free char *text = xasprintf("%llu", (unsigned long long)count);

	return fs_write_atomic(counts_fd, name, text, strlen(text), 0600, 0, err);
}

int mounts_add(const struct engine *e, const char *id,
	       int (*attach)(void *data, int target_fd, struct error *err), void *data,
	       char **ret, struct error *err)
{
	cleanup_free char *path = mounts_path(e, id), *name = count_name(id);
	cleanup_fd int lock_fd = -EBADF, counts_fd = open_counts(e, &lock_fd, err);
	cleanup_fd int target_fd = -EBADF;
	uint64_t count = 0;
	int r = 0;

	if (counts_fd < 0)
		return counts_fd;
	if (mount_is_at(path)) {
		count = read_count(counts_fd, name);
	} else {
		target_fd = fs_open_dir(AT_FDCWD, path, true, 0700, err);
		r = target_fd < 0 ? target_fd : attach(data, target_fd, err);
	}
	if (r >= 0)
		r = write_count(counts_fd, name, count + 1, err);
	if (r >= 0)
		*ret = TAKE_PTR(path);
	return r;
}

int mounts_drop(const struct engine *e, const char *id, bool force, struct error *err)
{
	cleanup_free char *path = mounts_path(e, id), *name = count_name(id);
	cleanup_fd int lock_fd = -EBADF, counts_fd = open_counts(e, &lock_fd, err);
	uint64_t count;
	int r;

	if (counts_fd < 0)
		return counts_fd;
	count = read_count(counts_fd, name);
	if (count > 1 && !force)
		return write_count(counts_fd, name, count - 1, err);
	r = mount_detach(path);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "unmount %s", path);
	(void)!unlinkat(counts_fd, name, 0);
	(void)!rmdir(path);
	return 0;
}

void mounts_forget(const struct engine *e, const char *id)
{
	cleanup_error struct error err = ERROR_INIT;

	if (mounts_has(e, id) && mounts_drop(e, id, true, &err) < 0)
		error_drop(&err, "it stays mounted");
}
