/* SPDX-License-Identifier: Apache-2.0 */
#include "network/gateway.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/rtnetlink.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "network/firewall.h"
#include "network/gateway_state.h"
#include "network/netlink_link.h"
#include "runtime/gateway_ns.h"
#include "runtime/idmap.h"
#include "util/fd.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define LOG_FILE  "log"
#define USEC_MSEC 1000

int gateway_watch(struct gateway *g, struct gateway_source *s, struct error *err)
{
	struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = s}};

	if (epoll_ctl(g->epoll_fd, EPOLL_CTL_ADD, s->fd, &event) < 0)
		return error_set(err, ERR_SYSTEM, errno, "wait for events");
	return 0;
}

void gateway_unwatch(struct gateway *g, struct gateway_source *s)
{
	if (s->fd >= 0)
		(void)epoll_ctl(g->epoll_fd, EPOLL_CTL_DEL, s->fd, NULL);
}

int gateway_socket(const struct gateway *g, int domain, int type, struct error *err)
{
	const struct gateway_ns_visit v = {
		.user_fd = g->ns.user_fd,
		.net_fd = g->ns.net_fd,
		.socket = {domain, type, 0},
	};
	int fd;

	if (g->ns.net_fd >= 0)
		return gateway_ns_socket(&v, err);
	fd = socket(domain, type | SOCK_CLOEXEC, 0);
	return fd < 0 ? error_set(err, ERR_SYSTEM, errno, "make a socket") : fd;
}

/* Netlink, in the gateway's namespace. */
static int open_netlink(const struct gateway *g, uint32_t groups, struct error *err)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = groups};
	cleanup_fd int fd = gateway_socket(g, AF_NETLINK, SOCK_RAW, err);

	if (fd >= 0 && groups &&
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return error_set(err, ERR_SYSTEM, errno, "watch interfaces");
	return TAKE_FD(fd);
}

static void hear_signal(struct gateway *g, struct gateway_source *s)
{
	struct signalfd_siginfo info;

	if (read(s->fd, &info, sizeof(info)) == sizeof(info) && info.ssi_signo == SIGTERM)
		g->ends = true;
}

static int watch_signals(struct gateway *g, struct error *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGPIPE);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return error_set(err, ERR_SYSTEM, errno, "block signals");
	g->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	g->signals.ready = hear_signal;
	if (g->signals.fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "hear signals");
	return gateway_watch(g, &g->signals, err);
}

/* Bridges of ours that nobody has taken down, because the program before this one was killed. */
static void note_stale(void *data, const struct netlink_link *l)
{
	struct gateway *g = data;

	if (str_eq(l->alias, g->table))
		strv_add(&g->stale, l->name);
}

static int prepare_host(struct gateway *g, struct error *err)
{
	return netlink_links(g->route_fd, note_stale, g, err);
}

/* Once is enough for an ordinary user, but a killed program may have come any distance. */
static int prepare_own(struct gateway *g, struct error *err)
{
	static const int families[] = {AF_INET, AF_INET6};
	struct netlink_batch b;
	int lo = netlink_index(g->route_fd, "lo");

	netlink_init(&b);
	netlink_link_up(&b, "lo");
	for (size_t k = 0; k < ARRAY_SIZE(families); k++) {
		netlink_local_route(&b, families[k], lo, FIREWALL_ROUTE_TABLE);
		netlink_mark_rule(&b, families[k], FIREWALL_MARK_LOCAL,
				  FIREWALL_ROUTE_TABLE);
	}
	return netlink_send(g->route_fd, &b, err);
}

static int prepare(struct gateway *g, struct error *err)
{
	int r;

	g->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (g->epoll_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "wait for events");
	r = watch_signals(g, err);
	if (r >= 0)
		r = g->route_fd = open_netlink(g, 0, err);
	if (r >= 0)
		r = g->links.fd = open_netlink(g, RTMGRP_LINK, err);
	if (r >= 0)
		r = gateway_watch(g, &g->links, err);
	if (r >= 0)
		r = g->is_host ? prepare_host(g, err) : prepare_own(g, err);
	if (r >= 0)
		r = gateway_watch(g, &g->listen, err);
	return r < 0 ? error_wrap(err, "start the gateway of networks") : 0;
}

/* Return: how long to wait for events, in ms; -1: for ever; 0: it is time to end. */
static int time_left(struct gateway *g)
{
	int64_t now, left;

	if (g->members || g->clients) {
		g->idle_since = 0;
		return -1;
	}
	if (g->ends)
		return 0;
	now = time_monotonic_usec();
	if (!g->idle_since)
		g->idle_since = now;
	left = GATEWAY_LINGER_USEC - (now - g->idle_since);
	return left <= 0 ? 0 : (int)(left / USEC_MSEC) + 1;
}

/* While cubby makes the container that it has greeted us for. What fails here is tried again, and told then. */
static void warm_up(struct gateway *g)
{
	cleanup_error struct error err = ERROR_INIT;

	g->is_warm = true;
	if (gateway_rules_open(g, &err) < 0 || gateway_names_open(g, &err) < 0 ||
	    gateway_uplink_open(g, &err) < 0)
		error_drop(&err, "tried again when it is needed");
}

