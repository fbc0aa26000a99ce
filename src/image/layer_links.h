/* SPDX-License-Identifier: Apache-2.0 */
/* Files with several names: the first that was met of each. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

struct layer_link {
	dev_t dev;
	ino_t ino;
	char *path; /* owned */
};

struct layer_links {
	struct layer_link *slots; /* owned; path NULL: free */
	size_t n, n_slots;        /* n_slots: a power of two, or 0 */
};

void layer_links_release(struct layer_links *l);

/* layer_links_meet() - the path that this file was met by before, or NULL: then it is remembered by
 * this one. */
const char *layer_links_meet(struct layer_links *l, dev_t dev, ino_t ino,
			     const char *path);
