/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/engine.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "engine/event_kind.h"
#include "runtime/own_map.h"
#include "runtime/self.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

/* Which data directory a run directory belongs to. */
#define DATA_LINK "data"

/*
 * Only the owner enters; but a container whose root is another id of the host (root with
 * --uidmap) must reach the files below that are mounted into it.
 */
#define RUN_DIR_MODE(e) ((e)->rootless ? 0700 : 0711)

static int check_data_link(const struct engine *e, int run_fd, struct error *err)
{
	char target[PATH_MAX];
	ssize_t n;

	if (symlinkat(e->paths.data, run_fd, DATA_LINK) == 0)
		return 0;
	n = readlinkat(run_fd, DATA_LINK, target, sizeof(target) - 1);
	if (n < 0)
		return error_set(err, ERR_SYSTEM, errno, "read %s/%s", e->paths.run,
				 DATA_LINK);
	target[n] = '\0';
	if (str_eq(target, e->paths.data))
		return 0;
	error_set(err, ERR_CONFLICT, 0,
		  "use the run directory %s: it belongs to the data directory %s",
		  e->paths.run, target);
	return error_hint(err, "Give each --root a --runroot of its own");
}

static int open_run(struct engine *e, struct error *err)
{
	cleanup_fd int run_fd = -EBADF;
	int r;

	run_fd = fs_open_own_dir(e->paths.run, RUN_DIR_MODE(e), err);
	if (run_fd < 0)
		return run_fd;
	r = check_data_link(e, run_fd, err);
	if (r < 0)
		return r;
	e->run_dirfd = fs_open_dir(run_fd, "containers", true, RUN_DIR_MODE(e), err);
	return e->run_dirfd < 0 ? e->run_dirfd : 0;
}

static int open_data(struct engine *e, struct error *err)
{
	cleanup_fd int data_fd = -EBADF;

	data_fd = fs_open_own_dir(e->paths.data, 0700, err);
	if (data_fd < 0)
		return data_fd;
	e->data_dirfd = fs_open_dir(data_fd, "containers", true, 0700, err);
	return e->data_dirfd < 0 ? e->data_dirfd : 0;
}

int engine_open_dirs(struct engine *e, const char *root, const char *runroot,
		     struct error *err)
{
	int r;

	r = engine_paths_from_environment(root, runroot, &e->paths, err);
	if (r < 0)
		return r;
	e->unshared = e->paths.unshared;
	e->rootless = geteuid() != 0 || e->unshared || !own_map_is_host();
	r = open_data(e, err);
	return r < 0 ? r : open_run(e, err);
}

int engine_open_store(struct engine *e, struct error *err)
{
	return store_open(e->paths.data, &e->store, err);
}

int engine_open(struct engine *e, const char *root, const char *runroot,
		struct error *err)
{
	int r = engine_open_dirs(e, root, runroot, err);

	return r < 0 ? r : engine_open_store(e, err);
}

void engine_release(struct engine *e)
{
	fd_cleanup_(&e->data_dirfd);
	fd_cleanup_(&e->run_dirfd);
	if (e->store)
		store_close(TAKE_PTR(e->store));
	engine_paths_release(&e->paths);
}

int engine_seccomp_cache(const struct engine *e)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *path = NULL;
	int fd;

	if (!e->paths.cache)
		return -EBADF;
	path = fs_join(e->paths.cache, "seccomp");
	fd = fs_open_own_dir(path, 0700, &err);
	if (fd >= 0)
		return fd;
	error_drop(&err, "filters are compiled each time");
	return -EBADF;
}

char **engine_self_command(const struct engine *e, const char *const *words)
{
	char **argv = NULL;

	strv_add_take(&argv, self_path());
	strv_add(&argv, "--root");
	strv_add(&argv, e->paths.data);
	strv_add(&argv, "--runroot");
	strv_add(&argv, e->paths.run);
	if (e->events != EVENT_BACKEND_FILE)
		strv_addf(&argv, "--events-backend=%s", event_backend_word(e->events));
	for (; *words; words++)
		strv_add(&argv, *words);
	return argv;
}

int engine_refuse_unshared(const char *what, struct error *err)
{
	error_set(
		err, ERR_UNSUPPORTED, 0,
		"%s inside of 'cubby unshare': containers have user namespaces of their own",
		what);
	return error_hint(err, "Leave it (exit) and do it as the user that you are");
}
