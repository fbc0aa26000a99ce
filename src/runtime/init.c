/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: see launch.c for the whole, sync.h for the numbered steps. Here
 * the order is a matter of ids and of what is still in sight:
 *
 *   before step 1   the caller's ids, no map yet: namespaces (but ipc and cgroup), time
 *                   offsets, names, loopback, root and bind sources opened
 *   after step 1    the container's base ids; ipc and cgroup namespaces (their files take
 *                   the ids of their maker); not dumpable any more; mounts, devices
 *   steps 2, 3      host still visible for hooks; terminal
 *   then            pivot_root: the host is gone; masks, sysctl, read-only root, cwd,
 *                   program
 *   step 4          complete: the parent writes it down
 *   then            start socket, identity, startContainer hooks, filter, exec
 *                   (process_finish)
 *
 * Mustn't: open anything by path after the mounts began but through util/path; look up
 * names (NSS would load the container's libraries: CVE-2019-14271).
 */
#include "runtime/init.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "runtime/cgroup_delegate.h"
#include "runtime/cgroup_manager.h"
#include "runtime/child.h"
#include "runtime/hooks.h"
#include "runtime/outer_container.h"
#include "runtime/process.h"
#include "runtime/root_edit.h"
#include "runtime/sync.h"
#include "runtime/sysctl.h"
#include "runtime/terminal.h"
#include "runtime/usermap.h"
#include "spec/spec.h"
#include "spec/state.h"
#include "util/fd.h"
#include "util/json.h"
#include "util/path.h"
#include "util/sys.h"

#define PEER "the runtime"

#define EARLY_NAMESPACES (CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWTIME)
#define LATE_NAMESPACES  (CLONE_NEWIPC | CLONE_NEWCGROUP)

static bool is_placed_later(const struct init *i)
{
	return i->options->base_creates || i->options->cgroup_apart ||
	       i->namespaces.join_fd[NS_CGROUP] >= 0;
}

int init_place(const struct init *i, pid_t pid, const struct idmap *uids,
	       const struct idmap *gids, struct error *err)
{
	const struct launch_options *o = i->options;
	int r = 0;

	if (o->cgroup_apart)
		r = cgroup_attach(o->cgroup_apart, pid, err);
	else if (o->cgroup_fd >= 0 && is_placed_later(i))
		r = cgroup_move(o->cgroup_fd, pid, err);
	if (r < 0 || !o->cgroup_files || uids->n_lines == 0)
		return r;
	/* an ordinary user's own already, where there is nobody to ask */
	if (geteuid() != 0 && idmap_to_outside(uids, 0) == geteuid())
		return 0;
	return cgroup_give(o->cgroup_files, idmap_to_outside(uids, 0),
			   idmap_to_outside(gids, 0), err);
}

pid_t init_clone(const struct init *i, unsigned long extra_flags, int *ret_pid_fd,
		 struct error *err)
{
	unsigned long flags = i->namespaces.new_flags & (CLONE_NEWUSER | CLONE_NEWPID);
	int pid_fd = -EBADF;
	struct clone_args args = {
		.flags = flags | extra_flags | CLONE_PIDFD,
		.pidfd = (uintptr_t)&pid_fd,
		.exit_signal = extra_flags & CLONE_PARENT ? 0 : SIGCHLD,
	};

	if (i->options->cgroup_fd >= 0 && !is_placed_later(i)) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)i->options->cgroup_fd;
	}
	pid_t pid = sys_clone3(&args);
	if (pid < 0 && (flags & CLONE_NEWUSER))
		return usermap_explain_clone(errno, err);
	if (pid < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "make the container's first process");
	if (pid > 0)
		*ret_pid_fd = fd_move_high(pid_fd);
	return pid;
}

static int unshare_namespaces(const struct init *i, unsigned long which,
			      struct error *err)
{
	unsigned long flags = i->namespaces.new_flags & which;

