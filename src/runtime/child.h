/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every new process of a container does between clone and exec, be it the init
 * (init.c) or one of exec (exec.c). All of it runs in the child.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "runtime/process.h"
#include "util/cleanup.h"
#include "util/error.h"

/*
 * child_begin() - die with the parent, default signal dispositions, nothing blocked;
 * without a terminal also a session of its own and fds 0, 1, 2 from stdio_fd (-EBADF:
 * /dev/null).
 */
int child_begin(const int stdio_fd[static 3], bool terminal,
		struct error *err) _must_check_;

/* child_take_ids() - gid and uid (-1: leave) with all capabilities kept across the
 * change. */
int child_take_ids(uid_t uid, gid_t gid, struct error *err) _must_check_;

/* child_seclude() - not dumpable: nobody in the container may look into us before exec
 * (CVE-2016-9962); and die with the parent, which an id change has undone. */
int child_seclude(struct error *err) _must_check_;

/* child_new_keyring() - a session keyring of the container's own, where the kernel grants
 * one. */
void child_new_keyring(const char *id);

/* child_outer_pid() - our pid as the runtime sees it, from its procfs. */
pid_t child_outer_pid(int host_proc_fd);

/* child_take_stdio() - the terminal (slave_fd >= 0) becomes 0, 1, 2; or pipes there
 * become the user's. */
int child_take_stdio(int slave_fd, uid_t uid, struct error *err) _must_check_;

enum child_cwd {
	CHILD_CWD_MAKE,  /* made for the program (and its own) if it is missing */
	CHILD_CWD_ENTER, /* missing is an error */
	CHILD_CWD_LATER, /* as the program's user */
};
/*
 * child_enter_cwd() - plan->cwd. One that only the program's own user may enter is left for later (*ret_later),
 * unless that is now.
 */
int child_enter_cwd(const struct process_plan *plan, enum child_cwd how, bool *ret_later,
		    struct error *err) _must_check_;

/* child_check_cwd() - the working directory lies inside the root (CVE-2024-21626). */
int child_check_cwd(struct error *err) _must_check_;

/* child_set_home() - HOME from the container's /etc/passwd where the environment has
 * none. */
void child_set_home(struct process_plan *plan);

/* child_set_listen_pid() - "LISTEN_PID=1" beside LISTEN_FDS is what engines write who don't know the pid: it becomes
 * the one that this process has, in its own pid namespace. Source: sd_listen_fds(3). */
void child_set_listen_pid(struct process_plan *plan);
