/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/notify.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#define MESSAGE_MAX 1024
#define BURST       8

static const char *const passed[] = {
	"READY=1", "STOPPING=1", "RELOADING=1",          "STATUS=",
	"ERRNO=",  "WATCHDOG=1", "EXTEND_TIMEOUT_USEC=", "MONOTONIC_USEC=",
};

static bool is_passed(const char *line, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(passed); i++) {
		size_t n = strlen(passed[i]), k = 0;

		/* "READY=1" is all of the line, "STATUS=" its beginning */
		if (len < n || (passed[i][n - 1] != '=' && len != n))
			continue;
		while (k < n && line[k] == passed[i][k])
			k++;
		if (k == n)
			return true;
	}
	return false;
}

size_t notify_filter(char *text, size_t len)
{
	size_t kept = 0, start = 0;

	while (start < len) {
		const char *end = memchr(text + start, '\n', len - start);
		size_t n = end ? (size_t)(end - (text + start)) : len - start;

		if (is_passed(text + start, n)) {
			memmove(text + kept, text + start, n);
			kept += n;
			/* there is room: what was read ended here or later */
			if (start + n < len)
				text[kept++] = '\n';
		}
		start += n + 1;
	}
	return kept;
}

void notify_init(struct notify *n, int fd, const char *to)
{
	n->fd = to ? fd : -EBADF;
	n->to = to;
	if (n->fd >= 0)
		(void)!fcntl(n->fd, F_SETFL, O_NONBLOCK);
}

/* A manager that is not there, or full: the next message may get through. */
static void pass_on(const struct notify *n, char *text, size_t len)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct iovec part = {.iov_base = text, .iov_len = len};
	const size_t path_len = strlen(n->to);
	const struct msghdr message = {
		.msg_name = &address,
		.msg_namelen =
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + path_len),
		.msg_iov = &part,
		.msg_iovlen = 1,
	};

	memcpy(address.sun_path, n->to, path_len);
	if (n->to[0] == '@')
		address.sun_path[0] = '\0';
	(void)!sendmsg(n->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void notify_forward(struct notify *n)
{
	char text[MESSAGE_MAX];

	for (int i = 0; i < BURST; i++) {
		ssize_t got = recv(n->fd, text, sizeof(text), MSG_DONTWAIT);
		size_t len = got > 0 ? notify_filter(text, (size_t)got) : 0;

		if (got < 0)
			return;
		if (len > 0)
			pass_on(n, text, len);
	}
}
