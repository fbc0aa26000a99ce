/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the engine keeps its things. Pure: what the environment says goes in, paths come
 * out. data   records, one directory per container: config.json, log      (survives a
 * reboot) run    one directory per live container: processes, sockets, lock  (does not)
 *   cache  compiled seccomp programs                                   (may vanish at any
 * time)
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "util/cleanup.h"
#include "util/error.h"

struct engine_paths {
	char *data, *run, *cache; /* absolute, owned */
	bool unshared; /* of the user who started `cubby unshare`, in which this process is */
};
void engine_paths_release(struct engine_paths *p);

struct engine_paths_input {
	uid_t uid; /* effective */
	const char *home, *data_home, *runtime_dir,
		*cache_home;    /* the variables, NULL: unset */
	bool runtime_dir_ours;  /* runtime_dir is a directory of uid's */
	bool run_user_dir_ours; /* /run/user/UID is */
	bool has_users_data;    /* PATHS_USERS_DATA is there, and no data below home */
	const char *root, *runroot; /* --root and --runroot, absolute, NULL: not given */
	const char *unshared_data, *unshared_run,
		*unshared_cache; /* what `cubby unshare` was told; NULL: not inside of it */
};

/*
 * Root's data, and where each other user has a directory of its number if somebody has made the place
 * (mode 1777) and nothing lies at the usual one: homes may be on a file system that containers can't use.
 */
#define PATHS_ROOT_DATA  "/var/lib/cubby"
#define PATHS_ROOT_RUN   "/run/cubby"
#define PATHS_USERS_DATA "/var/lib/cubby-users"

/* What `cubby unshare` puts into the environment; believed only in a user namespace, by its root. */
#define PATHS_DATA_VARIABLE  "_CUBBY_DATA"
#define PATHS_RUN_VARIABLE   "_CUBBY_RUN"
#define PATHS_CACHE_VARIABLE "_CUBBY_CACHE"

/*
 * engine_paths_choose() - root: /var/lib/cubby, /run/cubby, /var/cache/cubby; others by
 * the XDG base directory rules. A data directory other than the default gets a run
 * directory of its own: two sets of records never share one. Without HOME and
 * XDG_DATA_HOME there is no place for the data: ERR_NOT_FOUND.
 */
int engine_paths_choose(const struct engine_paths_input *in, struct engine_paths *ret,
			struct error *err) _must_check_;

/* engine_paths_from_environment() - the same for this process. root, runroot: may be NULL
 * or relative. */
int engine_paths_from_environment(const char *root, const char *runroot,
				  struct engine_paths *ret,
				  struct error *err) _must_check_;
