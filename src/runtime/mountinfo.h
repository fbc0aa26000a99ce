/* SPDX-License-Identifier: Apache-2.0 */
/* The mounts that a process sees: /proc/PID/mountinfo as data. Source: proc(5). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

struct mountinfo { /* strings owned */
	uint64_t id;
	uint32_t major, minor; /* of the file system */
	char *root;            /* what of the file system is mounted, "/" if all of it */
	char *point;           /* where, in the process's root */
	char *type;
	bool read_only; /* the mount or its file system */
	bool nosuid, nodev, idmapped;
};

struct mountinfos {
	struct mountinfo *items; /* owned; in the order in which they were mounted */
	size_t n;
};
void mountinfos_release(struct mountinfos *list);
#define cleanup_mountinfos cleanup(mountinfos_release)

/* mountinfo_parse() - lines of another form are left out (pure). */
void mountinfo_parse(const char *text, struct mountinfos *ret);

/* mountinfo_read() - "/proc/self/mountinfo", "/proc/PID/mountinfo". */
int mountinfo_read(const char *proc_file, struct mountinfos *ret,
		   struct error *err) _must_check_;

/*
 * mountinfo_host_path() - where what m mounts is seen in `host`, which are the caller's own mounts:
 * "/home/you/src"; *ret_host (may be NULL) gets the mount there. NULL if the caller does not see it.
 * Caller frees (pure).
 */
char *mountinfo_host_path(const struct mountinfo *m, const struct mountinfos *host,
			  const struct mountinfo **ret_host);

/* mountinfo_of_path() - the mount that an absolute path without links lies on, NULL if there is none
 * (pure). */
const struct mountinfo *mountinfo_of_path(const struct mountinfos *list,
					  const char *path);

/* mountinfo_is_below() - path is top, or lies in it (pure). */
bool mountinfo_is_below(const char *path, const char *top);
