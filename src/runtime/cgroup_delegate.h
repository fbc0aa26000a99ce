/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A part of a container's cgroup that its root may do with as it likes: make more below, limit them, move its processes
 * about (--nested, systemd as the program, and whoever could mount a cgroup file system for itself).
 *
 *   .../container           the limits; files that nobody inside ever sees
 *   .../container/inside    where its first process starts and its cgroup namespace begins
 *   .../container/exec      who comes by `exec` while "inside" may take no process
 *
 * The limits are a level above what the namespace shows, as the file's owner is no obstacle: root of an ordinary user's
 * container is that user, to whom the service manager gave the files, and the kernel's own check (nsdelegate) covers
 * the top of the very namespace that a writer is in only: a child namespace is past it (cgroup_file_write() in
 * kernel/cgroup/cgroup.c).
 *
 * Source: cgroups(7), cgroup_namespaces(7), cgroup-v2.rst 'Delegation', https://systemd.io/CGROUP_DELEGATION.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "runtime/cgroup.h"
#include "util/cleanup.h"
#include "util/error.h"

/*
 * cgroup_delegate() - *c, which has no processes yet, hands all its controllers down; "inside" is made, and *c is that one
 * from here on. *ret_files (strv, the caller frees): absolute paths of what its owner gets, the directory first: the files of
 * /sys/kernel/cgroup/delegate and no others.
 */
int cgroup_delegate(struct cgroup *c, char ***ret_files, struct error *err) _must_check_;

/* cgroup_delegate_names() - the names in the text of that file, in their order; what is no plain name of a cgroup's
 * file is left out, and the three of old are always there. Pure; caller frees (strv). */
char **cgroup_delegate_names(const char *text);

/* cgroup_give() - those files to uid and gid, as the caller's user namespace sees them. */
int cgroup_give(char *const *files, uid_t uid, gid_t gid, struct error *err) _must_check_;

/*
 * cgroup_open_near() - where one more process of a container belongs: the cgroup of its init, `pid`, if that is `path` or
 * below it and takes a process of the caller's; else, where `path` has children, "exec" below it. ERR_NOT_FOUND if `path`
 * is gone.
 * leaves_top: an init that is at the top ("inside") still is about to leave it and to hand controllers down, which a
 * newcomer there would prevent.
 */
int cgroup_open_near(const char *path, pid_t pid, bool leaves_top, struct cgroup *ret,
		     struct error *err) _must_check_;

/* cgroup_of_text() - the path of the version 2 hierarchy in the text of /proc/PID/cgroup: after "0::", up to the end of the
 * line. NULL: none, or one outside the reader's namespace ("/../x"). Pure; caller frees. */
char *cgroup_of_text(const char *text);

/* cgroup_move() - the process into the cgroup. */
int cgroup_move(int cgroup_fd, pid_t pid, struct error *err) _must_check_;
