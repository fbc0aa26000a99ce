/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The build cache: what each step made, by a key of all it depends on; and digests of files of contexts, by what stat(2) says of them.
 * A step's layer is held as an image's is: image_collect() leaves it.
 */
#pragma once

#include <stdint.h>

#include "store/store.h"
#include "util/cleanup.h"
#include "util/error.h"

struct build_step_record { /* strings owned */
	char *key;         /* 64 digits */
	char *layer;       /* chain id; NULL: it made no files */
	char *diff_id;     /* of it */
	int64_t tar_size, created_usec, used_usec;
	char *text; /* the instruction, for people */
};
void build_step_record_release(struct build_step_record *r);
#define cleanup_build_step_record cleanup(build_step_record_release)

/* build_step_get() - ERR_NOT_FOUND. build_step_put() - one that has the key goes. build_step_use() - it was used now. */
int build_step_get(struct store *s, const char *key, struct build_step_record *ret,
		   struct error *err) _must_check_;
int build_step_put(struct store *s, const struct build_step_record *r,
		   struct error *err) _must_check_;
int build_step_use(struct store *s, char *const *keys, int64_t now_usec,
		   struct error *err) _must_check_;

/* A file of a context whose content was hashed. */
struct build_file_record {
	uint64_t device, inode, size;
	int64_t mtime_nsec, ctime_nsec;
	unsigned char digest[32]; /* SHA-256 of its content */
};
