/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/event_file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/event_text.h"
#include "util/buf.h"
#include "util/fd.h"

#define UP "../"

/*
 * Two that find it too long at once: who doesn't get the lock leaves it to the other, who comes
 * to the lock later sees that the name means another file by now. Who has opened the file before
 * writes to the old one: readers read both.
 */
static int rotate(int run_dirfd, int fd, struct error *err)
{
	struct stat ours, named;

	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return 0;
	if (fstat(fd, &ours) < 0)
		return error_set(err, ERR_SYSTEM, errno, "look at the file of events");
	if (fstatat(run_dirfd, UP EVENT_FILE, &named, AT_SYMLINK_NOFOLLOW) < 0 ||
	    named.st_ino != ours.st_ino || named.st_dev != ours.st_dev)
		return 0;
	if (renameat(run_dirfd, UP EVENT_FILE, run_dirfd, UP EVENT_FILE_OLD) < 0)
		return error_set(err, ERR_SYSTEM, errno, "rotate the file of events");
	return 0;
}

static int open_file(int run_dirfd, struct error *err)
{
	int fd = openat(run_dirfd, UP EVENT_FILE,
			O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 ? error_set(err, ERR_SYSTEM, errno, "open the file of events") : fd;
}

int event_file_append(int run_dirfd, const struct event *ev, int64_t max_size,
		      struct error *err)
{
	cleanup_fd int fd = open_file(run_dirfd, err);
	cleanup_free char *text = NULL;
	cleanup_buf struct buf line = {0};
	struct stat st;
	int r = 0;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) == 0 && st.st_size > max_size) {
		r = rotate(run_dirfd, fd, err);
		if (r < 0)
			return r;
		fd_cleanup_(&fd);
		fd = open_file(run_dirfd, err);
		if (fd < 0)
			return fd;
	}
	text = event_text(ev);
	buf_init(&line, strlen(text) + 2);
	(void)buf_add_str(&line, "\n");
	(void)buf_add_str(&line, text);
	(void)buf_add_str(&line, "\n");
	r = fd_write_all(fd, line.data, line.len);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write the file of events") : 0;
}
