/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each start of a container needs that its OCI spec does not say. It follows from the create plan and
 * is kept beside the spec (start.json, config.json), so that a container is started the same way whenever
 * and however often.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/create_options.h"
#include "engine/engine.h"
#include "engine/etc_files.h"
#include "engine/log_option.h"
#include "engine/network_config.h"
#include "engine/user_ids.h"
#include "runtime/idmap.h"
#include "runtime/namespace.h"
#include "util/cleanup.h"
#include "util/error.h"

struct create_plan;

struct start_plan { /* all owned */
	char *id, *name;
	char *run_dir, *data_dir; /* of the container */

	char **layers; /* the image's, topmost first; NULL: the root is a directory */
	int64_t image_size; /* bytes */
	char *upper, *work;
	bool is_volatile; /* its overlay is mounted without syncing: run --rm */
	bool is_copied; /* the layers' files lie in CONTAINER_COPY_DIR, with the owners that it needs */

	struct idmap uids, gids; /* in ids of the engine's own namespace */
	struct user_ids whole;   /* with is_remapped */
	bool is_remapped, has_outer, root_idmap; /* as in struct create_plan */

	uint64_t seccomp;             /* enum seccomp_choice */
	uint64_t filter_capabilities; /* what the default filter goes by */

	bool rootless, nested, network_host;
	bool owns_cgroup; /* as in struct create_plan: see cgroup_delegate() */
	struct etc_plan etc;
	char **secrets; /* as in struct container_config: variables of its environment */
	char *hostname, **add_hosts, *subuid, *subgid;
	struct etc_words etc_words;

	char *join
		[NS_KINDS]; /* namespaces that it shares, in the words of joined.h; NULL: it does not */

	char **first_gifts; /* paths that the container's root owns from its first start on */

	bool terminal, interactive;
	struct log_settings log;
	char *image_name, *image_id; /* for it; NULL: no image */
	struct network_config net;
	int64_t timeout_sec;
	int sdnotify;    /* enum sdnotify_mode */
	bool is_checked; /* its monitor runs health checks */
	char *pidfile, *monitor_pidfile;

	int cgroup_manager,
		cgroup_mode; /* enums of runtime/cgroup_manager.h, as asked... */
	char *cgroup_parent; /* ...and where; NULL: the manager's choice */
	char *pod_cgroup, *pod_above,
		*pod_limits; /* name, above and limits of struct pod_cgroup_config; NULL: it is not in that of a pod */
	int64_t pids_default; /* as in struct create_plan */
	int stop_signal;
	int64_t stop_timeout_sec;

	/* of this start only, not kept */
	int preserve_fds;
	const int *preserve_fd; /* borrowed from the options, as they */
	size_t n_preserve_fd;
	int listen_fds; /* as in struct create_options */
	bool in_service; /* a unit of systemd starts it: its monitor stays in the cgroup of the unit */
	int64_t backoff_usec; /* how long its restart policy waited before it; 0: a person starts it */
};
#define START_PLAN_INIT ((struct start_plan){.log = LOG_SETTINGS_INIT})
void start_plan_release(struct start_plan *p);
#define cleanup_start_plan cleanup(start_plan_release)

/* start_plan_build() - of a container being created whose ids are reserved. Pure. */
void start_plan_build(const struct engine *e, const struct create_plan *c,
		      struct start_plan *ret);

/*
 * start_plan_write() - start.json in the directory that `path` names. start_plan_read() - of a container
 * that exists, wherever it lies; one that an older Cubby made is ERR_UNSUPPORTED.
 */
int start_plan_write(const struct start_plan *p, const char *path,
		     struct error *err) _must_check_;
int start_plan_read(const struct engine *e, const char *id, struct start_plan *ret,
		    struct error *err) _must_check_;

/* start_plan_etc() - the files of etc_files.h, into its run directory; lease: where it is on networks. */
struct network_lease;
int start_plan_etc(const struct start_plan *p, const struct network_lease *lease,
		   int run_dirfd, struct etc_fds *fds, struct error *err) _must_check_;

/* start_plan_gifts() - what the container's root shall own (strv of paths): those, and is_first: first_gifts. */
void start_plan_gifts(const struct start_plan *p, bool is_first, char ***ret);

/* start_plan_cgroup() - what is asked of its cgroup; borrows. */
struct cgroup_wish;
void start_plan_cgroup(const struct start_plan *p, struct cgroup_wish *ret);

/* start_plan_give() - do so, where the launch doesn't (has_outer). */
int start_plan_give(const struct start_plan *p, char *const *gifts,
		    struct error *err) _must_check_;

/* Who hears what a start has to say. */
struct image_progress;
struct start_talk {
	const struct image_progress *progress; /* of a copy of the image's files... */
	void (*warn)(const char *text); /* ...and why there is one; both may be NULL */
};

/* start_plan_overlay() - where the parts of its root lie; all borrowed but *lower, a strv of the caller's. */
struct overlay_paths;
void start_plan_overlay(const struct start_plan *p, char ***lower,
			struct overlay_paths *ret);