	if (flags == 0 || sys_unshare((int)flags) == 0)
		return 0;
	(void)error_set(err, ERR_SYSTEM, errno, "make the container's namespaces");
	if (err->code == ENOSPC)
		return error_hint(
			err,
			"the limit of namespaces is reached: see sysctl user.max_net_namespaces and its like");
	if (err->code == EPERM && geteuid() != 0 &&
	    !(i->namespaces.new_flags & CLONE_NEWUSER))
		return error_hint(
			err,
			"an ordinary user needs a user namespace: add one to linux.namespaces");
	if (err->code == EPERM || err->code == ENOSYS)
		(void)outer_container_hint(err);
	return -err->code;
}

/* In a namespace of its own only a filter can forbid it. */
static int names_failed(const char *what, const char *name, struct error *err)
{
	error_set(err, ERR_SYSTEM, errno, "set the %s %s", what, name);
	if (err->code == EPERM)
		(void)outer_container_hint(err);
	return -err->code;
}

static int set_names(const struct spec *spec, struct error *err)
{
	if (spec->hostname && sethostname(spec->hostname, strlen(spec->hostname)) < 0)
		return names_failed("hostname", spec->hostname, err);
	if (spec->domainname &&
	    setdomainname(spec->domainname, strlen(spec->domainname)) < 0)
		return names_failed("domainname", spec->domainname, err);
	return 0;
}

/* Before any id is mapped. */
static int make_early(struct init *i, struct error *err)
{
	int r = unshare_namespaces(i, EARLY_NAMESPACES, err);

	if (r == 0 && (i->namespaces.new_flags & CLONE_NEWTIME))
		r = namespace_set_time_offsets(i->options->spec, i->rootfs.host_proc_fd,
					       err);
	if (r == 0 && (i->namespaces.new_flags & CLONE_NEWNET))
		r = namespace_loopback_up(err);
	if (r == 0)
		r = set_names(i->options->spec, err);
	if (r < 0 || !(i->namespaces.new_flags & CLONE_NEWNS))
		return r;
	r = rootfs_open(&i->rootfs, err);
	if (r < 0)
		return r;
	return mount_open_sources(&i->rootfs, err);
}

/* The container's base ids: its root where that is mapped, else the ids of its program.
 */
static int take_ids(const struct init *i, struct error *err)
{
	bool mapped = i->uids.n_lines > 0, joined = i->namespaces.join_fd[NS_USER] >= 0;

	if (!mapped && !joined)
		return 0;
	gid_t gid = mapped && idmap_to_outside(&i->gids, 0) == IDMAP_NONE ? i->process.gid
									  : 0;
	uid_t uid = mapped && idmap_to_outside(&i->uids, 0) == IDMAP_NONE ? i->process.uid
									  : 0;
	if (!i->process.keep_groups && sys_setgroups(0, NULL) < 0 && errno != EPERM)
		return error_set(err, ERR_SYSTEM, errno, "drop supplementary groups");
	return child_take_ids(uid, gid, err);
}

static int make_late(struct init *i, struct error *err)
{
	int r = take_ids(i, err);

	if (r < 0)
		return r;
	r = child_seclude(err);
	if (r < 0)
		return r;
	r = unshare_namespaces(i, LATE_NAMESPACES, err);
	if (r < 0)
		return r;
	if (!i->options->no_new_keyring)
		child_new_keyring(i->options->id);
	return 0;
}

static int wait_for(struct init *i, enum sync_message message, struct error *err)
{
	return sync_expect(i->sync_fd,
			   &(struct sync_expectation){.message = message, .peer = PEER},
			   err);
}

/* Step 1. With an outer user namespace the root's mount comes along. */
static int wait_for_maps(struct init *i, struct error *err)
{
	struct sync_expectation x = {
		.message = SYNC_MAPPED,
		.peer = PEER,
		.ret_fd = i->options->outer ? &i->rootfs.root_fd : NULL,
	};

	/* without an overlay the root is there already */
	if (i->rootfs.root_fd >= 0)
		x.ret_fd = NULL;
	return sync_expect(i->sync_fd, &x, err);
}

