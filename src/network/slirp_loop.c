/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. One loop: frames that the interface has are given to libslirp, which opens a socket of the host
 * for each connection in them and says which sockets it wants to hear of. Everything here was written by a container, so the program
 * has no files, no rights and few system calls before it reads the first frame.
 */
#include "network/slirp_loop.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <slirp/libslirp.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "network/slirp_confine.h"
#include "network/uplink_net.h"
#include "util/fd.h"
#include "util/mem.h"

#define FRAME_MAX     (UPLINK_MTU + 64)
#define FRAMES_A_TURN 64 /* then sockets get their turn */
#define TAP_INDEX     0
#define LARGE_BYTES   (128 << 10)

/* libslirp has one timer, that of its router advertisements. */
struct timer {
	SlirpTimerCb call;
	void *data;
	int64_t when_msec; /* -1: not now */
};

struct loop {
	Slirp *slirp;
	struct pollfd *fds;
	size_t n_fds, cap;
	struct timer timer;
	uint8_t frame[FRAME_MAX];
};

/*
 * libslirp complains of packets by GLib's log, which looks at terminals, time zones and what not: files that
 * are out of reach by then, and a container would end the program with an unusual packet. The program's own symbol is the
 * one that libslirp finds.
 */
__attribute__((visibility("default"))) void g_log(const char *domain, int level,
						  const char *format, ...);
void g_log(const char *domain, int level, const char *format, ...)
{
}

/* what GLib's macros for checks call, which would come to the same */
__attribute__((visibility("default"))) void g_return_if_fail_warning(const char *domain,
								     const char *function,
								     const char *check);
void g_return_if_fail_warning(const char *domain, const char *function, const char *check)
{
}

static int64_t now_nsec(void *data)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* A full queue drops the frame, as a network does. */
static ssize_t send_frame(const void *frame, size_t len, void *data)
{
	ssize_t n = write(SLIRP_TAP_FD, frame, len);

	return n < 0 ? (ssize_t)len : n;
}

static void guest_error(const char *message, void *data)
{
}

static void *timer_new(SlirpTimerCb call, void *call_data, void *data)
{
	struct loop *l = data;

	l->timer = (struct timer){call, call_data, -1};
	return &l->timer;
}

static void timer_free(void *timer, void *data)
{
	((struct timer *)timer)->when_msec = -1;
}

static void timer_mod(void *timer, int64_t when_msec, void *data)
{
	((struct timer *)timer)->when_msec = when_msec;
}

static void ignore_fd(int fd, void *data)
{
}

static void notify(void *data)
{
}

static int add_poll(int fd, int events, void *data)
{
	struct loop *l = data;
	short wanted = 0;

	if (l->n_fds == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 64;
		l->fds = xreallocarray(l->fds, l->cap, sizeof(*l->fds));
	}
	if (events & SLIRP_POLL_IN)
		wanted |= POLLIN;
	if (events & SLIRP_POLL_OUT)
		wanted |= POLLOUT;
	if (events & SLIRP_POLL_PRI)
		wanted |= POLLPRI;
	l->fds[l->n_fds] = (struct pollfd){.fd = fd, .events = wanted};
	return (int)l->n_fds++;
}

static int get_events(int index, void *data)
{
	const struct loop *l = data;
	short got = l->fds[index].revents;

	return (got & POLLIN ? SLIRP_POLL_IN : 0) | (got & POLLOUT ? SLIRP_POLL_OUT : 0) |
	       (got & POLLPRI ? SLIRP_POLL_PRI : 0) |
	       (got & POLLERR ? SLIRP_POLL_ERR : 0) |
	       (got & POLLHUP ? SLIRP_POLL_HUP : 0);
}

static int run_timer(struct loop *l)
{
	int64_t left;

	if (l->timer.when_msec < 0)
		return -1;
	left = l->timer.when_msec - now_nsec(NULL) / 1000000;
	if (left > 0)
		return left < 60000 ? (int)left : 60000;
	l->timer.when_msec = -1;
	l->timer.call(l->timer.data);
	return 0;
}

