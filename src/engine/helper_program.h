/* SPDX-License-Identifier: Apache-2.0 */
/* Starting the programs of libexec with fds at the numbers that they expect. */
#pragma once

#include <stdbool.h>

#include "engine/user_ids.h"
#include "runtime/sandbox.h"
#include "util/cleanup.h"
#include "util/error.h"

#define HELPER_FDS_MAX 8

struct helper_program {
	const char *name;        /* "transfer" */
	const char *const *args; /* after the program's name, NULL-terminated */
	/* fds[i] becomes fd i of the program; -EBADF: /dev/null for 0 to 2, closed above */
	int fds[HELPER_FDS_MAX];
	bool bare; /* no environment */
	/* prepare() - may be NULL: in the new process and its namespaces, may open more for fds */
	int (*prepare)(void *data, int fds[static HELPER_FDS_MAX], struct error *err);
	void *data;
};
#define HELPER_PROGRAM_INIT                                                              \
	((struct helper_program){.fds = {-EBADF, -EBADF, -EBADF, -EBADF, -EBADF, -EBADF, \
					 -EBADF, -EBADF}})

/*
 * helper_start() - ids NULL: in no namespaces of its own. Otherwise as root of that map, in mount,
 * network, ipc and pid namespaces. Returns when it has been exec'd.
 */
int helper_start(const struct helper_program *h, const struct user_ids *ids,
		 struct sandbox *ret, struct error *err) _must_check_;
