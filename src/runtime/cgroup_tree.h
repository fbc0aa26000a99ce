/* SPDX-License-Identifier: Apache-2.0 */
/* Directories of the cgroup hierarchy: making, moving into, handing controllers down, removing. Private to cgroup*.c. */
#pragma once

#include <stdbool.h>

#include "util/cleanup.h"
#include "util/error.h"

/* cgroup_own_path() - of the calling process, "/" at the top. ERR_UNSUPPORTED where it is in none of version 2. Caller frees. */
int cgroup_own_path(char **ret, struct error *err) _must_check_;

/* cgroup_path_is_below() - whether path is `top` or lies in it. */
bool cgroup_path_is_below(const char *path, const char *top);

/* cgroup_controllers() - of an open cgroup: the names, a strv of the caller's; NULL if that can't be told. */
char **cgroup_controllers(int dirfd);

/* cgroup_handed_down() - the same of what its children have. */
char **cgroup_handed_down(int dirfd);

/* cgroup_hand_down() - every controller of this directory to its children, as far as it lets us; `name` for the log. */
void cgroup_hand_down(int dirfd, const char *name);

/* cgroup_hand_down_to() - the same by each cgroup from `top` to the one above `path`, as far as they let us. */
void cgroup_hand_down_to(const char *top, const char *path);

/*
 * cgroup_path_make() - the directory, and what is missing on the way; all above it hand controllers down. *ret_made: it was not
 * there. Return: O_PATH fd.
 */
int cgroup_path_make(const char *path, bool *ret_made, struct error *err) _must_check_;

/* cgroup_refuse_populated() - one that has processes, itself or below, is ERR_CONFLICT. */
int cgroup_refuse_populated(int fd, const char *path, struct error *err) _must_check_;

/* cgroup_child_make() - a directory in one that is open; one that is there is fine. Return: O_PATH fd. */
int cgroup_child_make(int parent_fd, const char *name, struct error *err) _must_check_;

/* cgroup_each_child() - fn for each child cgroup of dirfd; its negative return ends it. 0 or negative errno. */
typedef int (*cgroup_child_fn)(int dirfd, const char *name, void *data);
int cgroup_each_child(int dirfd, cgroup_child_fn fn, void *data) _must_check_;

/* cgroup_step_into() - the calling process moves into an open cgroup. */
int cgroup_step_into(int dirfd, const char *path, struct error *err) _must_check_;

/* cgroup_may_move() - whether a process of ours may be moved (or cloned) from one cgroup to another, as far as the file that decides
 * it tells: cgroup.procs of the nearest cgroup above both. Source: cgroup-v2.rst 'Delegation Containment'. */
bool cgroup_may_move(const char *from, const char *to);

/* cgroup_remove_path() - rmdir of the tree, whose processes have ended; gone already is fine. 0 or -errno. */
int cgroup_remove_path(const char *path, struct error *err) _must_check_;
