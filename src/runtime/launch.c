/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. The parent checks and plans (init_plan), clones the init, and
 * while newuidmap and newgidmap run the init already makes its other namespaces, opens
 * the root and every bind source: it still has the caller's ids then, so it may reach
 * what the caller may. Once the maps are there it takes the container's ids and builds
 * the rest.
 *
 *   caller          only ever waits for its child on one socket; runs hooks; records
 * state intermediate    exists only where a namespace is joined: setns() to a pid
 * namespace counts for children only, and joining must come before a new user namespace
 *                   takes the right to it away. It makes the init with CLONE_PARENT.
 *   init            dies with its parent (PR_SET_PDEATHSIG) until it is let go
 *
 * The caller must: set limits on the init before its maps are confirmed (it keeps
 * privileges that the init has lost), and let nothing run in the container before its
 * state is on record. The init mustn't: execute anything of the container before step 5
 * of sync.h, but for startContainer hooks.
 */
#include "runtime/launch.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "runtime/hooks.h"
#include "runtime/init.h"
#include "runtime/sync.h"
#include "runtime/terminal.h"
#include "runtime/usermap.h"
#include "spec/spec.h"
#include "spec/state.h"
#include "util/fd.h"
#include "util/log.h"
#include "util/proc.h"
#include "util/sys.h"

#define PEER "the container's init"

static bool joins_any(const struct namespace_plan *p)
{
	for (size_t k = 0; k < NS_KINDS; k++)
		if (p->join_fd[k] >= 0)
			return true;
	return false;
}

/* The plain case: the init is cloned right here. */
static int make_directly(struct launch *l, struct init *i, struct error *err)
{
	bool as_base = i->options->base_creates && i->uids.n_lines;
	int r = as_base ? init_become_base(&i->uids, &i->gids, err) : 0;

	if (r < 0)
		return r;
	pid_t pid = init_clone(i, 0, &l->pid_fd, err);
	if (pid == 0) {
		fd_cleanup_(&l->sync_fd);
		init_run(i);
	}
	l->pid = pid > 0 ? pid : 0;
	if (pid >= 0 && as_base)
		r = init_become_root(err);
	if (pid > 0 && r == 0)
		r = init_place(i, pid, &i->uids, &i->gids, err);
	return pid < 0 ? (int)pid : r;
}