static void run(struct gateway *g)
{
	struct epoll_event event;

	/* one at a time, as each may close others */
	for (;;) {
		bool is_cold = g->is_greeted && !g->is_warm;
		int msec = is_cold ? 0 : time_left(g);
		int n = epoll_wait(g->epoll_fd, &event, 1, msec);

		/* who asked in the last moment is still served */
		if (n == 0 && is_cold)
			warm_up(g);
		else if (n == 0 && time_left(g) == 0)
			return;
		if (n > 0) {
			struct gateway_source *s = event.data.ptr;

			s->ready(g, s);
		}
	}
}

static void finish(struct gateway *g)
{
	gateway_close_clients(g);
	gateway_member_release(g);
	gateway_uplink_close(g);
	names_release(&g->names);
	gateway_network_release(g, g->is_host);
	gateway_rules_close(g);
	gateway_refusals_close(g);
	free(g->table);
}

struct arguments {
	struct idmap uids, gids;
	int user_fd, net_fd;
	bool is_debug;
};

static void arguments_release(struct arguments *a)
{
	idmap_release(&a->uids);
	idmap_release(&a->gids);
}

static int read_map(const char *text, struct idmap *ret, struct error *err)
{
	cleanup_strv char **lines = str_split(text, ',');
	int r = 0;

	strv_foreach (line, lines)
		if (r >= 0 && **line)
			r = idmap_parse_line(ret, *line, err);
	return r;
}

static int read_fd(const char *text, int *ret, struct error *err)
{
	uint32_t number;

	if (str_to_u32(text, &number) < 0 || number > INT_MAX ||
	    fd_set_cloexec((int)number, true) < 0)
		return error_set(err, ERR_INVALID, 0, "%s: not an open file", text);
	*ret = (int)number;
	return 0;
}

static int read_argument(struct gateway *g, struct arguments *a, const char *option,
			 const char *value, struct error *err)
{
	if (str_eq(option, "--listen-fd"))
		return read_fd(value, &g->listen.fd, err);
	if (str_eq(option, "--dir-fd"))
		return read_fd(value, &g->dir_fd, err);
	if (str_eq(option, "--net-ns-fd"))
		return read_fd(value, &a->net_fd, err);
	if (str_eq(option, "--user-ns-fd"))
		return read_fd(value, &a->user_fd, err);
	if (str_eq(option, "--uids"))
		return read_map(value, &a->uids, err);
	if (str_eq(option, "--gids"))
		return read_map(value, &a->gids, err);
	if (str_eq(option, "--uplink")) {
		g->uplink_wanted = value;
		return 0;
	}
	if (str_eq(option, "--tell")) {
		strv_add(&g->tell, value);
		return 0;
	}
	if (str_eq(option, "--host")) {
		g->is_host = true;
		g->table = xasprintf("cubby-%s", value);
		return 0;
	}
	return error_set(err, ERR_INVALID, 0, "no such argument: %s", option);
}

static int read_arguments(struct gateway *g, struct arguments *a, char **argv,
			  struct error *err)
{
	int r = 0;

	for (char **arg = argv + 1; r >= 0 && *arg; arg++) {
		if (str_eq(*arg, "--debug")) {
			a->is_debug = true;
			continue;
		}
		r = arg[1] ? read_argument(g, a, arg[0], arg[1], err)
			   : error_set(err, ERR_INVALID, 0, "%s: no value", *arg);
		arg++;
	}
	if (r >= 0 && (g->listen.fd < 0 || g->dir_fd < 0))
		r = error_set(err, ERR_INVALID, 0,
			      "the socket or its directory is missing");
	return r;
}

static int take_namespaces(struct gateway *g, struct arguments *a, struct error *err)
{
	if (g->is_host)
		return 0;
	if (a->net_fd >= 0)
		return gateway_ns_adopt(a->net_fd, &g->ns, err);
	if (a->user_fd >= 0)
		return gateway_ns_make_in(a->user_fd, &g->ns, err);
	return gateway_ns_make(&a->uids, &a->gids, &g->ns, err);
}

static void open_log(const struct gateway *g)
{
	int fd = openat(g->dir_fd, LOG_FILE, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
			0600);

	if (fd >= 0)
		log_set(LOG_LEVEL_DEBUG, LOG_TEXT, fd);
}

static int begin(struct gateway *g, struct arguments *a, struct error *err)
{
	int r = fd_set_nonblock(g->listen.fd, true);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "listen for requests");
	if (a->is_debug)
		open_log(g);
	r = take_namespaces(g, a, err);
	return r < 0 ? r : prepare(g, err);
}

int gateway_main(int argc, char **argv)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup(arguments_release) struct arguments a = {.user_fd = -EBADF,
							 .net_fd = -EBADF};
	struct gateway g = {
		.ns = GATEWAY_NS_INIT,
		.dir_fd = -EBADF,
		.route_fd = -EBADF,
		.listen = {.fd = -EBADF, .ready = gateway_accept},
		.links = {.fd = -EBADF, .ready = gateway_member_hear},
		.names = NAMES_INIT,
		.firewall_source = {.fd = -EBADF},
	};

	if (read_arguments(&g, &a, argv, &err) < 0)
		return 2;
	/* requests are large and rare: what they took is given back */
	(void)mallopt(M_MMAP_THRESHOLD, 64 << 10);
	(void)mallopt(M_TRIM_THRESHOLD, 64 << 10);
	if (begin(&g, &a, &err) < 0) {
		gateway_refuse(g.listen.fd, &err);
		return 1;
	}
	run(&g);
	finish(&g);
	return 0;
}
