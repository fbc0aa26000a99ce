/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The user namespaces that this process may know of: those of processes that it may look into, and those above them
 * up to its own. Source: user_namespaces(7), ioctl_ns(2), proc_pid_uid_map(5).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "runtime/idmap.h"
#include "util/cleanup.h"
#include "util/error.h"

#define USERNS_NO_PARENT SIZE_MAX
#define USERNS_HOST_INO \
	0xEFFFFFFDU       /* PROC_USER_INIT_INO, of the initial user namespace */
#define USERNS_COMMAND 16 /* TASK_COMM_LEN, with the NUL */

struct userns_process {
	pid_t pid;
	char command[USERNS_COMMAND]; /* as the program has set it: any bytes */
};

struct userns {
	dev_t dev;
	ino_t ino;
	size_t parent; /* index in the list; USERNS_NO_PARENT: it may not be seen, or is the caller's own */
	bool is_own; /* the one that the caller is in */
	uid_t owner; /* as the caller's namespace has it, 65534 if it does not */
	/*
	 * From its ids to those of the caller's namespace (IDMAP_NONE: an id that this does not have). Of the
	 * caller's own: to those of its parent. has_maps and no lines: none were written yet.
	 */
	bool has_maps;
	struct idmap uids, gids;
	struct userns_process *processes; /* sorted by pid; owned */
	size_t n_processes;
};

struct userns_list {
	struct userns *items; /* the caller's own first */
	size_t n;
	size_t n_unseen; /* processes that may not be looked into */
};
void userns_list_release(struct userns_list *list);
#define cleanup_userns_list cleanup(userns_list_release)

/*
 * userns_scan() - the map of a namespace without processes is read by a process that enters it for a moment, where
 * that is allowed. Processes that come or go meanwhile are there or not.
 */
int userns_scan(struct userns_list *ret, struct error *err) _must_check_;

/* userns_of_process() - index of the namespace that holds this process, or SIZE_MAX. */
size_t userns_of_process(const struct userns_list *list, pid_t pid);
