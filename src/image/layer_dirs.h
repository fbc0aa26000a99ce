/* SPDX-License-Identifier: Apache-2.0 */
/* The directories of a layer that is being unpacked: what is to be set on them when nothing more is
 * put into them, and which of them had no entry. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

enum layer_dir_flags {
	LAYER_DIR_ENTRY = 1 << 0, /* it had one of its own: mtime is valid */
	LAYER_DIR_MODE = 1 << 1,  /* its mode would have been in the way */
	LAYER_DIR_GONE = 1 << 2,  /* replaced by something else */
};

struct layer_dir {
	uint64_t path; /* in `paths` */
	int64_t mtime;
	uint32_t mtime_nsec;
	uint16_t len; /* of the path */
	uint16_t mode;
	uint8_t flags;
};

struct layer_dirs {
	struct layer_dir *items; /* owned; in the order of their making: parents first */
	size_t n, room;
	char *paths; /* owned; NUL-terminated each */
	size_t paths_len, paths_room;
	uint32_t *slots; /* owned; index + 1 into items, 0: free */
	size_t n_slots;  /* a power of two */
	uint64_t seed;
};

void layer_dirs_init(struct layer_dirs *d);
void layer_dirs_release(struct layer_dirs *d);

/* layer_dirs_get() - of that path, added if it is not there (or was gone: then it is as new). Valid until
 * the next call. ERR_INVALID when there are too many. */
int layer_dirs_get(struct layer_dirs *d, const char *path, size_t len,
		   struct layer_dir **ret, struct error *err) _must_check_;

/* layer_dirs_forget() - that one, and all below it. */
void layer_dirs_forget(struct layer_dirs *d, const char *path, size_t len);

/* layer_dirs_path() - NUL-terminated; valid until the next layer_dirs_get(). */
const char *layer_dirs_path(const struct layer_dirs *d, const struct layer_dir *item);

/* layer_dirs_implied() - those without an entry; strv, caller frees. ERR_INVALID if their names are
 * more than LAYER_IMPLIED_MAX bytes. */
#define LAYER_IMPLIED_MAX (8 * 1024 * 1024)
int layer_dirs_implied(const struct layer_dirs *d, char ***ret,
		       struct error *err) _must_check_;
