/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/cgroup_files.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <string.h>
#include <sys/vfs.h>

#include "util/buf.h"
#include "util/fd.h"
#include "util/str.h"
#include "util/time.h"

int cgroup_file_write(int dirfd, const char *file, const char *text)
{
	cleanup_fd int fd = openat(dirfd, file, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n;

	if (fd < 0)
		return -errno;
	/* The kernel takes a value from one write; a second one would be another value.
	 */
	do
		n = write(fd, text, strlen(text));
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int cgroup_file_read(int dirfd, const char *file, char **ret)
{
	cleanup_fd int fd = openat(dirfd, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	cleanup_buf struct buf text;
	int r;

	buf_init(&text, CGROUP_TEXT_MAX);
	if (fd < 0)
		return -errno;
	r = fd_read_all(fd, &text);
	if (r < 0)
		return r;
	*ret = buf_take(&text);
	return 0;
}

int cgroup_file_u64(int dirfd, const char *file, uint64_t *ret)
{
	cleanup_free char *text = NULL;
	int r = cgroup_file_read(dirfd, file, &text);

	if (r < 0)
		return r;
	/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): errno is not 0 there */
	text[strcspn(text, "\n")] = '\0';
	if (str_eq(text, "max")) {
		*ret = UINT64_MAX;
		return 0;
	}
	return str_to_u64(text, ret);
}

bool cgroup_text_value(const char *text, const char *key, uint64_t *ret)
{
	size_t len = strlen(key);

	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, len) == 0 && line[len] == ' ') {
			*ret = strtoull(line + len + 1, NULL, 10);
			return true;
		}
	}
	return false;
}

int cgroup_wait_event(int dirfd, const char *key, uint64_t value, int timeout_msec)
{
	cleanup_fd int fd =
		openat(dirfd, "cgroup.events", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int64_t end = time_monotonic_usec() + timeout_msec * 1000LL;

	if (fd < 0)
		return -errno;
	for (;;) {
		struct pollfd events = {.fd = fd, .events = POLLPRI};
		int64_t left = end - time_monotonic_usec();
		char text[256];
		uint64_t now = 0;
		ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

		if (n < 0)
			return -errno;
		text[n] = '\0';
		if (!cgroup_text_value(text, key, &now))
			return -ENODATA;
		if (now == value)
			return 0;
		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&events, 1, (int)(left / 1000) + 1) < 0 && errno != EINTR)
			return -errno;
	}
}

int cgroup_root_open(struct error *err)
{
	cleanup_fd int fd = open(CGROUP_MOUNT, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	/* A hybrid hierarchy has its version 2 part elsewhere and without controllers: of
	 * no use. */
	if (fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC)
		return TAKE_FD(fd);
	error_set(err, ERR_UNSUPPORTED, 0, "%s is not a cgroup version 2 hierarchy",
		  CGROUP_MOUNT);
	error_hint(
		err,
		"boot the host with the kernel parameter systemd.unified_cgroup_hierarchy=1");
	return -EOPNOTSUPP;
}
