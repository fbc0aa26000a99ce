/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. A child makes the interface inside the gateway and hands its fd out. Our own program inherits that fd, and we keep
 * it as well: the interface never loses its carrier, and frames that come while nobody reads wait in its queue. slirp4netns opens the
 * interface by its name, so for it the interface is made persistent and the fd closed.
 */
#include "network/uplink.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include "network/uplink_net.h"
#include "network/uplink_tap.h"
#include "runtime/sandbox.h"
#include "runtime/self.h"
#include "util/fd.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/str.h"
#include "util/time.h"

#define PAUSE_FIRST_MSEC 50
#define PAUSE_MAX_MSEC   10000
#define STEADY_MSEC      20000 /* who has worked for so long starts again without a pause */

/* The fds of the program: own has the interface at 3; slirp4netns the namespaces at 5 and 6. */
#define TAP_FD     3
#define READY_FD   4
#define USER_NS_FD 5
#define NET_NS_FD  6

enum watched { WATCH_PROCESS, WATCH_READY, WATCH_TIMER };

struct uplink {
	struct uplink_options options;
	enum uplink_kind kind;
	char *program; /* path */
	int epoll_fd, timer_fd, tap_fd, ready_fd;
	struct sandbox process;
	bool is_ready;
	unsigned n_restarts, pause_msec;
	int64_t started_msec;
	struct error problem;
};

static const struct idmap no_ids;

const char *uplink_kind_word(enum uplink_kind kind)
{
	static const char *const words[] = {
		[UPLINK_NONE] = "none",
		[UPLINK_OWN] = "own",
		[UPLINK_SLIRP4NETNS] = "slirp4netns",
	};

	return words[kind];
}

static int64_t now_msec(void)
{
	return time_monotonic_usec() / 1000;
}

/* ---- the interface ---- */

struct tap_work {
	bool persistent;
	int out_fd;
};

static int make_inside(void *data, struct error *err)
{
	const struct tap_work *w = data;
	cleanup_fd int fd = uplink_tap_make(w->persistent, err);
	int r;

	if (fd < 0)
		return fd;
	r = fd_send(w->out_fd, "t", 1, &fd, 1);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "hand over the uplink's interface")
		     : 0;
}

static int make_tap(struct uplink *u, struct error *err)
{
	const struct sandbox_network inside = {u->options.user_ns_fd,
					       u->options.net_ns_fd};
	struct tap_work w = {.persistent = u->kind != UPLINK_OWN};
	const struct sandbox_options o = {
		.uids = &no_ids,
		.gids = &no_ids,
		.joined_network = inside.net_ns_fd >= 0 ? &inside : NULL,
		.run = make_inside,
		.data = &w,
	};
	cleanup_fd int ours_fd = -EBADF, theirs_fd = -EBADF;
	int pair[2], fds[FD_PASS_MAX], r;
	size_t n = FD_PASS_MAX;
	char byte;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a socket");
	ours_fd = pair[0];
	theirs_fd = pair[1];
	w.out_fd = theirs_fd;
	r = sandbox_call(&o, err);
	if (r < 0)
		return r;
	if (fd_recv(ours_fd, &byte, 1, fds, &n) != 1 || n != 1)
		return error_set(err, ERR_SYSTEM, 0,
				 "the uplink's interface did not come");
	u->tap_fd = fds[0];
	if (w.persistent)
		fd_cleanup_(&u->tap_fd);
	return 0;
}

/* ---- the process ---- */

struct start {
	const struct uplink *u;
	int ready_fd;
};

static char **arguments(const struct uplink *u)
{
	char **argv = NULL;

	strv_add(&argv, uplink_kind_word(u->kind));
	if (u->kind == UPLINK_OWN)
		return argv;
	strv_addf(&argv, "--mtu=%d", UPLINK_MTU);
	strv_add(&argv, "--cidr=" UPLINK_CIDR4);
	strv_add(&argv, "--disable-host-loopback");
	strv_add(&argv, "--disable-dns");
	strv_add(&argv, "--enable-ipv6");
	strv_add(&argv, "--enable-seccomp");
	strv_addf(&argv, "--ready-fd=%d", READY_FD);
	if (u->options.user_ns_fd >= 0)
		strv_addf(&argv, "--userns-path=/proc/self/fd/%d", USER_NS_FD);
	strv_add(&argv, "--netns-type=path");
	strv_addf(&argv, "/proc/self/fd/%d", NET_NS_FD);
	strv_add(&argv, UPLINK_INTERFACE);
	return argv;
}

