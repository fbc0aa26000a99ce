/* SPDX-License-Identifier: Apache-2.0 */
/* Archives that ADD unpacks: tars, plain or compressed by gzip, bzip2, xz or zstd. Their bytes are read by the `layer` program only, in its sandbox. */
#pragma once

#include <stdbool.h>

#include "util/cleanup.h"
#include "util/error.h"

/* copy_archive_is() - by what is in the file, not by its name. The fd's offset is 0 afterwards. */
int copy_archive_is(int fd, bool *ret, struct error *err) _must_check_;

/* copy_archive_unpack() - into a directory, by root of the map whose ids the owners in it are. */
int copy_archive_unpack(int fd, int dir_fd, bool single_id,
			struct error *err) _must_check_;
