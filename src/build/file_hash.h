/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 of the contents of a context's files, each read only once: what was found out is remembered by device, inode, size, mtime and
 * ctime, in a file for each directory that was ever a context, <data>/build/files/DEVICE-INODE, which is mapped at open and written anew
 * if something new was learned. A file that was changed less than two seconds before it was read is not remembered (as git does it: it
 * may change again without its times showing it), nor one that is changed while it is read. What no build has asked for in 30 days goes.
 * It is only a memory: a file of it that is damaged is none.
 */
#pragma once

#include <stdint.h>
#include <sys/stat.h>

#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

#define FILE_HASH_SIZE 32
#define FILE_HASH_DIR \
	"build/files" /* below the data directory; in it FILE_HASH_LOCK and memories */
#define FILE_HASH_LOCK "lock"

struct file_hash; /* opaque */

/*
 * file_hash_open() - for the directory root_fd, the context's (-EBADF, or a context_place: one that was only made for this build: nothing is
 * remembered). Never fails: without a memory all is read. Works in any process: it uses no store.
 */
struct file_hash *file_hash_open(const struct engine *e, int root_fd);

/*
 * file_hash_get() - of the regular file `name` in dir_fd; st is what fstatat(AT_SYMLINK_NOFOLLOW) just said of it. One that is another
 * file by now is ERR_UNAVAILABLE. One that is being written is what was read of it, and is not remembered.
 */
int file_hash_get(struct file_hash *h, int dir_fd, const char *name,
		  const struct stat *st, unsigned char ret[static FILE_HASH_SIZE],
		  struct error *err) _must_check_;

/* file_hash_free() - what is new is written; that this fails costs time only, it is logged. */
void file_hash_free(struct file_hash *h);
DEFINE_CLEANUP(struct file_hash *, file_hash_free)
#define cleanup_file_hash cleanup(file_hash_freep)
