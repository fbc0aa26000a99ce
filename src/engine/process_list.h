/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processes of a running container, as the host's /proc has them: those of its pid namespace and of the
 * ones inside of it; if it has none of its own, those of its mount namespace. Nothing is run in the container,
 * and nobody enters it. Source: proc_pid_stat(5), proc_pid_status(5), pid_namespaces(7), ioctl_ns(2).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/cleanup.h"
#include "util/error.h"

enum process_caps {
	PROCESS_CAP_INH,
	PROCESS_CAP_PRM,
	PROCESS_CAP_EFF,
	PROCESS_CAP_BND,
	PROCESS_CAP_AMB,
	PROCESS_CAPS
};

struct process_info {
	pid_t pid, ppid; /* of the host */
	int64_t inner_pid, inner_ppid,
		inner_pgid;                /* as the container counts; 0: not in it */
	char state;                        /* 'R', 'S', ... */
	int64_t nice, tty;                 /* tty: device number, 0: none */
	uint64_t user_ticks, system_ticks; /* of sysconf(_SC_CLK_TCK) */
	uint64_t child_user_ticks,
		child_system_ticks; /* of children that it waited for */
	uint64_t start_ticks;       /* since boot */
	uint64_t virtual_bytes, resident_bytes;
	uint64_t n_threads;
	uint32_t ruid, euid, rgid, egid; /* of the host */
	uint32_t *groups;                /* of the host; owned */
	size_t n_groups;
	uint64_t caps[PROCESS_CAPS];
	int seccomp;     /* 0 disabled, 1 strict, 2 filter */
	char *name;      /* comm; owned; any bytes */
	char *arguments; /* joined by blanks, "[name]" if there are none; owned; any bytes */
};

struct process_list {
	struct process_info *items; /* by inner pid, then pid */
	size_t n;
};
void process_list_release(struct process_list *list);
#define cleanup_process_list cleanup(process_list_release)

/*
 * process_lists_read() - of the containers whose first processes are init_pids[], in one look at /proc;
 * ret[] has room for n. Processes that come and go meanwhile are there or not; of a container that is gone the
 * list is empty.
 */
int process_lists_read(const pid_t *init_pids, size_t n, struct process_list *ret,
		       struct error *err) _must_check_;

/* process_read() - one process, from the text of its /proc/PID/stat and status; depth: how many pid namespaces
 * deeper than the reader's the container is. false: they are not what proc(5) says. Pure; the arguments are
 * left out. */
bool process_read(const char *stat, const char *status, size_t depth,
		  struct process_info *ret);
