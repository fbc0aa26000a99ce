/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/attach.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "monitor/protocol.h"
#include "util/fd.h"

#define HELLO_PATIENCE_MSEC 10000

struct attach_peer {
	struct pump_peer peer; /* first: the pump's pointer is ours */
	struct attach_result *result;
};

/* One message, without waiting. Return: 0, -EAGAIN, or -errno. */
static int message_send(int fd, enum monitor_message type, const void *payload,
			size_t len)
{
	unsigned char byte = (unsigned char)type;
	struct iovec parts[] = {
		{.iov_base = &byte, .iov_len = 1},
		{.iov_base = (void *)payload, .iov_len = len},
	};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = ARRAY_SIZE(parts)};
	ssize_t n;

	do
		n = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return 0;
	return errno == ENOBUFS || errno == ENOMEM ? -EAGAIN : -errno;
}

/* One message, without waiting. Return: the payload's length, -EAGAIN, -EPIPE at the end,
 * or -errno. */
static ssize_t message_receive(int fd, enum monitor_message *ret_type, void *payload,
			       size_t room)
{
	unsigned char byte;
	struct iovec parts[] = {
		{.iov_base = &byte, .iov_len = 1},
		{.iov_base = payload, .iov_len = room},
	};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = ARRAY_SIZE(parts)};
	ssize_t n;

	do
		n = recvmsg(fd, &message, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n == 0)
		return -EPIPE;
	*ret_type = byte;
	return message.msg_flags & MSG_TRUNC ? -EMSGSIZE : n - 1;
}

static ssize_t peer_write(struct pump_peer *p, const void *data, size_t len)
{
	int r = message_send(p->fd, MONITOR_STDIN, data, len);

	if (r == -EAGAIN)
		return 0;
	return r < 0 ? r : (ssize_t)len;
}

static bool peer_end_input(struct pump_peer *p)
{
	return message_send(p->fd, MONITOR_STDIN_EOF, NULL, 0) != -EAGAIN;
}

static bool peer_resize(struct pump_peer *p, uint16_t columns, uint16_t rows)
{
	const struct monitor_resize size = {.columns = columns, .rows = rows};

	return message_send(p->fd, MONITOR_RESIZE, &size, sizeof(size)) != -EAGAIN;
}

static enum pump_event take_exit(struct attach_result *result, const void *payload,
				 ssize_t len)
{
	struct monitor_exit status;

	if (len != (ssize_t)sizeof(status)) {
		result->lost = true;
		return PUMP_END;
	}
	memcpy(&status, payload, sizeof(status));
	result->wait_status = status.wait_status;
	result->finished_usec = status.finished_usec;
	return PUMP_END;
}

static enum pump_event peer_read(struct pump_peer *p, void *data, size_t *ret_len)
{
	struct attach_result *result = ((struct attach_peer *)p)->result;
	enum monitor_message type = 0;
	ssize_t n = message_receive(p->fd, &type, data, PUMP_CHUNK);

	/* unix(7): ECONNRESET is told once, before what had been sent until then */
	if (n == -EAGAIN || n == -ECONNRESET)
		return PUMP_NOTHING;
	if (n < 0) {
		result->lost = true;
		return PUMP_END;
	}
	if (type == MONITOR_EXIT)
		return take_exit(result, data, n);
	if (type != MONITOR_STDOUT && type != MONITOR_STDERR)
		return PUMP_NOTHING;
	*ret_len = (size_t)n;
	return type == MONITOR_STDOUT ? PUMP_STDOUT : PUMP_STDERR;
}

int attach_connect(int dirfd, struct error *err)
{
	int fd = fd_connect_unix(dirfd, MONITOR_SOCKET_NAME, SOCK_SEQPACKET, err);

	if (fd == -ENOENT || fd == -ECONNREFUSED)
		return error_set(err, ERR_CONFLICT, 0,
				 "attach: the container is not running");
	return fd;
}

static int receive_hello(int fd, struct monitor_hello *ret, struct error *err)
{
	struct pollfd waiting = {.fd = fd, .events = POLLIN};
	enum monitor_message type = 0;
	ssize_t n;
	int r;

	do
		r = poll(&waiting, 1, HELLO_PATIENCE_MSEC);
	while (r < 0 && errno == EINTR);
	if (r == 0)
		return error_set(err, ERR_UNAVAILABLE, ETIMEDOUT,
				 "attach: no answer from the monitor");
	n = message_receive(fd, &type, ret, sizeof(*ret));
	if (n == -EPIPE || n == -ECONNRESET) {
		error_set(
			err, ERR_UNAVAILABLE, 0,
			"attach: the container has ended, or %d others are attached already",
			MONITOR_CLIENTS_MAX);
		return error_hint(err, "look with cubby ps -a, or detach one of them");
	}
	if (n < 0)
		return error_set(err, ERR_SYSTEM, (int)-n,
				 "attach: read the monitor's greeting");
	if (type != MONITOR_HELLO || n != sizeof(*ret))
		return error_set(err, ERR_SYSTEM, EPROTO, "attach: greet the monitor");
	if (ret->protocol != MONITOR_PROTOCOL) {
		error_set(
			err, ERR_UNSUPPORTED, 0,
			"attach: the container's monitor speaks version %u of the protocol, not %d",
			ret->protocol, MONITOR_PROTOCOL);
		return error_hint(
			err,
			"it was started by another version of cubby; restart the container");
	}
	return 0;
}

int attach_run(int socket_fd, const struct pump_options *options,
	       struct attach_result *ret, struct error *err)
{
	const struct monitor_hello ours = {.protocol = MONITOR_PROTOCOL};
	struct monitor_hello theirs;
	struct attach_result result = {0};
	struct attach_peer peer = {
		.peer =
			{
				.fd = socket_fd,
				.end_fd = -EBADF,
				.write = peer_write,
				.end_input = peer_end_input,
				.resize = peer_resize,
				.read = peer_read,
			},
		.result = &result,
	};
	int r;

	/* -EPIPE: what it has left for us to read says more */
	r = message_send(socket_fd, MONITOR_HELLO, &ours, sizeof(ours));
	if (r < 0 && r != -EPIPE)
		return error_set(err, ERR_SYSTEM, -r, "attach: greet the monitor");
	r = receive_hello(socket_fd, &theirs, err);
	if (r < 0)
		return r;
	peer.peer.terminal = theirs.terminal;
	r = pump_run(&peer.peer, options, &result.detached, err);
	if (r < 0)
		return r;
	*ret = result;
	return 0;
}

int attach_acknowledge(int socket_fd)
{
	return message_send(socket_fd, MONITOR_EXIT_ACK, NULL, 0);
}
