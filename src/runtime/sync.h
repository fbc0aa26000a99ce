/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages between the parent and the child while a container is launched: one SEQPACKET
 * socket pair, one packet a message, sizes checked. End of file is always a failure: a peer
 * that died consented to nothing. An error travels whole and re-emerges in the parent.
 *
 *   parent                               child (init.c)
 *   1 maps written         SYNC_MAPPED →
 *                                        ← SYNC_HOOKS  mounts done, host visible    2
 *   2 runtime hooks run    SYNC_GO     →
 *                                        ← SYNC_CONSOLE (pty master as fd)          3
 *                                        ← SYNC_READY  environment complete         4
 *   4 state recorded       SYNC_GO     →
 *                                        ← SYNC_EXEC   nothing but execve is left   5
 *                                          end of file: exec'd                      6
 *
 * With launch_options.on_network the init sends SYNC_NETWORK (its network namespace as fd) right after step 1.
 *
 * An intermediate in an outer user namespace (launch_outer.c) waits for SYNC_MAPPED itself first, then
 * says SYNC_OUTER, SYNC_PID and SYNC_ROOT; the root's mount goes on to the init with its SYNC_MAPPED.
 *
 * At any point: ← SYNC_ERROR.
 */
#pragma once

#include <sys/types.h>

#include "util/cleanup.h"
#include "util/error.h"

enum sync_message {
	SYNC_MAPPED = 1,
	SYNC_PID,   /* intermediate → parent: the init's pid and pidfd (as fd) */
	SYNC_OUTER, /* intermediate → parent: the outer mount namespace (as fd) */
	SYNC_ROOT,  /* intermediate → parent: the root's mount (as fd) */
	SYNC_NETWORK,
	SYNC_HOOKS,
	SYNC_CONSOLE,
	SYNC_READY,
	SYNC_GO,
	SYNC_EXEC,
	SYNC_ERROR,
};

/* sync_pair() - close-on-exec SEQPACKET pair, fds above 2. */
int sync_pair(int ret_fds[static 2], struct error *err) _must_check_;

int sync_send(int fd, enum sync_message message, int passed_fd /* or -EBADF */,
	      struct error *err) _must_check_;
int sync_send_pid(int fd, pid_t pid, int pid_fd, struct error *err) _must_check_;

/* sync_send_error() - last words of a child. Errors of sending are lost: nobody listens. */
void sync_send_error(int fd, const struct error *failure);

/*
 * sync_expect() - wait for this message. SYNC_ERROR fills *err with the child's error as it
 * was; end of file or another message is an error that names `peer` ("the container's init").
 * *ret_fd (may be NULL) gets a passed fd or -EBADF; ret_pid as well may be NULL.
 */
struct sync_expectation {
	enum sync_message message;
	const char *peer;
	int *ret_fd;
	pid_t *ret_pid;
};
int sync_expect(int fd, const struct sync_expectation *x, struct error *err) _must_check_;

/* sync_next() - the next message whatever it is (SYNC_ERROR is returned as an error). Return: enum sync_message. */
int sync_next(int fd, const char *peer, int *ret_fd, struct error *err) _must_check_;

/* sync_expect_exec() - steps 5 and 6: SYNC_EXEC, then end of file. */
int sync_expect_exec(int fd, const char *peer, struct error *err) _must_check_;
