/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. Entering a user namespace can't be undone, so a process does it that is thrown away. For a socket
 * that process shares memory and files with us (CLONE_VM, CLONE_VFORK, CLONE_FILES: we stand still meanwhile), so that it
 * costs little more than a thread: a copy of our memory would be most of the price.
 */
#include "runtime/gateway_ns.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/namespace.h"
#include "runtime/sandbox.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/sys.h"

#define STACK_SIZE 32768

void gateway_ns_release(struct gateway_ns *n)
{
	fd_cleanup_(&n->user_fd);
	fd_cleanup_(&n->net_fd);
}

/* Until somebody has opened our namespaces, and kills us. */
static int stand(void *data, struct error *err)
{
	for (;;)
		(void)pause();
	return 0;
}

int gateway_ns_make(const struct idmap *uids, const struct idmap *gids,
		    struct gateway_ns *ret, struct error *err)
{
	cleanup_sandbox struct sandbox s = SANDBOX_INIT;
	cleanup_gateway_ns struct gateway_ns n = GATEWAY_NS_INIT;
	const struct sandbox_options o = {
		.uids = uids,
		.gids = gids,
		.new_flags = CLONE_NEWNET,
		.run = stand,
	};
	int r = sandbox_start(&o, &s, err);

	if (r >= 0 && uids->n_lines)
		r = n.user_fd = namespace_open_of(NS_USER, s.pid, err);
	if (r >= 0)
		r = n.net_fd = namespace_open_of(NS_NETWORK, s.pid, err);
	if (r < 0)
		return error_wrap(err, "make the gateway's namespaces");
	*ret = n;
	n = GATEWAY_NS_INIT;
	return 0;
}

int gateway_ns_adopt(int net_fd, struct gateway_ns *ret, struct error *err)
{
	int user_fd = namespace_open_owner(net_fd);

	*ret = (struct gateway_ns){user_fd, net_fd};
	if (user_fd < 0)
		return error_set(err, ERR_DENIED, -user_fd,
				 "open the user namespace of the gateway");
	if (namespace_is_current(NS_USER, user_fd))
		fd_cleanup_(&ret->user_fd);
	return 0;
}

struct visit {
	const struct gateway_ns_visit *wanted;
	int fd;   /* what came of it */
	int code; /* errno */
	const char *step;
};

static void write_setting(const struct gateway_ns_setting *s)
{
	int fd = open(s->file, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, s->value, strlen(s->value));
	close(fd);
}

/* Shares our memory: nothing here may allocate or leave anything open. */
static int visit(void *data)
{
	struct visit *v = data;
	const struct gateway_ns_visit *w = v->wanted;

	v->step = "enter the user namespace of a gateway";
	if (w->user_fd >= 0 && sys_setns(w->user_fd, CLONE_NEWUSER) < 0)
		goto failed;
	v->step = "enter a network namespace";
	if (sys_setns(w->net_fd, CLONE_NEWNET) < 0)
		goto failed;
	for (size_t k = 0; k < w->n_settings; k++)
		write_setting(&w->settings[k]);
	v->step = "make a socket in a network namespace";
	v->fd = socket(w->socket.domain, w->socket.type | SOCK_CLOEXEC,
		       w->socket.protocol);
	if (v->fd >= 0)
		_exit(0);
failed:
	v->code = errno;
	_exit(1);
}

/* The same: a network namespace instead of a socket. */
static int visit_and_make(void *data)
{
	struct visit *v = data;

	v->step = "make the gateway's network namespace";
	if (sys_setns(v->wanted->user_fd, CLONE_NEWUSER) == 0 &&
	    sys_unshare(CLONE_NEWNET) == 0)
		v->fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	v->code = errno;
	_exit(0);
}

static int go(int (*child)(void *data), const struct gateway_ns_visit *wanted,
	      struct error *err)
{
	struct visit v = {.wanted = wanted, .fd = -EBADF};
	cleanup_free char *stack = xmalloc(STACK_SIZE);
	int status;
	pid_t pid = clone(child, stack + STACK_SIZE,
			  CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD, &v);

	if (pid < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a process");
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (v.fd < 0)
		return error_set(err, ERR_SYSTEM, v.code ? v.code : EIO, "%s",
				 v.step ? v.step : "visit a network namespace");
	return v.fd;
}

int gateway_ns_make_in(int user_fd, struct gateway_ns *ret, struct error *err)
{
	const struct gateway_ns_visit wanted = {.user_fd = user_fd, .net_fd = -EBADF};
	int fd = go(visit_and_make, &wanted, err);

	*ret = (struct gateway_ns){user_fd, fd};
	return fd < 0 ? fd : 0;
}

int gateway_ns_socket(const struct gateway_ns_visit *v, struct error *err)
{
	return go(visit, v, err);
}
