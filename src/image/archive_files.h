/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of an archive or of a directory, by name: what the archive formats are read from. Names
 * come from documents that nobody has vouched for; nothing outside the archive or directory is ever
 * opened, and of it only regular files. Transfer program only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

struct blob_writer;
struct archive_files; /* opaque; heap */

/* One file: bytes [offset, offset + size) of fd. */
struct archive_part {
	int fd; /* owned */
	uint64_t offset, size;
};
#define ARCHIVE_PART_INIT ((struct archive_part){.fd = -EBADF})
void archive_part_release(struct archive_part *p);
#define cleanup_archive_part cleanup(archive_part_release)

/* archive_files_of_dir() - dir_fd (taken over) is a directory; name is for messages. */
struct archive_files *archive_files_of_dir(int dir_fd, const char *name);

/*
 * archive_files_of_tar() - fd (taken over): a tar archive at its current offset, compressed or not,
 * also a pipe; then it is copied first (archive_spool.h). Links among its members are followed.
 */
int archive_files_of_tar(int fd, const char *name, int blobs_fd,
			 struct archive_files **ret, struct error *err) _must_check_;

void archive_files_free(struct archive_files *f);
DEFINE_CLEANUP(struct archive_files *, archive_files_free)
#define cleanup_archive_files cleanup(archive_files_freep)

const char *archive_files_name(const struct archive_files *f);

/* archive_files_find() - ERR_NOT_FOUND with code ENOENT if there is no such file. */
int archive_files_find(const struct archive_files *f, const char *path,
		       struct archive_part *ret, struct error *err) _must_check_;

/* archive_files_has() - whether archive_files_find() would find one. */
bool archive_files_has(const struct archive_files *f, const char *path);

/* archive_files_read() - all of a small one, at most max bytes (else ERR_INVALID), NUL-terminated; caller
 * frees. */
int archive_files_read(const struct archive_files *f, const char *path, size_t max,
		       char **ret, size_t *ret_len, struct error *err) _must_check_;

/* archive_part_read() - up to len bytes at `at`: *ret_n, 0 at the end. */
int archive_part_read(const struct archive_part *p, uint64_t at, void *data, size_t len,
		      size_t *ret_n, struct error *err) _must_check_;

/* archive_part_copy() - to the writer, from its offset on. Ending before p->size (a truncated file) is
 * ERR_INVALID. */
int archive_part_copy(const struct archive_part *p, struct blob_writer *w,
		      struct error *err) _must_check_;
