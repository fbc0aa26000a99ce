/* SPDX-License-Identifier: Apache-2.0 */
/* The program `layer` at work for the engine, from whose end one wants to know only whether all went well. */
#pragma once

#include "runtime/sandbox.h"
#include "util/cleanup.h"
#include "util/error.h"

/* packer_finish() - what it says on its result pipe, and its end. */
int packer_finish(int result_fd, struct sandbox *s, struct error *err) _must_check_;
