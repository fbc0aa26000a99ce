/* SPDX-License-Identifier: Apache-2.0 */
/* A container that runs once in a root given from outside (create_root.h), with whoever asks for it waiting. */
#pragma once

#include "engine/create_options.h"
#include "engine/create_root.h"
#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

/*
 * container_run_root() - options->command runs as options say; their image, entrypoint, name, log and life do not count. Returns when
 * all its processes are gone: *ret_exit_code is the program's, as a shell's. Otherwise the sentence why it could not be started
 * (ERR_NO_PROGRAM, ERR_NOT_EXECUTABLE), and nothing runs.
 */
int container_run_root(struct engine *e, const struct create_options *options,
		       const struct create_root *root, int *ret_exit_code,
		       struct error *err) _must_check_;