/* Return: false: the interface is gone. */
static bool read_frames(struct loop *l)
{
	for (int i = 0; i < FRAMES_A_TURN; i++) {
		ssize_t n = read(SLIRP_TAP_FD, l->frame, sizeof(l->frame));

		if (n < 0)
			return errno == EAGAIN || errno == EINTR || errno == EIO;
		if (n == 0)
			return false;
		slirp_input(l->slirp, l->frame, (int)n);
	}
	return true;
}

static bool turn(struct loop *l)
{
	uint32_t timeout = UINT32_MAX;
	int timer, wait_msec, n;

	l->n_fds = 0;
	(void)add_poll(SLIRP_TAP_FD, SLIRP_POLL_IN, l);
	slirp_pollfds_fill(l->slirp, &timeout, add_poll, l);
	timer = run_timer(l);
	wait_msec = timeout > 60000 ? 60000 : (int)timeout;
	if (timer >= 0 && timer < wait_msec)
		wait_msec = timer;
	n = poll(l->fds, l->n_fds, wait_msec);
	if (n < 0 && errno != EINTR)
		return false;
	slirp_pollfds_poll(l->slirp, n < 0, get_events, l);
	if (n > 0 && (l->fds[TAP_INDEX].revents & POLLNVAL))
		return false;
	return n <= 0 || !(l->fds[TAP_INDEX].revents & (POLLIN | POLLERR)) ||
	       read_frames(l);
}

static SlirpConfig configuration(void)
{
	SlirpConfig c = {
		.version = 4,
		.in_enabled = true,
		.in6_enabled = true,
		.vprefix_len = 64,
		.if_mtu = UPLINK_MTU,
		.if_mru = UPLINK_MTU,
		.disable_host_loopback = true,
		.disable_dns = true,
		.disable_dhcp = true,
	};

	(void)inet_pton(AF_INET, UPLINK_NET4, &c.vnetwork);
	(void)inet_pton(AF_INET, UPLINK_MASK4, &c.vnetmask);
	(void)inet_pton(AF_INET, UPLINK_HOST4, &c.vhost);
	(void)inet_pton(AF_INET, UPLINK_ADDRESS4, &c.vdhcp_start);
	(void)inet_pton(AF_INET, UPLINK_NAMES4, &c.vnameserver);
	(void)inet_pton(AF_INET6, UPLINK_NET6, &c.vprefix_addr6);
	(void)inet_pton(AF_INET6, UPLINK_HOST6, &c.vhost6);
	(void)inet_pton(AF_INET6, UPLINK_NAMES6, &c.vnameserver6);
	return c;
}

int slirp_main(void)
{
	static const SlirpCb calls = {
		.send_packet = send_frame,
		.guest_error = guest_error,
		.clock_get_ns = now_nsec,
		.timer_new = timer_new,
		.timer_free = timer_free,
		.timer_mod = timer_mod,
		.register_poll_fd = ignore_fd,
		.unregister_poll_fd = ignore_fd,
		.notify = notify,
	};
	cleanup_error struct error err = ERROR_INIT;
	const int kept[] = {SLIRP_TAP_FD, SLIRP_READY_FD};
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct loop *l = xcalloc(1, sizeof(*l));
	SlirpConfig c = configuration();

	/* Each connection has two buffers of a megabyte, hardly touched most of the time. By themselves they go back to the
	 * kernel; by default malloc(3) starts to keep such sizes in its heap after the first. */
	(void)mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
	l->timer.when_msec = -1;
	/* a connection that its other end has left is an error of send(2), no end of ours */
	if (sigaction(SIGPIPE, &ignore, NULL) < 0)
		return EXIT_FAILURE;
	if (fd_set_nonblock(SLIRP_TAP_FD, true) < 0)
		return EXIT_FAILURE;
	l->slirp = slirp_new(&c, &calls, l);
	if (!l->slirp || slirp_confine(kept, ARRAY_SIZE(kept), &err) < 0)
		return EXIT_FAILURE;
	if (write(SLIRP_READY_FD, "1", 1) != 1 || close(SLIRP_READY_FD) < 0)
		return EXIT_FAILURE;
	while (turn(l))
		;
	return EXIT_SUCCESS;
}
