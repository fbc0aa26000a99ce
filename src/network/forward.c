/* SPDX-License-Identifier: Apache-2.0 */
#include "network/forward.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "runtime/netns_enter.h"
#include "util/fd.h"
#include "util/str.h"
#include "util/time.h"

#define EVENTS_MAX 64
#define PLAN_MAX   (16 << 20)

int forward_watch_add(struct forward *f, struct forward_watch *w, uint32_t events)
{
	struct epoll_event e = {.events = events, .data.ptr = w};

	return epoll_ctl(f->epoll_fd, EPOLL_CTL_ADD, w->fd, &e) < 0 ? -errno : 0;
}

void forward_watch_set(struct forward *f, struct forward_watch *w, uint32_t events)
{
	struct epoll_event e = {.events = events, .data.ptr = w};

	(void)!epoll_ctl(f->epoll_fd, EPOLL_CTL_MOD, w->fd, &e);
}

static int read_plan(const char *number, struct forward_plan *ret, struct error *err)
{
	cleanup_buf struct buf text = {0};
	cleanup_fd int fd = -EBADF;
	uint32_t value;
	int r;

	if (!number || str_to_u32(number, &value) < 0 || value > INT32_MAX)
		return error_set(err, ERR_INVALID, 0, "forward: no plan");
	fd = (int)value;
	buf_init(&text, PLAN_MAX);
	r = fd_read_all(fd, &text);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "forward: read the plan");
	return forward_plan_read(text.data ? text.data : "", ret, err);
}

/* Only what the plan names stays open. */
static void close_others(const struct forward_plan *p)
{
	size_t n = 0;
	int *keep = calloc(p->n_sockets + 3, sizeof(*keep));

	if (!keep)
		return;
	keep[n++] = p->pid_fd;
	keep[n++] = p->user_ns_fd;
	keep[n++] = p->net_ns_fd;
	for (size_t i = 0; i < p->n_sockets; i++)
		keep[n++] = p->sockets[i].fd;
	(void)!fd_close_all_but(3, keep, n);
	free(keep);
}

static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)!setrlimit(RLIMIT_NOFILE, &limit);
}

static int enter(struct forward_plan *p, struct error *err)
{
	int r = netns_enter(p->user_ns_fd, p->net_ns_fd, err);

	fd_cleanup_(&p->user_ns_fd);
	fd_cleanup_(&p->net_ns_fd);
	/* a client's port may be used again as soon as the client itself does so; otherwise after 60 s */
	if (r >= 0 && p->is_transparent) {
		cleanup_fd int fd =
			open("/proc/sys/net/ipv4/tcp_tw_reuse", O_WRONLY | O_CLOEXEC);

		if (fd >= 0)
			(void)!write(fd, "1", 1);
	}
	return r;
}

static int set_targets(struct forward *f, const struct forward_plan *p, struct error *err)
{
	int r = p->address ? forward_target_set(f, p->address, false, err) : 0;

	if (r >= 0 && p->address6)
		r = forward_target_set(f, p->address6, true, err);
	return r;
}

static void init_ended(struct forward *f, _unused_ struct forward_watch *w,
		       _unused_ uint32_t events)
{
	f->done = true;
}

static int add_sockets(struct forward *f, const struct forward_plan *p, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < p->n_sockets && r >= 0; i++)
		r = p->sockets[i].is_udp ? forward_udp_add(f, &p->sockets[i], err)
					 : forward_tcp_add(f, &p->sockets[i], err);
	return r;
}

static int sooner(int a, int b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a < b ? a : b;
}

static void loop(struct forward *f)
{
	struct epoll_event events[EVENTS_MAX];
	int wait_msec = -1;

	while (!f->done) {
		int n = epoll_wait(f->epoll_fd, events, EVENTS_MAX, wait_msec);

		f->now_msec = time_monotonic_usec() / 1000;
		for (int i = 0; i < n; i++) {
			struct forward_watch *w = events[i].data.ptr;

			w->event(f, w, events[i].events);
		}
		wait_msec = sooner(forward_tcp_settle(f), forward_udp_settle(f));
	}
}

static int run(struct forward_plan *p, struct error *err)
{
	struct forward f = {.is_transparent = p->is_transparent};
	struct forward_watch init = {init_ended, p->pid_fd};
	int r;

	raise_limit();
	close_others(p);
	r = enter(p, err);
	if (r >= 0)
		r = set_targets(&f, p, err);
	if (r < 0)
		return r;
	f.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (f.epoll_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "forward: epoll");
	f.now_msec = time_monotonic_usec() / 1000;
	r = forward_watch_add(&f, &init, EPOLLIN);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "forward: watch the container");
	r = add_sockets(&f, p, err);
	if (r >= 0)
		r = forward_confine(&f, err);
	if (r < 0)
		return r;
	loop(&f);
	/* connections by the thousand: the kernel takes all back at once */
	_exit(0);
}

int forward_main(int argc, char **argv)
{
	static const struct sigaction ignore = {.sa_handler = SIG_IGN};
	cleanup_forward_plan struct forward_plan plan = FORWARD_PLAN_INIT;
	cleanup_error struct error err = ERROR_INIT;
	int r;

	(void)sigaction(SIGPIPE, &ignore, NULL);
	r = read_plan(argc == 2 ? argv[1] : NULL, &plan, &err);
	if (r >= 0)
		r = run(&plan, &err);
	if (r < 0) {
		cleanup_free char *text = error_message(&err);

		(void)dprintf(STDERR_FILENO, "network: %s\n", text);
	}
	return r < 0 ? 1 : 0;
}
