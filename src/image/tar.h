/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One entry of a tar archive, as the reader finds and the writer takes it. Sources: POSIX.1-2017, pax
 * (ustar and pax interchange formats); GNU tar's manual, "Tar Internals"; tar(5) of libarchive.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define TAR_BLOCK    512
#define TAR_PATH_MAX 4095          /* bytes of a path or of a link's target */
#define TAR_META_MAX (1024 * 1024) /* bytes of one extended header */
#define TAR_XATTR_MAX \
	(64 * 1024)         /* bytes of one value; the kernel's own limit, xattr(7) */
#define TAR_NAME_MAX   255  /* bytes of an attribute's name */
#define TAR_XATTRS_MAX 1024 /* of one entry */
#define TAR_HOLES_MAX  (1024 * 1024) /* pieces of one sparse file */

enum tar_type {
	TAR_FILE,
	TAR_HARDLINK,
	TAR_SYMLINK,
	TAR_CHAR,
	TAR_BLOCK_DEVICE,
	TAR_DIR,
	TAR_FIFO,
};

struct tar_xattr {
	const char *name; /* NUL-terminated */
	const char *value;
	size_t len;
};

/* A piece of a sparse file that is data. */
struct tar_extent {
	uint64_t offset, len;
};

struct tar_entry {
	enum tar_type type;
	const char *path; /* as it stands: may be hostile; never empty, no NUL in it */
	const char *link; /* hard and symbolic links; else "" */
	uint32_t mode;    /* 07777 at most */
	uint32_t uid, gid;
	int64_t mtime;       /* seconds since the epoch, may be negative */
	uint32_t mtime_nsec; /* to be added */
	uint64_t size;       /* of the file when it is unpacked; 0 for what is no file */
	uint32_t major, minor;
	const struct tar_xattr *xattrs;
	size_t n_xattrs;
	const struct tar_extent
		*extents; /* of a sparse file: in order, within size; else NULL */
	size_t n_extents;
	uint64_t stored_offset; /* of its bytes in the archive */
	uint64_t stored_size;   /* less than size in a sparse file */
};
