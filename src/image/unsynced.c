/* SPDX-License-Identifier: Apache-2.0 */
#include "image/unsynced.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/xattr.h>

#include "util/log.h"
#include "util/proc.h"
#include "util/str.h"

#define ATTRIBUTE    "user.cubby.boot"
#define BOOT_ID_SIZE sizeof(((struct proc_id *)0)->boot_id)

/* Return: whether there is one. */
static bool read_boot(int fd, char ret[static BOOT_ID_SIZE])
{
	ssize_t n = fgetxattr(fd, ATTRIBUTE, ret, BOOT_ID_SIZE - 1);

	if (n <= 0)
		return false;
	ret[n] = '\0';
	return true;
}

static int open_top(int blobs_fd)
{
	return openat(blobs_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

void unsynced_note_boot(int blobs_fd)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_fd int fd = open_top(blobs_fd);
	char noted[BOOT_ID_SIZE];
	struct proc_id self;

	if (proc_id_get(getpid(), &self, &err) < 0) {
		error_drop(&err, "blobs are synced");
		return;
	}
	if (read_boot(fd, noted) && str_eq(noted, self.boot_id))
		return;
	if (fsetxattr(fd, ATTRIBUTE, self.boot_id, strlen(self.boot_id), 0) < 0)
		log_debug("blobs are synced: %s", error_errno_text(errno));
}

int unsynced_mark(int blobs_fd, int fd)
{
	cleanup_fd int top_fd = open_top(blobs_fd);
	char boot[BOOT_ID_SIZE];

	if (!read_boot(top_fd, boot))
		return -ENODATA;
	return fsetxattr(fd, ATTRIBUTE, boot, strlen(boot), 0) < 0 ? -errno : 0;
}

bool unsynced_is_doubtful(int blobs_fd, int fd)
{
	char written[BOOT_ID_SIZE], now[BOOT_ID_SIZE];
	cleanup_fd int top_fd = -EBADF;

	if (!read_boot(fd, written))
		return false;
	top_fd = open_top(blobs_fd);
	return !read_boot(top_fd, now) || !str_eq(written, now);
}

void unsynced_clear(int fd)
{
	if (fremovexattr(fd, ATTRIBUTE) < 0)
		log_debug("a blob is checked again next time: %s",
			  error_errno_text(errno));
}
