/* SPDX-License-Identifier: Apache-2.0 */
/* The names in a directory, in order: so that the same files are the same list wherever they lie. */
#pragma once

#include <stddef.h>

#include "util/buf.h"
#include "util/cleanup.h"

struct dir_list {           /* owned */
	const char **names; /* by strcmp(3), without . and .. */
	size_t n;
	struct buf text;
};
void dir_list_release(struct dir_list *l);
#define cleanup_dir_list cleanup(dir_list_release)

/* dir_list_read() - of a directory's fd, O_RDONLY, whose offset moves. 0 or -errno. */
int dir_list_read(int fd, struct dir_list *ret) _must_check_;