static int make_by_intermediate(struct launch *l, struct init *i, struct error *err)
{
	struct clone_args args = {.exit_signal = SIGCHLD};
	pid_t pid = sys_clone3(&args);

	if (pid < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a process");
	if (pid == 0) {
		fd_cleanup_(&l->sync_fd);
		init_intermediate(i);
	}
	fd_cleanup_(&i->sync_fd);
	struct sync_expectation expected = {.message = SYNC_PID,
					    .peer = PEER,
					    .ret_fd = &l->pid_fd,
					    .ret_pid = &l->pid};
	int r = sync_expect(l->sync_fd, &expected, err);
	int status;
	(void)!proc_wait(pid, -EBADF, -1, &status);
	return r < 0 ? r : init_place(i, l->pid, &i->uids, &i->gids, err);
}

static int hear_of_init(struct launch *l, const struct launch_outer *o, struct error *err)
{
	struct sync_expectation pid = {.message = SYNC_PID,
				       .peer = PEER,
				       .ret_fd = &l->pid_fd,
				       .ret_pid = &l->pid};
	struct sync_expectation outer = {
		.message = SYNC_OUTER, .peer = PEER, .ret_fd = o->ret_mount_ns_fd};
	struct sync_expectation root = {
		.message = SYNC_ROOT, .peer = PEER, .ret_fd = &l->root_fd};
	int r = o->mount_ns_fd < 0 && o->trees ? sync_expect(l->sync_fd, &outer, err) : 0;

	if (r == 0)
		r = sync_expect(l->sync_fd, &pid, err);
	return r < 0 ? r : sync_expect(l->sync_fd, &root, err);
}

/* The outer namespace is made or joined by a process that makes the init (launch_outer.c). */
static int make_in_outer(struct launch *l, struct init *i, struct error *err)
{
	const struct launch_outer *o = i->options->outer;
	bool is_new = o->mount_ns_fd < 0 && o->user_ns_fd < 0;
	cleanup_usermap struct usermap maps = USERMAP_INIT;
	struct clone_args args = {
		.flags = is_new ? CLONE_NEWUSER | CLONE_NEWNS : 0,
		.exit_signal = SIGCHLD,
	};
	pid_t pid = sys_clone3(&args);
	int r = 0, status;

	if (pid < 0)
		return usermap_explain_clone(errno, err);
	if (pid == 0) {
		fd_cleanup_(&l->sync_fd);
		init_outer(i);
	}
	fd_cleanup_(&i->sync_fd);
	if (is_new)
		r = usermap_begin(&maps, pid, o->uids, o->gids, err);
	if (r == 0 && is_new)
		r = usermap_end(&maps, err);
	if (r == 0 && is_new)
		r = sync_send(l->sync_fd, SYNC_MAPPED, -EBADF, err);
	if (r == 0)
		r = hear_of_init(l, o, err);
	/* of a new namespace its maker has done it, who is root there */
	if (r == 0 && i->namespaces.join_fd[NS_USER] >= 0)
		r = init_place(i, l->pid, &i->uids, &i->gids, err);
	if (r < 0)
		(void)kill(pid, SIGKILL);
	(void)!proc_wait(pid, -EBADF, -1, &status);
	return r;
}

/* The clones are the init's as well, which waits. */
static int map_layers(const struct launch *l, struct init *i, struct error *err)
{
	cleanup_fd int new_fd = -EBADF;
	int user_ns_fd = i->namespaces.join_fd[NS_USER];

	if (user_ns_fd < 0)
		user_ns_fd = new_fd = namespace_open_user(l->pid, err);
	if (user_ns_fd < 0)
		return user_ns_fd;
	return overlay_idmap(&i->rootfs.overlay_dirs, user_ns_fd, err);
}

/* Step 1: everything that the parent does to the new process before it may go on. */
static int confirm_maps(struct launch *l, struct init *i, struct error *err)
{
	cleanup_usermap struct usermap maps = USERMAP_INIT;
	int r = 0;

	if (i->options->outer) { /* all done there */
		r = sync_send(l->sync_fd, SYNC_MAPPED, l->root_fd, err);
		fd_cleanup_(&l->root_fd);
		return r;
	}
	if (i->uids.n_lines)
		r = usermap_begin(&maps, l->pid, &i->uids, &i->gids, err);
	if (r < 0)
		return r;
	r = process_apply_limits(&i->process, l->pid, i->rootfs.host_proc_fd, err);
	if (r < 0)
		return r;
	if (i->uids.n_lines)
		r = usermap_end(&maps, err);
	if (r == 0 && i->options->overlay && i->options->overlay->mapped)
		r = map_layers(l, i, err);
	if (r < 0)
		return r;
	return sync_send(l->sync_fd, SYNC_MAPPED, -EBADF, err);
}

static int run_runtime_hooks(const struct launch *l, struct error *err)
{
	const struct spec *spec = l->options->spec;
	struct spec_state state = {
		.id = l->options->id,
		.status = "creating",
		.pid = l->pid,
		.bundle = l->options->bundle,
		.annotations = spec->annotations,
		.n_annotations = spec->n_annotations,
	};
	int r = hooks_run("prestart", spec->hooks->prestart, spec->hooks->n_prestart,
			  &state, err);

	if (r < 0)
		return r;
	return hooks_run("createRuntime", spec->hooks->create_runtime,
			 spec->hooks->n_create_runtime, &state, err);
}

static int hand_over_console(const struct launch_options *o, int master_fd,
			     struct error *err)
{
	if (o->ret_master_fd) {
		*o->ret_master_fd = master_fd;
		return 0;
	}
	int r = terminal_send(o->console_socket_fd, master_fd, err);
	close(master_fd);
	return r;
}

/* Steps 2 to 4: serve what the init asks for until it is ready. */
static int serve_until_ready(struct launch *l, struct error *err)
{
	for (;;) {
		int fd = -EBADF;
		int r = sync_next(l->sync_fd, PEER, &fd, err);

		switch (r) {
		case SYNC_NETWORK:
			r = l->options->on_network(l->options->network_data, &fd, err);
			break;
		case SYNC_HOOKS:
			r = run_runtime_hooks(l, err);
			if (r == 0)
				r = sync_send(l->sync_fd, SYNC_GO, -EBADF, err);
			break;
		case SYNC_CONSOLE:
			r = hand_over_console(l->options, fd, err);
			fd = -EBADF;
			break;
		case SYNC_READY:
			return 0;
		default:
			if (r >= 0)
				r = error_set(err, ERR_SYSTEM, EBADMSG, "hear from %s",
					      PEER);
		}
		fd_cleanup_(&fd);
		if (r < 0)
			return r;
	}
}

int launch_begin(struct launch *l, const struct launch_options *options,
		 struct error *err)
{
	cleanup_init struct init i = INIT_INIT;
	int pair[2];
	int r = init_plan(&i, options, err);

	if (r < 0)
		return r;
	if (!options->outer)
		r = init_open_sources(&i, err);
	if (r == 0 && !options->outer && options->overlay && options->overlay->mapped)
		r = overlay_open_clones(options->overlay, &i.rootfs.overlay_dirs, err);
	if (r < 0)
		return r;
	if (!options->outer && options->base_creates)
		init_give_streams(&i, &i.uids);
	r = sync_pair(pair, err);
	if (r < 0)
		return r;
	l->options = options;
	l->sync_fd = pair[0];
	i.sync_fd = pair[1];
	r = options->outer             ? make_in_outer(l, &i, err)
	    : joins_any(&i.namespaces) ? make_by_intermediate(l, &i, err)
				       : make_directly(l, &i, err);
	fd_cleanup_(&i.sync_fd);
	if (r < 0)
		return r;
	log_debug("container %s: init is process %d", options->id, l->pid);
	r = confirm_maps(l, &i, err);
	if (r < 0)
		return r;
	return serve_until_ready(l, err);
}

int launch_finish(struct launch *l, struct error *err)
{
	int r = sync_send(l->sync_fd, SYNC_GO, -EBADF, err);

	if (r < 0)
		return r;
	r = sync_expect_exec(l->sync_fd, PEER, err);
	if (r < 0)
		return r;
	fd_cleanup_(&l->sync_fd); /* it is the caller's now */
	return 0;
}

int launch_detach(struct launch *l, struct error *err)
{
	int r = sync_send(l->sync_fd, SYNC_GO, -EBADF, err);

	if (r < 0)
		return r;
	/* Only now has it stopped dying with us. */
	r = sync_expect(l->sync_fd,
			&(struct sync_expectation){.message = SYNC_READY, .peer = PEER},
			err);
	if (r < 0)
		return r;
	fd_cleanup_(&l->sync_fd);
	return 0;
}

int launch_start(int dirfd, const char *name, struct error *err)
{
	cleanup_fd int fd = fd_connect_unix(dirfd, name, SOCK_SEQPACKET, err);

	if (fd < 0)
		return fd;
	int r = sync_send(fd, SYNC_GO, -EBADF, err);
	return r < 0 ? r : sync_expect_exec(fd, PEER, err);
}

void launch_release(struct launch *l)
{
	int saved_errno = errno;
	bool let_go = l->sync_fd < 0;

	fd_cleanup_(&l->sync_fd);
	if (!let_go && l->pid > 0 && l->pid_fd >= 0) {
		int status;
		(void)sys_pidfd_send_signal(l->pid_fd, SIGKILL);
		(void)!proc_wait(l->pid, l->pid_fd, -1, &status);
	}
	fd_cleanup_(&l->pid_fd);
	fd_cleanup_(&l->root_fd);
	*l = LAUNCH_INIT;
	errno = saved_errno;
}
