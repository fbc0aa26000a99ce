/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: the order in process_finish().
 *
 *   label          before no_new_privs, which restricts the change of an AppArmor profile
 *   bounding set   while CAP_SETPCAP is there
 *   keepcaps       so that the uid change does not empty the permitted set
 *   groups, gid, uid   in this order: each needs a capability that the next one may take
 * away program found  with the final identity, before what was kept is effective again:
 * it is the user in the container who must be able to see and execute it
 *
 * and then, when no_new_privs is asked for:
 *   no_new_privs, final capabilities, before_exec, filter, execve
 * else, as seccomp(2) without no_new_privs needs CAP_SYS_ADMIN:
 *   inheritable and ambient set, before_exec, filter, final capabilities (capset(2)
 * only), execve
 *
 * In the second case the filter must allow capset(2), as it must for runc and crun.
 * The ambient set needs prctl(2), which is why it is raised before: the kernel keeps it
 * as long as the capabilities stay permitted and inheritable.
 */
#include "runtime/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/process_parts.h"
#include "spec/spec.h"
#include "util/fd.h"
#include "util/sys.h"

int process_plan_build(const struct spec_process *process,
		       const struct spec_personality *personality,
		       struct process_plan *ret, struct error *err)
{
	struct process_plan plan = {
		.uid = process->user.uid,
		.gid = process->user.gid,
		.groups = process->user.additional_gids,
		.n_groups = process->user.n_additional_gids,
		.has_umask = process->user.has_umask,
		.umask = process->user.umask,
		.has_capabilities = process->capabilities,
		.no_new_privileges = process->no_new_privileges,
		.has_oom_score_adj = process->has_oom_score_adj,
		.oom_score_adj = process->oom_score_adj,
		.has_scheduler = process->scheduler,
		.has_ioprio = process->io_priority,
		.has_personality = personality,
		.args = process->args,
		.env = process->env,
		.cwd = process->cwd,
	};
	int r = 0;

	if (process->capabilities)
		r = capabilities_plan(process->capabilities, &plan.capabilities, err);
	if (r == 0)
		r = rlimits_plan(process->rlimits, process->n_rlimits, &plan, err);
	if (r == 0 && process->scheduler)
		r = scheduler_plan(process->scheduler, &plan.scheduler, err);
	if (r == 0 && process->io_priority)
		r = ioprio_plan(process->io_priority, &plan.ioprio, err);
	if (r == 0 && personality)
		r = personality_plan(personality, &plan.personality, err);
	if (r == 0)
		r = lsm_plan(process, &plan, err);
	if (r == 0 && plan.has_oom_score_adj &&
	    (plan.oom_score_adj < -1000 || plan.oom_score_adj > 1000))
		r = error_set(err, ERR_INVALID, 0,
			      "process.oomScoreAdj: expected -1000 to 1000, got %d",
			      plan.oom_score_adj);
	if (r == 0)
		*ret = plan;
	return r;
}

static int oom_score_adj_apply(const struct process_plan *plan, pid_t pid, int proc_dirfd,
			       struct error *err)
{
	cleanup_fd int fd = -EBADF;
	char text[16];
	int r;

	snprintf(text, sizeof(text), "%d", plan->oom_score_adj);
	fd = proc_open_pid(proc_dirfd, pid, "oom_score_adj", O_WRONLY, err);
	if (fd < 0)
		return error_wrap(err, "set oom_score_adj to %s", text);
	r = fd_write_all(fd, text, strlen(text));
	if (r < 0)
		error_set(err, r == -EACCES ? ERR_DENIED : ERR_SYSTEM, -r,
			  "set oom_score_adj to %s", text);
	if (r == -EACCES)
		error_hint(
			err,
			"without CAP_SYS_RESOURCE it can't be lower than the caller's own "
			"(cat /proc/self/oom_score_adj)");
	return r;
}

int process_apply_limits(const struct process_plan *plan, pid_t pid, int proc_dirfd,
			 struct error *err)
{
	int r = 0;

	if (plan->has_oom_score_adj)
		r = oom_score_adj_apply(plan, pid, proc_dirfd, err);
	if (r == 0)
		r = rlimits_raise(plan, pid, err);
	return r == 0 ? scheduler_apply(plan, pid, err) : r;
}

static int groups_apply(const struct process_plan *plan, struct error *err)
{
	int code;

	if (plan->keep_groups || sys_setgroups(plan->n_groups, plan->groups) == 0)
		return 0;
	code = errno;
	error_set(err, code == EPERM ? ERR_DENIED : ERR_SYSTEM, code,
		  "set supplementary groups");
	if (code == EPERM)
		return error_hint(err, "it needs CAP_SETGID, and a user namespace whose "
				       "/proc/self/setgroups says \"allow\"");
	if (code == EINVAL)
		return error_hint(
			err, "a group has no mapping in the container's user namespace");
	return -code;
}

static int id_error(const char *what, unsigned int id, struct error *err)
{
	int code = errno;

	error_set(err, ERR_SYSTEM, code, "become %s %u", what, id);
	if (code == EINVAL)
		return error_hint(
			err,
			"%s %u has no mapping in the container's user namespace: map "
			"it or choose another user",
			what, id);
	return -code;
}

