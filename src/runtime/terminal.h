/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The container's side of a terminal: a pseudo-terminal from the container's own devpts
 * instance, its master sent over the console socket, its slave becoming stdin, stdout,
 * stderr, the controlling terminal, and (bound by fd, never by path: CVE-2025-52565)
 * /dev/console.
 */
#pragma once

#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

struct spec_box;

/*
 * terminal_open() - a new pty from the devpts mounted at dev/pts below root_fd (checked
 * to be a devpts), of the size given (may be NULL). The slave is opened with TIOCGPTPEER.
 */
int terminal_open(int root_fd, const struct spec_box *size, int *ret_master_fd,
		  int *ret_slave_fd, struct error *err) _must_check_;

/* terminal_bind_console() - bind the slave over /dev/console of the root (file made if
 * missing). */
int terminal_bind_console(int root_fd, int slave_fd, struct error *err) _must_check_;

/* terminal_send() - send the master with the name "/dev/pts/ptmx"-like text, as runc's
 * console socket protocol. */
int terminal_send(int socket_fd, int master_fd, struct error *err) _must_check_;

/* terminal_receive() - the other side. Return: master fd. */
int terminal_receive(int socket_fd, struct error *err) _must_check_;

/* terminal_take() - setsid, slave as controlling terminal and as fds 0, 1, 2; closes
 * slave_fd. Slave's owner becomes uid (fchown; EINVAL tolerated where the id is not
 * mapped). */
int terminal_take(int slave_fd, uid_t uid, struct error *err) _must_check_;
