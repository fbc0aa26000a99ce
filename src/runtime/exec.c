/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. A process can't put itself into a pid namespace, only its
 * children; so a short-lived one joins all the namespaces through the init's pidfd (in
 * one setns(2), user namespace first by the kernel's own order) and makes the real one
 * with CLONE_PARENT. Neither is ever dumpable: the container's processes see it from the
 * moment it is in their pid namespace (CVE-2016-9962), and it holds fds of the host's
 * until exec.
 */
#include "runtime/exec.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "runtime/cgroup_files.h"
#include "runtime/cgroup_manager.h"
#include "runtime/child.h"
#include "runtime/namespace.h"
#include "runtime/process.h"
#include "runtime/sync.h"
#include "runtime/terminal.h"
#include "spec/spec.h"
#include "util/fd.h"
#include "util/log.h"
#include "util/proc.h"
#include "util/str.h"
#include "util/sys.h"

#define PEER   "the new process"
#define PARENT "the runtime"

struct session {
	const struct exec_options *options;
	struct process_plan process;
	struct seccomp_filter own_filter;
	const struct seccomp_filter *filter;
	int ns_flags;
	int proc_fd; /* the host's procfs */
	int sync_fd; /* the child's end */
	bool cwd_later;
	bool is_outside; /* of the cgroup, as yet */
};

static void session_release(struct session *s)
{
	seccomp_filter_release(&s->own_filter);
	fd_cleanup_(&s->proc_fd);
	fd_cleanup_(&s->sync_fd);
}

