/* SPDX-License-Identifier: Apache-2.0 */
/* Connecting the user to a container that runs: `attach`, `start -a`. */
#pragma once

#include <stdbool.h>

#include "engine/container.h"
#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

struct attach_choice {
	bool no_stdin, sig_proxy;
	const char *detach_keys; /* NULL: the container's */
};

/* attach_to() - until it ends or the user detaches. Return: its exit status, 0 after detaching, or -errno. */
int attach_to(const struct attach_choice *choice, const struct engine *e,
	      const struct container *c, struct error *err) _must_check_;
