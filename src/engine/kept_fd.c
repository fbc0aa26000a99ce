/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/kept_fd.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/namespace.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/str.h"

#define TEXT_MAX 65536 /* "PROCESS FD NOTE" */

/* The text is taken apart. */
static bool parse(char *text, const char *note, struct proc_id *process, uint32_t *number)
{
	char *fd = strchr(text, ' '), *rest = fd ? strchr(fd + 1, ' ') : NULL;

	if (!rest)
		return false;
	*fd++ = '\0';
	*rest++ = '\0';
	return proc_id_parse(text, process) >= 0 && str_to_u32(fd, number) >= 0 &&
	       (!note || str_eq(rest, note));
}

static bool belongs_to(int fd, int user_ns_fd)
{
	cleanup_fd int owner_fd = -EBADF;
	struct stat a, b;

	if (user_ns_fd < 0)
		return true;
	owner_fd = namespace_open_owner(fd);
	return owner_fd >= 0 && fstat(owner_fd, &a) == 0 && fstat(user_ns_fd, &b) == 0 &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Return: the fd, -EBADF if this container has none. */
static int take_from(int run_dirfd, const char *id, const struct kept_fd *k)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *file = fs_join(id, k->file), *text = NULL;
	cleanup_fd int pid_fd = -EBADF, fd = -EBADF;
	struct proc_id process;
	uint32_t number;
	char path[64];
	size_t len;

	if (fs_read(run_dirfd, file, TEXT_MAX, &text, &len, &err) < 0 ||
	    !parse(text, k->note, &process, &number))
		return -EBADF;
	pid_fd = proc_id_open(&process);
	if (pid_fd < 0)
		return -EBADF;
	snprintf(path, sizeof(path), "/proc/%d/fd/%u", process.pid, number);
	fd = fd_move_high(open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC));
	if (fd < 0 || ioctl(fd, NS_GET_NSTYPE) != k->type ||
	    !belongs_to(fd, k->user_ns_fd))
		return -EBADF;
	/* still the same process, so it was its fd */
	return proc_id_alive(&process) ? TAKE_FD(fd) : -EBADF;
}

int kept_fd_find(const struct engine *e, const struct kept_fd *k)
{
	cleanup_dir DIR *dir = NULL;
	const struct dirent *entry;
	int fd = openat(e->run_dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -EBADF;
	dir = fdopendir(fd);
	while ((entry = readdir(dir))) {
		fd = entry->d_name[0] == '.' ? -EBADF
					     : take_from(e->run_dirfd, entry->d_name, k);
		if (fd >= 0)
			return fd;
	}
	return -EBADF;
}

int kept_fd_write(int container_dirfd, const char *file, int fd, const char *note,
		  struct error *err)
{
	char process[PROC_ID_TEXT_MAX];
	cleanup_free char *text = NULL;
	struct proc_id self;
	int r = proc_id_get(getpid(), &self, err);

	if (r < 0)
		return r;
	proc_id_format(&self, process);
	text = xasprintf("%s %d %s", process, fd, note);
	return fs_write_atomic(container_dirfd, file, text, strlen(text), 0600, 0, err);
}