static int session_plan(struct session *s, struct error *err)
{
	const struct exec_options *o = s->options;
	int r = process_plan_build(o->process, o->spec->linux->personality, &s->process,
				   err);

	if (r < 0)
		return r;
	for (enum namespace_kind kind = 0; kind < NS_KINDS; kind++)
		if (spec_namespace(o->spec, namespace_word(kind)) &&
		    namespace_differs(kind, o->init_pid))
			s->ns_flags |= namespace_flag(kind);
	s->proc_fd = fd_move_high(open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
	if (s->proc_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open /proc");
	s->filter = o->filter;
	if (s->filter || !o->spec->linux->seccomp)
		return 0;
	r = seccomp_compile(o->spec->linux->seccomp, o->seccomp_cache_dirfd,
			    &s->own_filter, err);
	if (r < 0)
		return error_wrap(err, "linux.seccomp");
	if (s->own_filter.notifies)
		return error_set(
			err, ERR_UNSUPPORTED, 0,
			"exec in a container with a seccomp listener is not supported yet");
	s->filter = &s->own_filter;
	return 0;
}

/* The host's own root in a container without a user namespace keeps its ids: they are
 * root's. */
static int take_ids(const struct session *s, struct error *err)
{
	if (!(s->ns_flags & CLONE_NEWUSER))
		return 0;
	if (sys_setgroups(0, NULL) < 0 && errno != EPERM)
		return error_set(err, ERR_SYSTEM, errno, "drop supplementary groups");
	/* Where 0 isn't mapped there is nothing to become before the program's own ids.
	 */
	int r = child_take_ids(0, 0, err);
	if (r == -EINVAL) {
		error_drop(err, "root is not mapped in this container");
		return 0;
	}
	return r;
}

static int open_console(struct session *s, int *ret_slave_fd, struct error *err)
{
	const struct spec_process *p = s->options->process;
	cleanup_fd int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_fd int master_fd = -EBADF, slave_fd = -EBADF;

	if (!p->terminal)
		return 0;
	if (root_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open /");
	int r = terminal_open(root_fd, p->console_size, &master_fd, &slave_fd, err);
	if (r == 0)
		r = sync_send(s->sync_fd, SYNC_CONSOLE, master_fd, err);
	if (r < 0)
		return error_wrap(err, "set up the terminal");
	*ret_slave_fd = TAKE_FD(slave_fd);
	return 0;
}

static int before_exec(void *data, struct error *err)
{
	struct session *s = data;
	int r = 0;

	if (prctl(PR_SET_PDEATHSIG, s->options->die_with_parent ? SIGKILL : 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "tie the process to its parent");
	if (s->cwd_later)
		r = child_enter_cwd(&s->process, CHILD_CWD_LATER, &s->cwd_later, err);
	if (r == 0)
		r = child_check_cwd(err);
	if (r < 0)
		return r;
	return sync_send(s->sync_fd, SYNC_EXEC, -EBADF, err);
}

static int session_run(struct session *s, struct error *err)
{
	cleanup_fd int slave_fd = -EBADF;
	int r = child_begin(s->options->stdio_fd, s->options->process->terminal, err);

	if (r == 0)
		r = sync_expect(s->sync_fd,
				&(struct sync_expectation){.message = SYNC_MAPPED,
							   .peer = PARENT},
				err);
	if (r == 0)
		r = take_ids(s, err);
	if (r == 0)
		r = child_seclude(err);
	if (r < 0)
		return r;
	child_new_keyring(NULL);
	r = open_console(s, &slave_fd, err);
	if (r == 0)
		r = child_take_stdio(slave_fd, s->process.uid, err);
	if (r == 0)
		r = child_enter_cwd(&s->process, CHILD_CWD_ENTER, &s->cwd_later, err);
	/* as crun has it, and so podman's users know it: 127 */
	if (r < 0 && err->kind == ERR_INVALID && err->code == ENOENT)
		err->kind = ERR_NO_PROGRAM;
	if (r < 0)
		return r;
	child_set_home(&s->process);
	struct process_filter filter = {.filter = s->filter,
					.listener_socket_fd = -EBADF};
	struct process_exec x = {
		.plan = &s->process,
		.filter = &filter,
		.proc_dirfd = s->proc_fd,
		.before_exec = before_exec,
		.before_exec_data = s,
		.keep_fds = s->options->preserve_fds,
		.keep_more = s->options->preserve_fd,
		.n_keep_more = s->options->n_preserve_fd,
		.report_fd = s->sync_fd,
	};
	return process_finish(&x, err);
}

/* process.execCPUAffinity: `initial` for whoever enters the container, `final` for the
 * program. */
static int set_affinity(pid_t pid, const char *cpus, const char *which, struct error *err)
{
	if (str_empty(cpus) || process_set_affinity(pid, cpus, err) == 0)
		return 0;
	return error_wrap(err, "process.execCPUAffinity.%s", which);
}

/* From where an ordinary user logged in no way leads there: by way of the monitor's cgroup, beside the container's. */
static int enter_cgroup(const struct exec_options *o, struct error *err)
{
	int r = cgroup_enter(o->cgroup_path, err);

	if (r == 0)
		r = cgroup_file_write(o->cgroup_fd, "cgroup.procs", "0");
	return r < 0 && !error_is_set(err)
		       ? error_set(err, ERR_SYSTEM, -r, "enter the container's cgroup %s",
				   o->cgroup_path)
		       : r;
}

/* The intermediate: joins, makes the process, reports it. Return: only in the new
 * process. */
static int join_and_clone(struct session *s, struct error *err)
{
	const struct exec_options *o = s->options;
	const struct spec_cpu_affinity *cpus = o->process->exec_cpu_affinity;
	int pid_fd = -EBADF, r = s->is_outside ? enter_cgroup(o, err) : 0;
	struct clone_args args = {
		.flags = CLONE_PARENT | CLONE_PIDFD,
		.pidfd = (uintptr_t)&pid_fd,
	};

	if (r == 0 && cpus)
		r = set_affinity(0, cpus->initial, "initial", err);
	if (r < 0)
		return r;
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "hide from the container");
	if (s->ns_flags && sys_setns(o->init_pid_fd, s->ns_flags) < 0)
		return error_set(err, errno == EPERM ? ERR_DENIED : ERR_SYSTEM, errno,
				 "join the container's namespaces");
	pid_t pid = sys_clone3(&args);
	if (pid < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "make a process in the container");
	if (pid == 0)
		return 0;
	if (sync_send_pid(s->sync_fd, pid, pid_fd, err) < 0)
		(void)sys_pidfd_send_signal(pid_fd, SIGKILL);
	_exit(0);
}

_noreturn_ static void child_main(struct session *s)
{
	cleanup_error struct error err = ERROR_INIT;
	int r = join_and_clone(s, &err);

	if (r == 0)
		r = session_run(s, &err);
	if (r < 0)
		sync_send_error(s->sync_fd, &err);
	_exit(125);
}

/* cgroups(7), "Delegation": write access to the cgroup.procs of the nearest common ancestor is needed. */
static bool may_enter(const struct exec_options *o, int code)
{
	return o->cgroup_fd >= 0 && o->cgroup_path &&
	       (code == EACCES || code == EPERM || code == ENOENT);
}

static int session_clone(struct session *s, int sync_fd, pid_t *ret_pid, int *ret_pid_fd,
			 struct error *err)
{
	struct clone_args args = {.exit_signal = SIGCHLD};

	if (s->options->cgroup_fd >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)s->options->cgroup_fd;
	}
	pid_t pid = sys_clone3(&args);
	if (pid < 0 && may_enter(s->options, errno)) {
		s->is_outside = true;
		args.flags &= ~(uint64_t)CLONE_INTO_CGROUP;
		pid = sys_clone3(&args);
	}
	if (pid < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a process");
	if (pid == 0) {
		close(sync_fd);
		child_main(s);
	}
	fd_cleanup_(&s->sync_fd);
	struct sync_expectation expected = {.message = SYNC_PID,
					    .peer = PEER,
					    .ret_fd = ret_pid_fd,
					    .ret_pid = ret_pid};
	int status, r = sync_expect(sync_fd, &expected, err);
	(void)!proc_wait(pid, -EBADF, -1, &status);
	return r;
}

static int take_console(const struct exec_options *o, int sync_fd, struct error *err)
{
	int master_fd = -EBADF;
	struct sync_expectation expected = {
		.message = SYNC_CONSOLE, .peer = PEER, .ret_fd = &master_fd};
	int r = sync_expect(sync_fd, &expected, err);

	if (r < 0)
		return r;
	if (o->ret_master_fd) {
		*o->ret_master_fd = master_fd;
		return 0;
	}
	r = terminal_send(o->console_socket_fd, master_fd, err);
	close(master_fd);
	return r;
}

static int session_start(struct session *s, int sync_fd, pid_t pid, struct error *err)
{
	const struct spec_cpu_affinity *cpus = s->options->process->exec_cpu_affinity;
	int r = process_apply_limits(&s->process, pid, s->proc_fd, err);

	if (r == 0 && cpus)
		r = set_affinity(pid, cpus->final, "final", err);
	if (r == 0)
		r = sync_send(sync_fd, SYNC_MAPPED, -EBADF, err);
	if (r == 0 && s->options->process->terminal)
		r = take_console(s->options, sync_fd, err);
	if (r == 0)
		r = sync_expect_exec(sync_fd, PEER, err);
	return r;
}

int exec_start(const struct exec_options *options, pid_t *ret_pid, int *ret_pid_fd,
	       struct error *err)
{
	cleanup(session_release) struct session s = {
		.options = options, .proc_fd = -EBADF, .sync_fd = -EBADF};
	cleanup_fd int sync_fd = -EBADF, pid_fd = -EBADF;
	int pair[2], status;
	pid_t pid = 0;
	int r = session_plan(&s, err);

	if (r == 0)
		r = sync_pair(pair, err);
	if (r != 0)
		return r;
	sync_fd = pair[0];
	s.sync_fd = pair[1];
	r = session_clone(&s, sync_fd, &pid, &pid_fd, err);
	if (r < 0)
		return r;
	log_debug("exec: process %d", pid);
	r = session_start(&s, sync_fd, pid, err);
	if (r < 0) {
		(void)sys_pidfd_send_signal(pid_fd, SIGKILL);
		(void)!proc_wait(pid, pid_fd, -1, &status);
		return r;
	}
	*ret_pid = pid;
	*ret_pid_fd = TAKE_FD(pid_fd);
	return 0;
}