/* Copies first, far above, so that none is overwritten before it is placed. */
static int place(const int fds[static NET_NS_FD + 1], struct error *err)
{
	int high[NET_NS_FD + 1];

	for (int i = 0; i <= NET_NS_FD; i++)
		high[i] = fds[i] < 0 ? -EBADF : fcntl(fds[i], F_DUPFD_CLOEXEC, 40);
	for (int i = 0; i <= NET_NS_FD; i++)
		if (high[i] >= 0 && dup2(high[i], i) < 0)
			return error_set(err, ERR_SYSTEM, errno, "place fd %d", i);
	if (fd_cloexec_from(3) < 0)
		return error_set(err, ERR_SYSTEM, errno, "close files");
	for (int i = 3; i <= NET_NS_FD; i++)
		if (high[i] >= 0 && fd_set_cloexec(i, false) < 0)
			return error_set(err, ERR_SYSTEM, errno, "pass fd %d on", i);
	return 0;
}

static int become(void *data, struct error *err)
{
	static char *const nothing[] = {NULL};
	const struct start *s = data;
	cleanup_strv char **argv = arguments(s->u);
	cleanup_fd int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	const int fds[NET_NS_FD + 1] = {null_fd,
					null_fd,
					null_fd,
					s->u->tap_fd,
					s->ready_fd,
					s->u->options.user_ns_fd,
					s->u->options.net_ns_fd};
	int r = place(fds, err);

	if (r < 0)
		return r;
	execve(s->u->program, argv, nothing);
	return error_set(err, ERR_SYSTEM, errno, "run %s", s->u->program);
}

static int watch(struct uplink *u, int fd, enum watched what)
{
	struct epoll_event e = {.events = EPOLLIN, .data.u32 = what};

	return epoll_ctl(u->epoll_fd, EPOLL_CTL_ADD, fd, &e) < 0 ? -errno : 0;
}

static int start(struct uplink *u, struct error *err)
{
	struct start s = {u, -EBADF};
	const struct sandbox_options o = {
		.uids = &no_ids, .gids = &no_ids, .run = become, .data = &s};
	cleanup_fd int their_fd = -EBADF;
	int pipe_fds[2], r;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a pipe");
	fd_cleanup_(&u->ready_fd);
	u->ready_fd = pipe_fds[0];
	their_fd = pipe_fds[1];
	s.ready_fd = their_fd;
	r = sandbox_start(&o, &u->process, err);
	if (r < 0)
		return r;
	u->started_msec = now_msec();
	r = watch(u, u->process.pid_fd, WATCH_PROCESS);
	if (r == 0)
		r = watch(u, u->ready_fd, WATCH_READY);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "watch the uplink") : 0;
}

static void plan_start(struct uplink *u, unsigned msec)
{
	const struct itimerspec when = {
		.it_value = {.tv_sec = msec / 1000,
			     .tv_nsec = (long)(msec % 1000) * 1000000 + 1}};

	(void)timerfd_settime(u->timer_fd, 0, &when, NULL);
}

static void ended(struct uplink *u)
{
	cleanup_error struct error err = ERROR_INIT;
	int r = sandbox_wait(&u->process, &err);

	log_debug("the uplink %s has ended: %s", uplink_kind_word(u->kind),
		  r < 0 ? err.text : "by itself");
	sandbox_release(&u->process);
	u->is_ready = false;
	if (now_msec() - u->started_msec > STEADY_MSEC)
		u->pause_msec = PAUSE_FIRST_MSEC;
	plan_start(u, u->pause_msec);
	u->pause_msec =
		u->pause_msec * 2 < PAUSE_MAX_MSEC ? u->pause_msec * 2 : PAUSE_MAX_MSEC;
}

static void start_again(struct uplink *u)
{
	cleanup_error struct error err = ERROR_INIT;
	uint64_t times;

	(void)!read(u->timer_fd, &times, sizeof(times));
	u->n_restarts++;
	if (start(u, &err) < 0) {
		error_drop(&err, "the uplink does not start");
		plan_start(u, u->pause_msec);
	}
}

