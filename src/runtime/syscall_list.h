/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process that is to need little more than the sockets and fds it has gives up all system calls but those of a list;
 * any other kills it. seccomp(2). It can't be undone. no_new_privs is set too.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

/* One more call, if (argument & mask) == value. Several for the same call: any of them. */
struct syscall_condition {
	const char *name;
	unsigned int argument; /* from 0 */
	uint64_t mask, value;
};

/*
 * syscall_list_load() - names: with blanks between; those that this machine does not have are passed over. What every
 * program does (memory that is never executed, time, its own end) is allowed besides. In builds with a sanitizer, which
 * does more than that, only no_new_privs is set.
 */
int syscall_list_load(const char *names, const struct syscall_condition *conditions,
		      size_t n_conditions, struct error *err) _must_check_;
