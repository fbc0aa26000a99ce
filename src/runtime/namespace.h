/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Namespaces of a container: which are new, which are joined by path or pidfd, and the
 * time namespace's offsets. The plan is pure but for opening the paths; joining happens
 * in the child. Order matters: a joined user namespace first (it gives the right to join
 * the rest), a joined pid namespace before the clone that makes the init. See launch.c.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "util/cleanup.h"
#include "util/error.h"

struct spec;

enum namespace_kind {
	NS_USER,
	NS_MOUNT,
	NS_PID,
	NS_NETWORK,
	NS_IPC,
	NS_UTS,
	NS_CGROUP,
	NS_TIME,
	NS_KINDS
};

struct namespace_plan {
	unsigned long new_flags; /* CLONE_NEW* to make */
	int join_fd[NS_KINDS];   /* of those joined, -EBADF otherwise */
};

/* namespace_flag() - CLONE_NEW* of a kind. namespace_word(): the OCI word ("network");
 * namespace_proc_name(): "net". */
int namespace_flag(enum namespace_kind kind);
const char *namespace_word(enum namespace_kind kind);
const char *namespace_proc_name(enum namespace_kind kind);

/*
 * namespace_open() - the namespace file at path, which must be one of this kind. *ret_fd is -EBADF for the one
 * that the caller is in.
 */
int namespace_open(enum namespace_kind kind, const char *path, int *ret_fd,
		   struct error *err) _must_check_;

/* namespace_is_current() - whether fd is the namespace of its kind that the caller is in. */
bool namespace_is_current(enum namespace_kind kind, int fd);

/* namespace_open_of() - the namespace of a process that /proc calls pid; the caller makes sure that it is still the
 * same process afterwards. Return: fd. */
int namespace_open_of(enum namespace_kind kind, pid_t pid,
		      struct error *err) _must_check_;

/*
 * namespace_plan_build() - open what is joined: each path must be a namespace of its kind
 * (NS_GET_NSTYPE). A path to the namespace that the caller is already in counts as
 * neither new nor joined. join_fds (NS_KINDS, may be NULL): used instead of the spec's path
 * where they are not negative.
 */
int namespace_plan_build(const struct spec *spec, const int *join_fds,
			 struct namespace_plan *ret, struct error *err) _must_check_;
void namespace_plan_release(struct namespace_plan *plan);
#define NAMESPACE_PLAN_INIT                                                          \
	((struct namespace_plan){.join_fd = {-EBADF, -EBADF, -EBADF, -EBADF, -EBADF, \
					     -EBADF, -EBADF, -EBADF}})
#define cleanup_namespace_plan cleanup(namespace_plan_release)

/* namespace_join() - setns to one kind's joined namespace, if it is joined. */
int namespace_join(const struct namespace_plan *plan, enum namespace_kind kind,
		   struct error *err) _must_check_;

/* namespace_differs() - whether a process is in another one than the caller. setns(2) refuses a user namespace
 * that one is in already, and any that one has no right over: so what is shared is left out. */
bool namespace_differs(enum namespace_kind kind, pid_t pid);

/* namespace_open_user() - namespace_open_of() a user namespace. */
int namespace_open_user(pid_t pid, struct error *err) _must_check_;

/* namespace_open_owner() - the user namespace that owns another namespace. Return: fd, -EPERM (no *err) if it is
 * none of the caller's. ioctl_ns(2). */
int namespace_open_owner(int ns_fd);

/* namespace_enter_owner() - the user namespace that owns another namespace; its maker is root of it.
 * ioctl_ns(2). */
int namespace_enter_owner(int ns_fd, struct error *err) _must_check_;

/* namespace_set_time_offsets() - in the child after unshare(CLONE_NEWTIME), while it is single-threaded:
 * writes the offsets, then enters the namespace. time_namespaces(7). */
int namespace_set_time_offsets(const struct spec *spec, int proc_fd,
			       struct error *err) _must_check_;

/* namespace_loopback_up() - bring up lo in a new network namespace. netdevice(7). */
int namespace_loopback_up(struct error *err) _must_check_;