static void heard_ready(struct uplink *u)
{
	char byte;

	u->is_ready = read(u->ready_fd, &byte, 1) == 1;
	fd_cleanup_(&u->ready_fd);
}

void uplink_dispatch(struct uplink *u)
{
	struct epoll_event events[4];
	int n = epoll_wait(u->epoll_fd, events, ARRAY_SIZE(events), 0);

	for (int i = 0; i < n; i++) {
		if (events[i].data.u32 == WATCH_READY && u->ready_fd >= 0)
			heard_ready(u);
		else if (events[i].data.u32 == WATCH_PROCESS && u->process.pid > 0)
			ended(u);
		else if (events[i].data.u32 == WATCH_TIMER)
			start_again(u);
	}
}

int uplink_fd(const struct uplink *u)
{
	return u->epoll_fd;
}

/* ---- which one ---- */

static bool take_own(struct uplink *u)
{
	cleanup_error struct error err = ERROR_INIT;

	if (self_helper("uplink", &u->program, &err) < 0 ||
	    access(u->program, X_OK) < 0) {
		free(u->program);
		u->program = NULL;
		return false;
	}
	u->kind = UPLINK_OWN;
	return true;
}

static bool take_slirp4netns(struct uplink *u)
{
	u->program = proc_find("slirp4netns");
	if (u->program)
		u->kind = UPLINK_SLIRP4NETNS;
	return u->program != NULL;
}

static void choose(struct uplink *u)
{
	const char *wanted = u->options.wanted;
	bool any = str_empty(wanted);

	if ((any || str_eq(wanted, "own")) && take_own(u))
		return;
	if ((any || str_eq(wanted, "slirp4netns")) && take_slirp4netns(u))
		return;
	if (str_eq(wanted, "pasta")) {
		error_set(
			&u->problem, ERR_UNSUPPORTED, 0,
			"containers have no way out of their networks: pasta serves one "
			"container (--network pasta), not networks");
		error_hint(&u->problem,
			   "take default_rootless_network_cmd = \"pasta\" out of "
			   "containers.conf or cubby.conf");
		return;
	}
	error_set(&u->problem, ERR_UNSUPPORTED, 0,
		  "containers have no way out of their networks: %s is not installed",
		  any ? "slirp4netns" : wanted);
	error_hint(&u->problem, "on Debian: apt-get install slirp4netns");
}

static int open_fds(struct uplink *u, struct error *err)
{
	int r;

	u->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	u->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (u->epoll_fd < 0 || u->timer_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "prepare the uplink");
	r = watch(u, u->timer_fd, WATCH_TIMER);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "watch the uplink") : 0;
}

int uplink_open(const struct uplink_options *o, struct uplink **ret, struct error *err)
{
	cleanup_uplink struct uplink *u = xcalloc(1, sizeof(*u));
	int r;

	u->options = *o;
	u->epoll_fd = u->timer_fd = u->tap_fd = u->ready_fd = -EBADF;
	u->process = SANDBOX_INIT;
	u->pause_msec = PAUSE_FIRST_MSEC;
	r = open_fds(u, err);
	if (r < 0)
		return r;
	choose(u);
	if (u->kind != UPLINK_NONE &&
	    (make_tap(u, &u->problem) < 0 || start(u, &u->problem) < 0))
		u->kind = UPLINK_NONE;
	*ret = TAKE_PTR(u);
	return 0;
}

void uplink_free(struct uplink *u)
{
	if (!u)
		return;
	sandbox_release(&u->process);
	fd_cleanup_(&u->tap_fd);
	fd_cleanup_(&u->ready_fd);
	fd_cleanup_(&u->timer_fd);
	fd_cleanup_(&u->epoll_fd);
	error_release(&u->problem);
	free(u->program);
	free(u);
}

void uplink_status(const struct uplink *u, struct uplink_status *ret)
{
	*ret = (struct uplink_status){
		.kind = u->kind,
		.pid = u->process.pid,
		.is_ready = u->is_ready,
		.n_restarts = u->n_restarts,
		.problem = u->problem.text,
		.hint = u->problem.hint,
	};
}
