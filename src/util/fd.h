/* SPDX-License-Identifier: Apache-2.0 */
/* File descriptors: whole reads and writes, passing them on, closing what nobody asked
 * for. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "util/buf.h"
#include "util/cleanup.h"
#include "util/error.h"

/* fd_write_all() - write all bytes, EINTR and short writes handled. 0 or -errno. */
int fd_write_all(int fd, const void *data, size_t len) _must_check_;
/* fd_read_all() - read to end of file into b (bounded by b's maximum: -E2BIG). 0 or
 * -errno. */
int fd_read_all(int fd, struct buf *b) _must_check_;

/*
 * fd_wait_readable() - for those who block INT, TERM, HUP and QUIT while they wait for an
 * answer, so that none is lost: the answer is waited for as long as it takes, but when
 * one of these has been pending for some time, nobody wants it any more: -EINTR.
 */
int fd_wait_readable(int fd) _must_check_;

int fd_set_cloexec(int fd, bool on) _must_check_;
int fd_set_nonblock(int fd, bool on) _must_check_;

/* fd_move_high() - dup to 3 or more (close-on-exec) if fd is 0, 1 or 2, closing the old.
 */
int fd_move_high(int fd) _must_check_;

/* fd_reserve_std() - make sure 0, 1, 2 are open (on /dev/null), as a program's first act.
 */
int fd_reserve_std(void) _must_check_;

/*
 * fd_close_from() - close every fd >= first (close_range(2); falls back to
 * /proc/self/fd). fd_close_all_but() - likewise, but for those in keep[] (below first or
 * negative: no matter). fd_cloexec_from() - set close-on-exec on every fd >= first
 * instead.
 */
int fd_close_from(int first) _must_check_;
int fd_close_all_but(int first, const int *keep, size_t n) _must_check_;
int fd_cloexec_from(int first) _must_check_;

/*
 * fd_send() / fd_recv() - a message of exactly these bytes with up to FD_PASS_MAX fds
 * over an AF_UNIX socket (SCM_RIGHTS). Received fds are close-on-exec and owned by the
 * caller; *n_fds says how many came. fd_recv returns the number of bytes, 0 at end of
 * file, -errno; a message cut short is -EBADMSG.
 */
#define FD_PASS_MAX 8
int fd_send(int socket_fd, const void *data, size_t len, const int *fds,
	    size_t n_fds) _must_check_;
ssize_t fd_recv(int socket_fd, void *data, size_t len, int *fds,
		size_t *n_fds) _must_check_;

/* fd_path() - what /proc/self/fd/N points to; for messages, never for decisions. Caller
 * frees. */
char *fd_path(int fd);

/* fd_proc_path() - "/proc/self/fd/N" into buf; returns buf. */
#define FD_PROC_PATH_MAX 32
char *fd_proc_path(int fd, char buf[static FD_PROC_PATH_MAX]);

/*
 * fd_connect_unix() / fd_listen_unix() - AF_UNIX socket `name` in the directory dirfd,
 * whose path may be longer than sun_path allows. type is SOCK_STREAM, SOCK_SEQPACKET or SOCK_DGRAM.
 * fd_listen_unix replaces a stale socket and creates mode 0600. Return: fd or -errno with
 * *err.
 */
int fd_connect_unix(int dirfd, const char *name, int type,
		    struct error *err) _must_check_;
int fd_listen_unix(int dirfd, const char *name, int type, struct error *err) _must_check_;
