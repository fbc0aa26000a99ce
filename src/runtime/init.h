/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child side of a launch: everything that happens in the container's first process
 * between clone and the exec of the user's program. Private to launch.c.
 */
#pragma once

#include <stdbool.h>

#include "runtime/idmap.h"
#include "runtime/launch_options.h"
#include "runtime/mount_plan.h"
#include "runtime/namespace.h"
#include "runtime/process.h"
#include "runtime/rootfs.h"
#include "runtime/seccomp.h"

/* The whole plan of a launch, complete before the clone and the same on both sides. */
struct init {
	const struct launch_options *options;
	struct process_plan process;
	struct namespace_plan namespaces;
	struct mount_plan mounts;
	struct idmap uids, gids; /* of a new user namespace; empty otherwise */
	struct idmap outer_uids, outer_gids; /* the same, as who is root of the outer one
						writes them */
	struct rootfs rootfs;
	struct seccomp_filter own_filter;
	const struct seccomp_filter *filter; /* NULL: none */
	int listener_fd;                     /* connected seccomp listener, or -EBADF */
	int sync_fd;                         /* the child's end */
	bool cwd_later; /* only the program's own user may enter it */
};
#define INIT_INIT                                  \
	((struct init){                            \
		.namespaces = NAMESPACE_PLAN_INIT, \
		.rootfs = ROOTFS_INIT,             \
		.listener_fd = -EBADF,             \
		.sync_fd = -EBADF,                 \
	})

/* init_plan() - check everything that can be checked and fill the plan. */
int init_plan(struct init *i, const struct launch_options *options,
	      struct error *err) _must_check_;
void init_release(struct init *i);

/*
 * init_open_sources() - in the parent: clone those bind sources (and the root) that the
 * child can't open, see launch_sources.c.
 */
int init_open_sources(struct init *i, struct error *err) _must_check_;
#define cleanup_init cleanup(init_release)

/* init_run() - the child. Ends in execve or in _exit after the error was sent. */
_noreturn_ void init_run(struct init *i);

/*
 * init_intermediate() - a short-lived process between caller and init, where namespaces
 * are joined: enters them, makes the init with CLONE_PARENT, reports its pid, ends.
 */
_noreturn_ void init_intermediate(struct init *i);

/*
 * init_outer() - such a process that also becomes root of the outer user namespace, makes what takes
 * that (see launch_outer.c), and writes the init's maps.
 */
_noreturn_ void init_outer(struct init *i);

/* init_give_streams() - whoever the program will be, it may reopen its streams; the init has no right to
 * give them away where its ids are not the caller's. */
void init_give_streams(const struct init *i, const struct idmap *uids);

/*
 * init_place() - by who has cloned the init, before it goes on: into its cgroup, where the clone itself could not put it
 * (its maker has taken other ids, or entered another cgroup namespace, and the kernel asks for its rights), and
 * what is delegated of that to the container's root.
 */
int init_place(const struct init *i, pid_t pid, const struct idmap *uids,
	       const struct idmap *gids, struct error *err) _must_check_;

/* init_become_base() - the ids that the init will have as root, effectively only, for the moment of the
 * clone; init_become_root() - back. */
int init_become_base(const struct idmap *uids, const struct idmap *gids,
		     struct error *err) _must_check_;
int init_become_root(struct error *err) _must_check_;

/* init_join_and_clone() - an intermediate's: enter what is joined, make the init. As init_clone(). */
pid_t init_join_and_clone(struct init *i, int *ret_pid_fd,
			  struct error *err) _must_check_;

/* init_clone() - clone3 of the init with the namespaces that must be made at that moment
 * (user, pid). Return: pid, 0 in the child, or -errno with *err. */
pid_t init_clone(const struct init *i, unsigned long extra_flags, int *ret_pid_fd,
		 struct error *err) _must_check_;
