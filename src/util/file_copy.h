/* SPDX-License-Identifier: Apache-2.0 */
/* The content of a regular file into another one, with as few bytes moved as the file systems allow. */
#pragma once

#include <stdint.h>

#include "util/cleanup.h"

/*
 * file_copy() - the first `size` bytes of from_fd into the empty file to_fd: shared where both lie on a
 * file system that shares blocks, otherwise copied by the kernel; holes stay holes. One that shrinks
 * meanwhile is as short as it is then. Return: 0 or -errno; which of the two files it is does not
 * show. Sources: ioctl_ficlonerange(2), copy_file_range(2), sendfile(2), lseek(2).
 */
int file_copy(int from_fd, int to_fd, uint64_t size) _must_check_;

/* file_copy_stream() - up to the end of from_fd, but no more than max bytes (-EFBIG): for files whose
 * size says nothing, as those of procfs. */
int file_copy_stream(int from_fd, int to_fd, uint64_t max) _must_check_;