/* A spec without capabilities asks for none. Who has none of them, and no right to change
 * the bounding set, keeps that. */
static int limit_capabilities(const struct process_plan *plan,
			      struct process_capabilities *caps, struct error *err)
{
	int r = capabilities_limit(caps, err);

	if (r != -EPERM || plan->has_capabilities)
		return r;
	error_drop(err, "no capabilities were asked for, and there are none");
	return 0;
}

/* Everything up to the uid change; what is permitted stays so over it. */
static int identity_take(const struct process_plan *plan,
			 struct process_capabilities *caps, int proc_dirfd,
			 struct error *err)
{
	int r = lsm_apply(plan, proc_dirfd, err);

	if (r == 0 && plan->has_personality && personality(plan->personality) < 0)
		r = error_set(err, ERR_SYSTEM, errno, "set personality 0x%lx",
			      plan->personality);
	if (r == 0)
		r = limit_capabilities(plan, caps, err);
	if (r == 0)
		r = capabilities_keep(true, err);
	if (r == 0)
		r = groups_apply(plan, err);
	if (r == 0 && sys_setresgid(plan->gid, plan->gid, plan->gid) < 0)
		r = id_error("group", plan->gid, err);
	if (r == 0 && sys_setresuid(plan->uid, plan->uid, plan->uid) < 0)
		r = id_error("user", plan->uid, err);
	if (r == 0)
		r = capabilities_keep(false, err);
	/* The change of ids has set it to sysctl fs.suid_dumpable. */
	if (r == 0 && prctl(PR_SET_DUMPABLE, 0) < 0)
		r = error_set(err, ERR_SYSTEM, errno, "hide from the container");
	if (r == 0 && plan->has_umask)
		umask(plan->umask);
	return r;
}

int process_apply_identity(const struct process_plan *plan, int proc_dirfd,
			   struct error *err)
{
	struct process_capabilities caps = plan->capabilities;
	int r = identity_take(plan, &caps, proc_dirfd, err);

	if (r == 0)
		r = capabilities_hold(&caps, err);
	return r == 0 ? capabilities_set(&caps, err) : r;
}

static int filter_load(const struct process_filter *filter, struct error *err)
{
	if (!filter || !filter->filter)
		return 0;
	return seccomp_filter_load(filter->filter, filter->listener_socket_fd,
				   filter->listener_message, filter->listener_message_len,
				   err);
}

/*
 * The program's path may be /proc/self/fd/N/..., or a link in the container's root may say
 * so, and the kernel closes what is close-on-exec only after it has walked that path. So
 * nothing is left open by which it could lead to a program of the host's, whose
 * /proc/self/exe would then be in reach (CVE-2024-21626).
 */
static int before_exec(const struct process_exec *x, struct error *err)
{
	int keep[2 + PROCESS_KEEP_MORE_MAX] = {
		x->report_fd, x->filter ? x->filter->listener_socket_fd : -EBADF};
	size_t n = 2;
	int r = x->before_exec ? x->before_exec(x->before_exec_data, err) : 0;

	if (r < 0)
		return r;
	for (size_t i = 0; i < x->n_keep_more && n < ARRAY_SIZE(keep); i++)
		keep[n++] = x->keep_more[i];
	r = fd_close_all_but(3 + x->keep_fds, keep, n);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "close file descriptors");
	return rlimits_apply(x->plan, 0, err);
}

/* The last steps with no_new_privs, or without any filter. */
static int lock_down(const struct process_exec *x,
		     const struct process_capabilities *caps, struct error *err)
{
	int r = 0;

	if (x->plan->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "set no_new_privs");
	r = capabilities_set(caps, err);
	if (r == 0)
		r = before_exec(x, err);
	return r == 0 ? filter_load(x->filter, err) : r;
}

/* The last steps when CAP_SYS_ADMIN is what allows the filter. */
static int lock_down_privileged(const struct process_exec *x,
				const struct process_capabilities *caps,
				struct error *err)
{
	int r = before_exec(x, err);

	if (r == 0)
		r = filter_load(x->filter, err);
	return r == 0 ? capabilities_set(caps, err) : r;
}

int process_finish(const struct process_exec *x, struct error *err)
{
	const struct process_plan *plan = x->plan;
	bool privileged = x->filter && x->filter->filter && !plan->no_new_privileges;
	struct process_capabilities caps = plan->capabilities;
	cleanup_free char *found = NULL;
	const char *program = x->program;
	int r = identity_take(plan, &caps, x->proc_dirfd, err);

	if (r == 0 && !program) {
		r = process_find_program(plan, &found, err);
		program = found;
	}
	if (r == 0)
		r = capabilities_hold(&caps, err);
	if (r == 0)
		r = privileged ? lock_down_privileged(x, &caps, err)
			       : lock_down(x, &caps, err);
	if (r < 0)
		return r;
	execve(program, plan->args, plan->env);
	return program_exec_error(program, errno, err);
}
