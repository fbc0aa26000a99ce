/* SPDX-License-Identifier: Apache-2.0 */
/*
 * -v/--volume and --tmpfs as text: "SOURCE:DESTINATION[:OPTION,...]" and
 * "DESTINATION[:OPTION,...]". Pure; whether the source exists is asked elsewhere.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "util/cleanup.h"
#include "util/error.h"

struct volume {       /* owned */
	char *source; /* absolute host path; a path that began with "." is made absolute
			 by the caller; NULL: tmpfs */
	char *destination; /* absolute, cleaned */
	char **options;    /* words of the OCI mount */
	bool writable;
	bool give;      /* U: it shall belong to the container's user */
	bool anonymous; /* the container's own: made with it */
	mode_t mode;    /* of an anonymous one when it is made */
};
void volume_release(struct volume *v);

struct volumes {
	struct volume *items; /* owned */
	size_t n;
};
void volumes_release(struct volumes *list);
#define cleanup_volumes cleanup(volumes_release)

/* volume_parse() - adds to the list. Named and anonymous volumes are ERR_UNSUPPORTED. */
int volume_parse(struct volumes *list, const char *text, struct error *err) _must_check_;

/* tmpfs_parse() - adds to the list. */
int tmpfs_parse(struct volumes *list, const char *text, struct error *err) _must_check_;

/* volumes_add_anonymous() - a directory of the container's own, below data_dir; filled with what lies
 * below it in the root file system. */
void volumes_add_anonymous(struct volumes *list, const char *data_dir,
			   const char *destination);

/* volumes_add_empty() - the same, not filled. */
void volumes_add_empty(struct volumes *list, const char *data_dir,
		       const char *destination, mode_t mode);

/* volumes_cover() - whether one of them is mounted at this path or above it. */
bool volumes_cover(const struct volumes *list, const char *path);

/* volumes_find() - the one with this destination, or NULL. */
const struct volume *volumes_find(const struct volumes *list, const char *destination);
