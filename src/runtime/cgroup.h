/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control groups, version 2 only. What the host can do is probed: a writable cgroup2
 * directory below which a child can be made. On a host where that is not so (no cgroup2
 * mount, hybrid hierarchy without controllers, nothing delegated) containers run without
 * a cgroup of their own, as long as nothing was asked for that needs one: then it is
 * ERR_UNSUPPORTED before anything exists. Never touches version 1 hierarchies.
 *
 * Source: cgroups(7), kernel Documentation/admin-guide/cgroup-v2.rst, runtime-spec
 * config-linux.md 'Control groups', conversions from its v1 terms as given there.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/cleanup.h"
#include "util/error.h"

struct spec_resources;

struct cgroup {
	int fd;     /* O_PATH directory of the container's cgroup, -EBADF: none */
	char *path; /* absolute path under the cgroup2 mount ("/user.slice/..."), owned,
		       NULL: none */
	/*
	 * Of cgroup_make(), while nobody is in it yet: what keeps it until the container's first process is, -EBADF: nothing;
	 * and whether the caller may not clone into it, so that cgroup_attach() has to move that process.
	 */
	int holder_fd;
	bool is_apart;
};
#define CGROUP_INIT ((struct cgroup){.fd = -EBADF, .holder_fd = -EBADF})
void cgroup_release(struct cgroup *c); /* closes; does not remove */
#define cleanup_cgroup cleanup(cgroup_release)

/*
 * cgroup_create() - make the cgroup for linux.cgroupsPath (NULL: a default below our own,
 * from id) and write the limits. Where the host can't: success with fd -EBADF if nothing
 * was asked for, else ERR_UNSUPPORTED naming the option, the missing controller and the
 * remedy. required: a cgroup was asked for itself.
 */
int cgroup_create(const char *cgroups_path, const char *id,
		  const struct spec_resources *resources, struct cgroup *ret,
		  struct error *err) _must_check_;
/*
 * cgroup_path_find() - where cgroup_create() will put it, so that it can be recorded
 * before it is made (who is killed in between leaves a trace). ERR_UNSUPPORTED where
 * there can be no cgroup. Caller frees.
 */
int cgroup_path_find(const char *cgroups_path, const char *id, char **ret,
		     struct error *err) _must_check_;
/* cgroup_open() - an existing one by its path. */
int cgroup_open(const char *path, struct cgroup *ret, struct error *err) _must_check_;

/* cgroup_update() - change limits. Needs a cgroup: ERR_UNSUPPORTED without. */
int cgroup_update(const struct cgroup *c, const struct spec_resources *resources,
		  struct error *err) _must_check_;
/* cgroup_freeze() - freeze or thaw, and wait until it is so. */
int cgroup_freeze(const struct cgroup *c, bool frozen, struct error *err) _must_check_;
int cgroup_is_frozen(const struct cgroup *c, bool *ret, struct error *err) _must_check_;
int cgroup_kill(const struct cgroup *c, struct error *err) _must_check_;
int cgroup_pids(const struct cgroup *c, pid_t **ret, size_t *ret_n,
		struct error *err) _must_check_;
/* cgroup_remove() - kill what is left, wait, rmdir of the tree. */
int cgroup_remove(const struct cgroup *c, struct error *err) _must_check_;
/* cgroup_stats() - runc `events --stats` form; caller owns the JSON. */
struct json_object;
int cgroup_stats(const struct cgroup *c, struct json_object **ret,
		 struct error *err) _must_check_;
