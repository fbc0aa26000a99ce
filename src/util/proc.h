/* SPDX-License-Identifier: Apache-2.0 */
/* Processes: who one is for certain, whether it lives, and running helper programs. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/buf.h"
#include "util/cleanup.h"
#include "util/error.h"

/* A process, told apart from a later one with the same pid, also over a reboot. */
struct proc_id {
	pid_t pid;           /* 0: none */
	uint64_t start_time; /* field 22 of /proc/PID/stat, in clock ticks since boot;
				proc(5) */
	char boot_id[37];    /* /proc/sys/kernel/random/boot_id */
};

/* proc_id_get() - of a live process. 0, or -ESRCH, -errno with *err. */
int proc_id_get(pid_t pid, struct proc_id *ret, struct error *err) _must_check_;

/* proc_id_open() - a pidfd of exactly this process, -ESRCH (no *err) if it is gone or a
 * zombie that only waits to be reaped. Return: fd or -errno. */
int proc_id_open(const struct proc_id *id) _must_check_;
bool proc_id_alive(const struct proc_id *id);

/* Text form "PID:STARTTIME:BOOTID", for a file or a database column. */
#define PROC_ID_TEXT_MAX 80
void proc_id_format(const struct proc_id *id, char buf[static PROC_ID_TEXT_MAX]);
int proc_id_parse(const char *text, struct proc_id *ret) _must_check_;

/* A helper program. Everything but fds 0, 1, 2 is closed in it. */
struct proc_spawn {
	const char *file;  /* absolute, or searched in PATH (then in the usual sbin/bin
			      dirs) */
	char *const *argv; /* NULL-terminated, argv[0] included */
	char *const *envp; /* NULL: the caller's */
	int stdin_fd, stdout_fd, stderr_fd; /* -EBADF: /dev/null */
	const char *cwd;                    /* NULL: the caller's */
	pid_t *ret_pid;
	int *ret_pid_fd; /* may be NULL */
};
/* proc_spawn() - start it (exec failure is reported here, ENOENT as ERR_NOT_FOUND). */
int proc_spawn(const struct proc_spawn *s, struct error *err) _must_check_;

/* proc_wait() - reap pid. *ret_status is wait(2)'s. timeout_msec < 0: for ever; on
 * -ETIMEDOUT (no *err) nothing is reaped. */
int proc_wait(pid_t pid, int pid_fd, int timeout_msec, int *ret_status) _must_check_;

/* proc_die_with() - this process is killed when `parent`, whose single thread made it, ends. -ESRCH: it has already. */
int proc_die_with(pid_t parent) _must_check_;

/* proc_exit_code() - wait status as a shell's exit status: code, or 128+signal. */
int proc_exit_code(int status);

/* proc_run() - spawn, collect at most max bytes of stdout+stderr, wait. Return: exit code
 * >= 0 or -errno with *err. */
int proc_run(const char *file, char *const argv[], struct buf *output,
	     struct error *err) _must_check_;
/* proc_run_env() - with another environment; envp NULL: the caller's. */
int proc_run_env(const char *file, char *const argv[], char *const envp[],
		 struct buf *output, struct error *err) _must_check_;

/* proc_find() - full path of a program, searched in PATH and the usual bin and sbin
 * directories; NULL if none. Caller frees. */
char *proc_find(const char *name);
