/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hooks: programs of the engine's, run at fixed moments with the container's state on
 * stdin.
 *
 * Source: runtime-spec 1.2 config.md 'POSIX-platform Hooks', runtime.md 'Lifecycle'.
 */
#pragma once

#include <stddef.h>

#include "util/cleanup.h"
#include "util/error.h"

struct spec_hook;
struct spec_state;

/*
 * hooks_run() - one kind's hooks in order; a failing one (status, signal, time-out:
 * killed) is an error that names kind, path and the end of what it wrote. `kind` is the
 * spec's word.
 */
int hooks_run(const char *kind, const struct spec_hook *hooks, size_t n,
	      const struct spec_state *state, struct error *err) _must_check_;
