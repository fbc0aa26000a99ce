/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work that is done as root of a user namespace: on files of many owners (layers, what a container
 * wrote), or on bytes that nobody has vouched for. A process is forked into new namespaces, takes
 * id 0 there, and calls a function of the caller's, or becomes another program by exec.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "runtime/idmap.h"
#include "util/cleanup.h"
#include "util/error.h"

struct sandbox_network {
	int user_ns_fd, net_ns_fd;
};

struct sandbox_options {
	const struct idmap *uids, *gids; /* no lines: no user namespace of its own */
	unsigned long new_flags;         /* CLONE_NEW*, besides the user namespace */
	/* instead of a new user namespace that which owns this mount namespace, made by the same user;
	 * new_flags can't have CLONE_NEWPID then. NULL: a new one */
	const int *joined_mount_ns_fd;
	/* instead: the user and mount namespaces of a process, given as its pidfd and its number, where they are others than the
	 * caller's. The child is root there, its root directory is the process's, and nobody there can
	 * look into it. No new_flags then. 0: no such */
	pid_t joined_pid;
	int joined_pid_fd;
	/* instead: a network namespace and the user namespace that owns it (-EBADF: the caller's), where the child is root;
	 * mounts and the rest are the caller's. No new_flags then. NULL: no such */
	const struct sandbox_network *joined_network;
	/* run() - in the child, with umask 0. Either returns 0 or -errno with *err, or execs. Fds are
	 * those of the caller. */
	int (*run)(void *data, struct error *err);
	void *data;
};

struct sandbox {
	pid_t pid;
	int pid_fd, report_fd; /* owned */
};
#define SANDBOX_INIT ((struct sandbox){.pid_fd = -EBADF, .report_fd = -EBADF})

/* sandbox_start() - returns when run() is about to be called. The child dies with the caller. */
int sandbox_start(const struct sandbox_options *o, struct sandbox *ret,
		  struct error *err) _must_check_;

/* sandbox_enter_root() - for run(): a directory becomes the root and the working directory; no path leads out
 * of it, as long as no fd of a directory outside is used. */
int sandbox_enter_root(int dir_fd, struct error *err) _must_check_;

/*
 * sandbox_wait_exec() - until it has exec'd another program; what failed before that is *err.
 * sandbox_wait() - until it has ended; run()'s error is *err. Return: the exit status of an exec'd
 * program, 0 for a function; killed by a signal is an error.
 */
int sandbox_wait_exec(struct sandbox *s, struct error *err) _must_check_;
int sandbox_wait(struct sandbox *s, struct error *err) _must_check_;

/* sandbox_release() - kills what was not waited for. sandbox_end() - gives it some time before that, to end
 * by itself. */
void sandbox_release(struct sandbox *s);
void sandbox_end(struct sandbox *s, int timeout_msec);
#define cleanup_sandbox cleanup(sandbox_release)

/* sandbox_call() - start and wait. */
int sandbox_call(const struct sandbox_options *o, struct error *err) _must_check_;
