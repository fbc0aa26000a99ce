/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/sync.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "util/fd.h"

struct sync_header {
	int32_t message;
	int32_t pid;
};

struct sync_packet {
	struct sync_header header;
	char error[ERROR_PACK_MAX];
};

static const char *message_word(int message)
{
	static const char *const words[] = {
		[SYNC_MAPPED] = "'maps written'",   [SYNC_PID] = "a pid",
		[SYNC_HOOKS] = "'hooks wanted'",    [SYNC_CONSOLE] = "a terminal",
		[SYNC_READY] = "'ready'",           [SYNC_GO] = "'go on'",
		[SYNC_EXEC] = "'about to execute'", [SYNC_ERROR] = "an error",
		[SYNC_OUTER] = "a namespace",       [SYNC_ROOT] = "the root's mount",
	};
	if (message < 1 || (size_t)message >= ARRAY_SIZE(words))
		return "an unknown message";
	return words[message];
}

int sync_pair(int ret_fds[static 2], struct error *err)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a socket pair");
	ret_fds[0] = fd_move_high(pair[0]);
	ret_fds[1] = fd_move_high(pair[1]);
	return 0;
}

static int send_packet(int fd, const struct sync_header *header, int passed_fd,
		       struct error *err)
{
	int r = fd_send(fd, header, sizeof(*header), &passed_fd, passed_fd >= 0 ? 1 : 0);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "send %s",
				 message_word(header->message));
	return 0;
}

int sync_send_pid(int fd, pid_t pid, int pid_fd, struct error *err)
{
	struct sync_header header = {.message = SYNC_PID, .pid = pid};

	return send_packet(fd, &header, pid_fd, err);
}

void sync_send_error(int fd, const struct error *failure)
{
	struct sync_packet packet = {.header = {.message = SYNC_ERROR}};
	size_t len = error_pack(failure, packet.error);

	/* Nobody is left to be told that this failed: the peer sees the end of file
	 * instead. */
	(void)!fd_send(fd, &packet, sizeof(packet.header) + len, NULL, 0);
}

/*
 * A peer that ends with something of ours unread makes the next recv(2) fail with
 * ECONNRESET, once, ahead of what it had still said: its error, most likely. A peer may
 * also be stopped, by a process of the container that it enters: a person can leave then.
 */
static ssize_t receive_packet(int fd, struct sync_packet *ret,
			      int fds[static FD_PASS_MAX], size_t *ret_n_fds)
{
	int r = fd_wait_readable(fd);

	if (r < 0)
		return r;
	ssize_t n = fd_recv(fd, ret, sizeof(*ret), fds, ret_n_fds);
	return n == -ECONNRESET ? fd_recv(fd, ret, sizeof(*ret), fds, ret_n_fds) : n;
}

/* One packet, whatever it is; SYNC_ERROR becomes *err. */
static int receive(int fd, const char *peer, struct sync_header *ret, int *ret_fd,
		   struct error *err)
{
	struct sync_packet packet;
	int fds[FD_PASS_MAX];
	size_t n_fds = 0;
	ssize_t n = receive_packet(fd, &packet, fds, &n_fds);

	for (size_t i = ret_fd ? 1 : 0; n > 0 && i < n_fds; i++)
		close(fds[i]);
	if (ret_fd)
		*ret_fd = n > 0 && n_fds > 0 ? fds[0] : -EBADF;
	if (n == 0)
		return error_set(err, ERR_SYSTEM, 0, "%s ended without a word", peer);
	if (n < 0)
		return error_set(err, ERR_SYSTEM, (int)-n, "hear from %s", peer);
	if ((size_t)n < sizeof(packet.header))
		return error_set(err, ERR_SYSTEM, EBADMSG, "hear from %s", peer);
	*ret = packet.header;
	if (packet.header.message != SYNC_ERROR)
		return 0;
	if (ret_fd && *ret_fd >= 0) {
		close(*ret_fd);
		*ret_fd = -EBADF;
	}
	int r = error_unpack(err, packet.error, (size_t)n - sizeof(packet.header));
	return r < 0 ? r : (err->code ? -err->code : -EINVAL);
}

/*
 * A peer that is gone may have said why before: that is the failure, not that we could
 * not send. What else it had sent before that does not matter any more.
 */
static int last_words(int fd, struct error *err)
{
	for (;;) {
		cleanup_error struct error words = ERROR_INIT;
		struct sync_header header = {0};

		if (receive(fd, "the peer", &header, NULL, &words) >= 0)
			continue;
		return header.message == SYNC_ERROR ? error_move(err, &words)
						    : -err->code;
	}
}

int sync_send(int fd, enum sync_message message, int passed_fd, struct error *err)
{
	struct sync_header header = {.message = (int32_t)message};
	int r = send_packet(fd, &header, passed_fd, err);

	return r == -EPIPE || r == -ECONNRESET ? last_words(fd, err) : r;
}

int sync_expect(int fd, const struct sync_expectation *x, struct error *err)
{
	cleanup_fd int passed_fd = -EBADF;
	struct sync_header header;
	int r = receive(fd, x->peer, &header, &passed_fd, err);

	if (r < 0)
		return r;
	if (header.message != (int32_t)x->message)
		return error_set(err, ERR_SYSTEM, EBADMSG, "%s sent %s instead of %s",
				 x->peer, message_word(header.message),
				 message_word((int)x->message));
	if (x->ret_fd)
		*x->ret_fd = TAKE_FD(passed_fd);
	if (x->ret_pid)
		*x->ret_pid = header.pid;
	return 0;
}

int sync_next(int fd, const char *peer, int *ret_fd, struct error *err)
{
	struct sync_header header;
	int r = receive(fd, peer, &header, ret_fd, err);

	return r < 0 ? r : header.message;
}

int sync_expect_exec(int fd, const char *peer, struct error *err)
{
	struct sync_packet packet;
	size_t n_fds = 0;
	int fds[FD_PASS_MAX];
	int r = sync_expect(
		fd, &(struct sync_expectation){.message = SYNC_EXEC, .peer = peer}, err);

	if (r < 0)
		return r;
	/* The socket is close-on-exec: its end now means that execve has succeeded (or
	 * that the process was killed at that moment, which its exit status tells). */
	ssize_t n = receive_packet(fd, &packet, fds, &n_fds);
	if (n == 0)
		return 0;
	if (n < 0)
		return error_set(err, ERR_SYSTEM, (int)-n, "hear from %s", peer);
	for (size_t i = 0; i < n_fds; i++)
		close(fds[i]);
	if ((size_t)n < sizeof(packet.header) || packet.header.message != SYNC_ERROR)
		return error_set(err, ERR_SYSTEM, EBADMSG, "hear from %s", peer);
	r = error_unpack(err, packet.error, (size_t)n - sizeof(packet.header));
	return r < 0 ? r : (err->code ? -err->code : -EINVAL);
}
