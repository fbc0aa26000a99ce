/* SPDX-License-Identifier: Apache-2.0 */
/* A stream, compressed in one of the ways that are known or not at all, as it was before. */
#pragma once

#include "util/cleanup.h"
#include "util/error.h"

/*
 * uncompress() - all of in_fd to out_fd. confine: called when nothing but the two is needed any more, before
 * the first byte is read (NULL: not). Damaged or cut off is ERR_INVALID; nobody who reads on is
 * EPIPE.
 */
int uncompress(int in_fd, int out_fd, int (*confine)(struct error *err),
	       struct error *err) _must_check_;
