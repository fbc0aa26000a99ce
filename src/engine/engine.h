/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One user's containers: the records, and the directories beside them. Opened once per
 * command.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/event_kind.h"
#include "engine/paths.h"
#include "store/store.h"
#include "util/cleanup.h"
#include "util/error.h"

struct settings;

struct engine {
	struct engine_paths paths;
	bool rootless;  /* not root, or not of the host */
	bool unshared;  /* inside of `cubby unshare`: root of the user's map already */
	int data_dirfd; /* <data>/containers */
	int run_dirfd;  /* <run>/containers */
	struct store *store;
	bool no_health_events;           /* checks of health are not on record */
	const struct settings *settings; /* of the caller; NULL: not read yet */
	int64_t events_max_size;         /* bytes of the file of events; 0: the default */
	enum event_backend events;       /* EVENT_BACKEND_FILE unless somebody chose */
	int cgroup_manager;        /* enum cgroup_manager; ANY unless somebody chose */
	bool cgroup_manager_named; /* on the command line: no other will do */
};
#define ENGINE_INIT ((struct engine){.data_dirfd = -EBADF, .run_dirfd = -EBADF})

/* engine_open() - makes what is missing. A run directory that another data directory uses
 * is ERR_CONFLICT. */
int engine_open(struct engine *e, const char *root, const char *runroot,
		struct error *err) _must_check_;

/*
 * engine_open_dirs(), engine_open_store() - the two halves of it: `run` reads the records only
 * when the launcher is at work.
 */
int engine_open_dirs(struct engine *e, const char *root, const char *runroot,
		     struct error *err) _must_check_;
int engine_open_store(struct engine *e, struct error *err) _must_check_;
void engine_release(struct engine *e);
#define cleanup_engine cleanup(engine_release)

/* engine_seccomp_cache() - directory of compiled filters; -EBADF where there can't be
 * one. Caller closes. */
int engine_seccomp_cache(const struct engine *e);

/* engine_self_command() - argv of this engine's `cubby` with the same --root and
 * --runroot, followed by `words`. Caller frees (strv). */
char **engine_self_command(const struct engine *e, const char *const *words);

/* engine_refuse_unshared() - the error of what only works outside of `cubby unshare`: "make a container". */
int engine_refuse_unshared(const char *what, struct error *err);
