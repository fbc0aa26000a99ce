/* SPDX-License-Identifier: Apache-2.0 */
/* Files without a name in the data directory, for bytes that have to be read more than once. They go with their last fd. */
#pragma once

#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

/* spool_new() - an empty one. spool_all() - with what is left to be read of in_fd, at offset 0. Return: fd. */
int spool_new(const struct engine *e, struct error *err) _must_check_;
int spool_all(const struct engine *e, int in_fd, struct error *err) _must_check_;
