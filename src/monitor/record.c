/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/record.h"

#include <fcntl.h>
#include <string.h>

#include "monitor/text.h"

#define RECORD_MAX (2 * TEXT_I64_MAX + 2)
_Static_assert(RECORD_MAX <= MONITOR_EXIT_TEXT_MAX, "there is room for it");

static int overwrite(int fd, const char *text, size_t len)
{
	ssize_t n = pwrite(fd, text, len, 0);

	if (n < 0)
		return -errno;
	return n == (ssize_t)len ? 0 : -ENOSPC;
}

int record_prepare(struct record *r, int dir_fd, bool sync)
{
	char blank[RECORD_MAX];

	memset(blank, ' ', sizeof(blank));
	*r = (struct record){.dir_fd = dir_fd, .fd = -EBADF, .sync = sync};
	if (sync) {
		/* an O_PATH fd cannot be fsync'd */
		r->dir_fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (r->dir_fd < 0)
			return -errno;
		close(dir_fd);
		dir_fd = r->dir_fd;
	}
	if (unlinkat(dir_fd, MONITOR_EXIT_NAME, 0) < 0 && errno != ENOENT)
		return -errno;
	/* Not emptied: who made it kept room, which the program that runs may want too. */
	r->fd = openat(dir_fd, MONITOR_EXIT_NEW_NAME,
		       O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (r->fd < 0)
		return -errno;
	return overwrite(r->fd, blank, sizeof(blank));
}

void record_stopped(const struct record *r)
{
	int fd = openat(r->dir_fd, MONITOR_STOPPED_NAME,
			O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
}

int record_write(struct record *r, const struct monitor_exit *status)
{
	char text[RECORD_MAX], *p = text;
	int err;

	p = text_put_i64(p, status->wait_status);
	*p++ = ' ';
	p = text_put_i64(p, status->finished_usec);
	*p++ = '\n';
	err = overwrite(r->fd, text, (size_t)(p - text));
	if (err < 0)
		return err;
	if (ftruncate(r->fd, p - text) < 0)
		return -errno;
	if (r->sync && fsync(r->fd) < 0)
		return -errno;
	if (renameat(r->dir_fd, MONITOR_EXIT_NEW_NAME, r->dir_fd, MONITOR_EXIT_NAME) < 0)
		return -errno;
	if (r->sync && fsync(r->dir_fd) < 0)
		return -errno;
	return 0;
}
