/* SPDX-License-Identifier: Apache-2.0 */
/* `cp` with "-": the copy as a tar archive, or an archive as what is copied. */
#pragma once

#include "engine/copy_entry.h"
#include "engine/copy_take.h"
#include "util/cleanup.h"
#include "util/error.h"

struct tar_writer;

/* An archive on its way out. Paths in it begin with the source's name, if that has one. */
struct copy_tar {
	int out_fd;
	char *prefix; /* owned */
	struct tar_writer *tar;
};
#define COPY_TAR_INIT ((struct copy_tar){.out_fd = -EBADF})
void copy_tar_release(struct copy_tar *t);
#define cleanup_copy_tar cleanup(copy_tar_release)

/* copy_tar_sink() - t->out_fd is set, and stays the caller's. */
struct copy_sink copy_tar_sink(struct copy_tar *t);

/* copy_tar_take() - what the archive at in_fd holds (not compressed), into an existing directory. Devices
 * are left out; a name with ".." is refused. */
int copy_tar_take(int in_fd, struct copy_take *t, struct error *err) _must_check_;
