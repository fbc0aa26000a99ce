/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is where in an archive that lies in a file: for archives of images, whose members are read out
 * of order. Names and links stay strings as they stand; nothing is unpacked.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "image/tar.h"
#include "util/cleanup.h"
#include "util/error.h"

#define TAR_INDEX_MEMBERS_MAX (100 * 1000)
#define TAR_INDEX_NAMES_MAX   (32 * 1024 * 1024) /* bytes of all names and links */

struct tar_member {
	char *name, *link; /* owned; link: "" if it is none */
	enum tar_type type;
	uint64_t offset, size; /* of its content in the file */
};

struct tar_index {
	struct tar_member *members; /* owned; in the archive's order */
	size_t n;
};
void tar_index_release(struct tar_index *index);
#define cleanup_tar_index cleanup(tar_index_release)

/* tar_index_read() - fd: seekable; its offset is left alone. A sparse member is ERR_UNSUPPORTED. */
int tar_index_read(int fd, struct tar_index *ret, struct error *err) _must_check_;

/* tar_index_find() - the member of that name, "./" before either of them left aside; of several the last,
 * which would be the one that unpacking leaves. Links are not followed. NULL if there is none. */
const struct tar_member *tar_index_find(const struct tar_index *index, const char *name);