/* By ourselves: nobody else may look, once we are secluded. */
static int hand_out_network(const struct init *i, struct error *err)
{
	if (!i->options->on_network || !(i->namespaces.new_flags & CLONE_NEWNET))
		return 0;
	cleanup_fd int fd =
		openat(i->rootfs.host_proc_fd, "self/ns/net", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open the network namespace");
	return sync_send(i->sync_fd, SYNC_NETWORK, fd, err);
}

static void fill_state(const struct init *i, const char *status, pid_t pid,
		       struct spec_state *ret)
{
	const struct spec *spec = i->options->spec;

	*ret = (struct spec_state){
		.id = i->options->id,
		.status = status,
		.pid = pid,
		.bundle = i->options->bundle,
		.annotations = spec->annotations,
		.n_annotations = spec->n_annotations,
	};
}

/* Step 2: the runtime's hooks in the parent, the container's here, the host still in
 * sight. */
static int run_early_hooks(struct init *i, pid_t outer_pid, struct error *err)
{
	const struct spec_hooks *h = i->options->spec->hooks;
	struct spec_state state;
	int r = 0;

	if (!h)
		return 0;
	if (h->n_prestart + h->n_create_runtime) {
		r = sync_send(i->sync_fd, SYNC_HOOKS, -EBADF, err);
		if (r == 0)
			r = wait_for(i, SYNC_GO, err);
	}
	if (r < 0)
		return r;
	fill_state(i, "creating", outer_pid, &state);
	return hooks_run("createContainer", h->create_container, h->n_create_container,
			 &state, err);
}

/* Step 3. Return: the slave's fd, or -EBADF without a terminal (then *err is empty). */
static int open_console(struct init *i, int *ret_slave_fd, struct error *err)
{
	const struct spec_process *p = i->options->spec->process;
	cleanup_fd int master_fd = -EBADF, slave_fd = -EBADF;

	if (!p->terminal)
		return 0;
	int r = terminal_open(i->rootfs.root_fd, p->console_size, &master_fd, &slave_fd,
			      err);
	if (r == 0)
		r = terminal_bind_console(i->rootfs.root_fd, slave_fd, err);
	if (r == 0)
		r = sync_send(i->sync_fd, SYNC_CONSOLE, master_fd, err);
	if (r < 0)
		return error_wrap(err, "set up the terminal");
	*ret_slave_fd = TAKE_FD(slave_fd);
	return 0;
}

static int apply_sysctl(struct init *i, struct error *err)
{
	if (i->options->spec->linux->n_sysctl == 0)
		return 0;
	return sysctl_apply(i->options->spec,
			    i->rootfs.new_proc_fd >= 0 ? i->rootfs.new_proc_fd
						       : i->rootfs.host_proc_fd,
			    err);
}

/* The container's root file system, from the first mount to the closed door behind us. */
static int build_rootfs(struct init *i, pid_t outer_pid, int *ret_slave_fd,
			struct error *err)
{
	struct rootfs *r = &i->rootfs;
	int result = rootfs_mount_overlay(r, err);

	if (result == 0)
		root_edit_apply(r->root_fd, i->options->edits, i->options->n_edits);
	if (result == 0)
		result = mount_apply(r, err);
	if (result == 0)
		result = device_create(r, err);
	if (result == 0)
		result = run_early_hooks(i, outer_pid, err);
	if (result == 0)
		result = open_console(i, ret_slave_fd, err);
	if (result == 0)
		result = apply_sysctl(i, err);
	if (result == 0)
		result = rootfs_enter(r, err);
	if (result == 0)
		result = mask_apply(r, err);
	if (result == 0)
		result = rootfs_seal(r, err);
	return result;
}

/* A joined mount namespace: nothing is built, root.path is looked up in it. */
static int enter_joined_root(struct init *i, struct error *err)
{
	cleanup_fd int top_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (top_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open /");
	cleanup_fd int fd = path_open(top_fd, i->options->spec->root->path,
				      O_PATH | O_DIRECTORY, err);
	if (fd < 0)
		return error_wrap(err, "root.path");
	if (fchdir(fd) < 0 || chroot(".") < 0 || chdir("/") < 0)
		return error_set(err, ERR_SYSTEM, errno, "enter %s",
				 i->options->spec->root->path);
	return 0;
}

/* Who only looks whether somebody listens here (state.c), or was killed before it asked,
 * goes away without a word; only SYNC_GO starts the container. */
static int accept_starter(struct init *i, struct error *err)
{
	for (;;) {
		cleanup_error struct error ignored = ERROR_INIT;
		int fd = accept4(i->options->start_fd, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (fd < 0)
			return error_set(err, ERR_SYSTEM, errno, "wait for start");
		fd_cleanup_(&i->sync_fd);
		i->sync_fd = fd_move_high(fd);
		if (wait_for(i, SYNC_GO, &ignored) == 0)
			return 0;
		error_drop(&ignored, "a caller that did not start the container");
	}
}

/* After step 4: wait for `start`, which may come from another process much later. */
static int wait_for_start(struct init *i, struct error *err)
{
	int r = wait_for(i, SYNC_GO, err);

	if (r < 0 || i->options->start_fd < 0)
		return r;
	/* The creator may end now, and its last words to us are that it knows we stay; unless it stays too. */
	if (!i->options->die_with_parent && prctl(PR_SET_PDEATHSIG, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "outlive the creator");
	for (size_t n = 0; n < ARRAY_SIZE(i->options->forget_fds); n++)
		if (i->options->forget_fds[n] >= 0)
			(void)close(i->options->forget_fds[n]);
	r = sync_send(i->sync_fd, SYNC_READY, -EBADF, err);
	if (r < 0)
		return r;
	return accept_starter(i, err);
}

static int run_start_hooks(struct init *i, pid_t outer_pid, struct error *err)
{
	const struct spec_hooks *h = i->options->spec->hooks;
	struct spec_state state;

	if (!h)
		return 0;
	fill_state(i, "created", outer_pid, &state);
	return hooks_run("startContainer", h->start_container, h->n_start_container,
			 &state, err);
}

struct last_steps {
	struct init *i;
	pid_t outer_pid;
};

/*
 * The last thing before the filter: the final ids are taken, which cleared the death
 * signal. startContainer hooks are programs of the container's own root, so they
 * get no more than the container's program: its ids and its bounding set.
 */
static int before_exec(void *data, struct error *err)
{
	const struct last_steps *last = data;
	struct init *i = last->i;
	struct pollfd peer = {.fd = i->sync_fd, .events = POLLIN};

	/* Cleared expressly where it was not asked for: exec keeps it. */
	if (prctl(PR_SET_PDEATHSIG, i->options->die_with_parent ? SIGKILL : 0) < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "tie the container to its monitor");
	if (i->options->die_with_parent && poll(&peer, 1, 0) > 0 &&
	    (peer.revents & (POLLHUP | POLLERR)))
		return error_set(err, ERR_SYSTEM, 0, "%s ended meanwhile", PEER);
	int r = i->cwd_later ? child_enter_cwd(&i->process, CHILD_CWD_LATER,
					       &i->cwd_later, err)
			     : 0;
	if (r == 0)
		r = child_check_cwd(err);
	if (r == 0)
		r = run_start_hooks(i, last->outer_pid, err);
	if (r < 0)
		return r;
	return sync_send(i->sync_fd, SYNC_EXEC, -EBADF, err);
}

static int finish(struct init *i, pid_t outer_pid, const char *program, struct error *err)
{
	const struct spec_seccomp *profile = i->options->spec->linux->seccomp;
	struct last_steps last = {.i = i, .outer_pid = outer_pid};
	cleanup_free char *message = NULL;

	if (i->listener_fd >= 0) {
		struct spec_state state;
		fill_state(i, "creating", outer_pid, &state);
		cleanup_json struct json_object *document = spec_seccomp_state_to_json(
			&state, outer_pid, profile->listener_metadata);
		message = json_text(document, false);
	}
	struct process_filter filter = {
		.filter = i->filter,
		.listener_socket_fd = i->listener_fd,
		.listener_message = message,
		.listener_message_len = message ? strlen(message) : 0,
	};
	struct process_exec x = {
		.plan = &i->process,
		.filter = &filter,
		.proc_dirfd = i->rootfs.host_proc_fd,
		.program = program,
		.before_exec = before_exec,
		.before_exec_data = &last,
		.keep_fds = i->options->preserve_fds,
		.keep_more = i->options->preserve_fd,
		.n_keep_more = i->options->n_preserve_fd,
		.report_fd = i->sync_fd,
	};
	return process_finish(&x, err);
}

static int run(struct init *i, struct error *err)
{
	bool own_root = i->namespaces.new_flags & CLONE_NEWNS;
	pid_t outer_pid = child_outer_pid(i->rootfs.host_proc_fd);
	cleanup_fd int slave_fd = -EBADF;
	cleanup_free char *program = NULL;
	int r = child_begin(i->options->stdio_fd, i->options->spec->process->terminal,
			    err);

	if (r == 0)
		r = make_early(i, err);
	if (r == 0)
		r = wait_for_maps(i, err);
	if (r == 0)
		r = hand_out_network(i, err);
	if (r == 0)
		r = make_late(i, err);
	if (r == 0)
		r = own_root ? build_rootfs(i, outer_pid, &slave_fd, err)
			     : enter_joined_root(i, err);
	if (r == 0)
		r = child_take_stdio(slave_fd, i->process.uid, err);
	if (r == 0)
		r = child_enter_cwd(&i->process, CHILD_CWD_MAKE, &i->cwd_later, err);
	if (r == 0)
		child_set_home(&i->process);
	if (r == 0)
		child_set_listen_pid(&i->process);
	if (r == 0)
		r = process_find_program(&i->process, &program, err);
	if (r == 0)
		r = sync_send(i->sync_fd, SYNC_READY, -EBADF, err);
	if (r == 0)
		r = wait_for_start(i, err);
	if (r == 0)
		r = finish(i, outer_pid, program, err);
	return r;
}

_noreturn_ void init_run(struct init *i)
{
	cleanup_error struct error err = ERROR_INIT;

	if (run(i, &err) < 0)
		sync_send_error(i->sync_fd, &err);
	_exit(125);
}

pid_t init_join_and_clone(struct init *i, int *ret_pid_fd, struct error *err)
{
	static const enum namespace_kind order[] = {NS_USER, NS_PID,  NS_NETWORK,
						    NS_IPC,  NS_UTS,  NS_CGROUP,
						    NS_TIME, NS_MOUNT};

	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "hide from the container");
	for (size_t k = 0; k < ARRAY_SIZE(order); k++) {
		int r = namespace_join(&i->namespaces, order[k], err);
		if (r < 0)
			return r;
	}
	/* newuidmap(1) and the writer of a map must be able to open the init's /proc/PID
	 */
	if ((i->namespaces.new_flags & CLONE_NEWUSER) && prctl(PR_SET_DUMPABLE, 1) < 0)
		return error_set(err, ERR_SYSTEM, errno, "let the maps be written");
	return init_clone(i, CLONE_PARENT, ret_pid_fd, err);
}

_noreturn_ void init_intermediate(struct init *i)
{
	cleanup_error struct error err = ERROR_INIT;
	int pid_fd = -EBADF;
	pid_t pid = init_join_and_clone(i, &pid_fd, &err);

	if (pid == 0)
		init_run(i);
	if (pid > 0 && sync_send_pid(i->sync_fd, pid, pid_fd, &err) < 0)
		(void)sys_pidfd_send_signal(pid_fd, SIGKILL);
	if (pid < 0)
		sync_send_error(i->sync_fd, &err);
	_exit(pid < 0 ? 125 : 0);
}
