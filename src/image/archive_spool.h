/* SPDX-License-Identifier: Apache-2.0 */
/* An archive that cannot be read here and there (a pipe, a compressed one), made into one that can. */
#pragma once

#include "util/cleanup.h"
#include "util/error.h"

/*
 * archive_spool() - *fd (an archive, at its current offset) as a plain regular file: itself if it is
 * one, otherwise replaced by a copy, decompressed, which has no name: it lies in blobs/partial for as
 * long as it is open. name is for messages.
 */
int archive_spool(int *fd, int blobs_fd, const char *name,
		  struct error *err) _must_check_;
