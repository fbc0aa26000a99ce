/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/outer.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "runtime/idmap.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/str.h"

#define OUTER_FILE "outer" /* in a container's run directory: "PROCESS FD MAPS" */
#define LOCK_FILE  "outer.lock"
#define TREES_DIR  "trees"
#define TEXT_MAX   65536

void outer_release(struct outer *o)
{
	fd_cleanup_(&o->mount_ns_fd);
	fd_cleanup_(&o->lock_fd);
	free(o->trees);
	free(o->maps);
	*o = OUTER_INIT;
}

static char *maps_text(const struct idmap *uids, const struct idmap *gids)
{
	cleanup_free char *uid_lines = idmap_text(uids), *gid_lines = idmap_text(gids);

	return xasprintf("%s\n%s", uid_lines, gid_lines);
}

/* The text is taken apart. Without maps any are right. */
static bool parse(char *text, const char *maps, struct proc_id *process, uint32_t *number)
{
	char *fd = strchr(text, ' '), *rest = fd ? strchr(fd + 1, ' ') : NULL;

	if (!rest)
		return false;
	*fd++ = '\0';
	*rest++ = '\0';
	return proc_id_parse(text, process) >= 0 && str_to_u32(fd, number) >= 0 &&
	       (!maps || str_eq(rest, maps));
}

/* Return: the fd, -EBADF if this container has none. */
static int take_from(int run_dirfd, const char *id, const char *maps)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *file = fs_join(id, OUTER_FILE), *text = NULL;
	cleanup_fd int pid_fd = -EBADF, fd = -EBADF;
	struct proc_id process;
	uint32_t number;
	char path[64];
	size_t len;

	if (fs_read(run_dirfd, file, TEXT_MAX, &text, &len, &err) < 0 ||
	    !parse(text, maps, &process, &number))
		return -EBADF;
	pid_fd = proc_id_open(&process);
	if (pid_fd < 0)
		return -EBADF;
	snprintf(path, sizeof(path), "/proc/%d/fd/%u", process.pid, number);
	fd = fd_move_high(open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC));
	if (fd < 0 || ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNS)
		return -EBADF;
	/* still the same process, so it was its fd */
	return proc_id_alive(&process) ? TAKE_FD(fd) : -EBADF;
}

static int find_one(const struct engine *e, const char *maps)
{
	cleanup_dir DIR *dir = NULL;
	const struct dirent *entry;
	int fd = openat(e->run_dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -EBADF;
	dir = fdopendir(fd);
	while ((entry = readdir(dir))) {
		fd = entry->d_name[0] == '.'
			     ? -EBADF
			     : take_from(e->run_dirfd, entry->d_name, maps);
		if (fd >= 0)
			return fd;
	}
	return -EBADF;
}

int outer_peek(const struct engine *e)
{
	return find_one(e, NULL);
}

char *outer_trees(const struct engine *e, struct error *err)
{
	cleanup_free char *path = fs_join(e->paths.run, TREES_DIR);
	cleanup_fd int fd = fs_open_dir(AT_FDCWD, path, true, 0700, err);

	return fd < 0 ? NULL : TAKE_PTR(path);
}

int outer_find(const struct engine *e, const struct idmap *uids, const struct idmap *gids,
	       struct outer *ret, struct error *err)
{
	cleanup_outer struct outer o = OUTER_INIT;

	o.maps = maps_text(uids, gids);

	o.trees = outer_trees(e, err);
	if (!o.trees)
		return -err->code;
	o.mount_ns_fd = find_one(e, o.maps);
	if (o.mount_ns_fd < 0) {
		cleanup_free char *lock = fs_join(e->paths.run, LOCK_FILE);

		o.lock_fd = fs_lock(AT_FDCWD, lock, true, true, err);
		if (o.lock_fd < 0)
			return o.lock_fd;
		o.mount_ns_fd = find_one(e, o.maps); /* made while we waited? */
	}
	if (o.mount_ns_fd >= 0)
		fd_cleanup_(&o.lock_fd);
	*ret = o;
	o = OUTER_INIT;
	return 0;
}

int outer_register(struct outer *o, int container_dirfd, struct error *err)
{
	char process[PROC_ID_TEXT_MAX];
	cleanup_free char *text = NULL;
	struct proc_id self;
	int r = proc_id_get(getpid(), &self, err);

	if (r < 0)
		return r;
	proc_id_format(&self, process);
	text = xasprintf("%s %d %s", process, o->mount_ns_fd, o->maps);
	r = fs_write_atomic(container_dirfd, OUTER_FILE, text, strlen(text), 0600, 0,
			    err);
	if (r < 0)
		return r;
	fd_cleanup_(&o->lock_fd);
	return 0;
}
