/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An idmapped mount takes its mapping from a user namespace. For a mapping that is no
 * container's there is a namespace without inhabitants: a child is cloned into it, waits
 * until its maps are written, and is killed once the parent holds the namespace's fd.
 */
#include "runtime/mount_idmap.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "runtime/child.h"
#include "runtime/namespace.h"
#include "runtime/usermap.h"
#include "spec/spec.h"
#include "util/proc.h"
#include "util/str.h"
#include "util/sys.h"

static int parse_line(const char *text, const struct spec_id_mapping *own, size_t n_own,
		      struct idmap *to, struct error *err)
{
	bool relative = text[0] == '@';
	cleanup_strv char **numbers = str_split(text + relative, '-');
	uint32_t first, host, count;

	if (strv_len(numbers) != 3 || str_to_u32(numbers[0], &first) < 0 ||
	    str_to_u32(numbers[1], &host) < 0 || str_to_u32(numbers[2], &count) < 0 ||
	    count == 0)
		return error_set(err, ERR_INVALID, 0,
				 "options: idmap: expected FIRST-HOST-COUNT, got \"%s\"",
				 text);
	if (relative) {
		cleanup_idmap struct idmap container = {0};
		idmap_from_spec(&container, own, n_own);
		uint32_t start = idmap_to_outside(&container, host);
		uint32_t end = idmap_to_outside(&container, host + (count - 1));
		if (start == IDMAP_NONE || end == IDMAP_NONE || end - start != count - 1)
			return error_set(
				err, ERR_INVALID, 0,
				"options: idmap: the container's ids %u to %llu are not one mapped range",
				host, (unsigned long long)host + count - 1);
		host = start;
	}
	idmap_add(to, first, host, count);
	return 0;
}

static int parse_lines(const char *text, const struct spec *spec, bool uids,
		       struct idmap *to, struct error *err)
{
	const struct spec_linux *l = spec->linux;
	cleanup_strv char **lines = str_split(text, '#');

	strv_foreach (line, lines) {
		int r = parse_line(*line, uids ? l->uid_mappings : l->gid_mappings,
				   uids ? l->n_uid_mappings : l->n_gid_mappings, to, err);
		if (r < 0)
			return r;
	}
	return idmap_check(to, uids ? "options: idmap=uids" : "options: idmap=gids", err);
}

int mount_idmap_parse(const char *text, const struct spec *spec, struct idmap *uids,
		      struct idmap *gids, struct error *err)
{
	cleanup_strv char **parts = str_split(text, ';');

	strv_foreach (part, parts) {
		bool is_uids = str_starts(*part, "uids=");
		struct idmap *to = is_uids ? uids : gids;
		if ((!is_uids && !str_starts(*part, "gids=")) || to->n_lines)
			return error_set(
				err, ERR_INVALID, 0,
				"options: idmap: expected uids=... or gids=... once each, got \"%s\"",
				*part);
		int r = parse_lines(*part + strlen("uids="), spec, is_uids, to, err);
		if (r < 0)
			return r;
	}
	if (uids->n_lines == 0 || gids->n_lines == 0)
		return error_set(err, ERR_INVALID, 0,
				 "options: idmap: both uids= and gids= are needed");
	return 0;
}

/* Undone on every path: the child has no other purpose than to be mapped. */
struct inhabitant {
	pid_t pid, proc_pid; /* ours may be a pid namespace that /proc knows nothing of */
	int pid_fd;
};

static void inhabitant_release(struct inhabitant *i)
{
	int status;

	if (i->pid <= 0)
		return;
	(void)sys_pidfd_send_signal(i->pid_fd, SIGKILL);
	(void)!proc_wait(i->pid, i->pid_fd, -1, &status);
	fd_cleanup_(&i->pid_fd);
}

static _noreturn_ void inhabit(pid_t parent, int write_fd)
{
	cleanup_fd int proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	pid_t pid = child_outer_pid(proc_fd);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)!write(write_fd, &pid, sizeof(pid));
	while (getppid() == parent)
		pause();
	_exit(0);
}

static int inhabitant_start(struct inhabitant *i, struct error *err)
{
	struct clone_args args = {
		.flags = CLONE_NEWUSER | CLONE_PIDFD,
		.pidfd = (uintptr_t)&i->pid_fd,
		.exit_signal = SIGCHLD,
	};
	cleanup_fd int read_fd = -EBADF, write_fd = -EBADF;
	pid_t parent = getpid();
	int pair[2];

	if (pipe2(pair, O_CLOEXEC) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a pipe");
	read_fd = pair[0];
	write_fd = pair[1];
	i->pid = sys_clone3(&args);
	if (i->pid < 0)
		return usermap_explain_clone(errno, err);
	if (i->pid == 0)
		inhabit(parent, write_fd);
	fd_cleanup_(&write_fd);
	if (read(read_fd, &i->proc_pid, sizeof(i->proc_pid)) != sizeof(i->proc_pid))
		return error_set(err, ERR_SYSTEM, EBADMSG, "hear from a helper process");
	return 0;
}

int mount_idmap_ns(const struct idmap *uids, const struct idmap *gids, struct error *err)
{
	cleanup(inhabitant_release) struct inhabitant child = {.pid_fd = -EBADF};
	cleanup_usermap struct usermap map = USERMAP_INIT;
	int r = inhabitant_start(&child, err);

	if (r == 0)
		r = usermap_begin(&map, child.proc_pid, uids, gids, err);
	if (r == 0)
		r = usermap_end(&map, err);
	if (r < 0)
		return error_wrap(err, "make the mapping of an idmapped mount");
	return namespace_open_user(child.proc_pid, err);
}

int mount_idmap_enter(int user_ns_fd, struct error *err)
{
	if (sys_setns(user_ns_fd, CLONE_NEWUSER) < 0)
		return error_set(err, ERR_SYSTEM, errno, "enter a user namespace");
	return child_take_ids(0, 0, err);
}
