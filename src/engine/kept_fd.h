/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Namespaces without a process in them, kept open by the monitors of the containers that use them: a file in the container's
 * run directory says which process, which fd of it, and what else there is to know. So whoever comes next finds the
 * namespace through any of them, and it is gone with the last.
 */
#pragma once

#include <stdbool.h>

#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

struct kept_fd {
	const char *file; /* in each run directory */
	int type;         /* CLONE_NEW* of the namespace */
	const char *note; /* what must stand beside it; NULL: anything */
	int user_ns_fd;   /* that it must belong to; -EBADF: any */
};

/* kept_fd_find() - Return: the fd, the caller's; -EBADF: no container uses such a one. */
int kept_fd_find(const struct engine *e, const struct kept_fd *k);

/* kept_fd_write() - in the process that keeps fd, which stays open under that number. note may be "". */
int kept_fd_write(int container_dirfd, const char *file, int fd, const char *note,
		  struct error *err) _must_check_;
