/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process gives up, before the first byte that nobody has vouched for, whatever it does not need. It
 * can't be undone and is inherited by those whom it forks. Three kinds:
 *
 *   network   speaks to registries: reads what the resolver and TLS read, writes below the directories
 *             it was given; can't start programs, nor connect to a Unix socket (so not to a user's
 *             D-Bus or Docker), nor change what is mounted, nor look into other processes.
 *   tree      unpacks or packs: its file tree and the fds that it has, nothing else; only the system
 *             calls of a list, any other kills it.
 *   stream    decompresses: reads and writes fds that it has, and computes.
 *
 * By no_new_privs, capset(2), landlock(7) (as much of it as this kernel has; none is no error: what
 * else there is stays), seccomp(2), resource limits. In sanitizer builds there is no list of system
 * calls and no bound on memory, and everything may be read: the sanitizers' own work needs it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "util/error.h"

struct confine_rules {
	const int *
		read_fds; /* files and directories (O_PATH will do): all below may be read */
	size_t n_read_fds;
	const int *
		write_fds; /* directories: files and directories below may be read, made, changed,
				 renamed, removed */
	size_t n_write_fds;
};

/* confine_network() - fds that are open stay usable as they are. Forking, threads, sockets of the
 * internet families, pipes and socketpair(2) stay possible; the rest fails with EPERM or EACCES. */
int confine_network(const struct confine_rules *rules, struct error *err) _must_check_;

/* confine_tree() - capabilities that stay, if the process has them: for `writable` CHOWN,
 * DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, FSETID, MKNOD, SETFCAP; else DAC_READ_SEARCH. /proc is out of
 * reach afterwards. Forking stays possible. */
int confine_tree(int tree_fd, bool writable, struct error *err) _must_check_;

/* confine_trees() - the same with a second one (-EBADF: none) that is only to be read. */
int confine_trees(int tree_fd, int other_fd, bool writable,
		  struct error *err) _must_check_;

/* confine_stream() - no fd can be opened any more, no process started. May follow confine_tree(). */
int confine_stream(struct error *err) _must_check_;
