/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answers lie in an anonymous shared mapping. The scratch directory on the data's file system is
 * locked while it is in use, so that the next run can tell what a killed one has left.
 */
#include "runtime/probe_all.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include "runtime/probe_try.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define LEFT_SECONDS 60 /* a younger directory may be one that is just being locked */
#define ALL_ANSWERS  (N_PROBES * sizeof(struct probe))

struct removal {
	const char *dir, *name;
};

static int remove_scratch(void *data, struct error *err)
{
	const struct removal *r = data;
	cleanup_fd int dirfd = open(r->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fs_remove_tree(dirfd, r->name, err);
}

/* overlay's work directory can be entered by root of a namespace only. */
static void remove_as_root(const struct probe_run *run, const char *name)
{
	cleanup_error struct error err = ERROR_INIT, again = ERROR_INIT;
	struct removal removal = {.dir = run->host->data_dir, .name = name};
	const struct probe_place place = {.with_user = true};

	if (remove_scratch(&removal, &err) >= 0)
		return;
	error_drop(&err, "root of a namespace may");
	if (probe_in(run, &place, remove_scratch, &removal, &again) < 0)
		error_drop(&again, "the next run sweeps it");
}

/* Return: fd of the locked directory; -errno if it is in use or too young to tell. */
static int lock_left(int dirfd, const char *name)
{
	cleanup_fd int fd =
		openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_uid != geteuid() || st.st_mtime > time(NULL) - LEFT_SECONDS)
		return -EBUSY;
	return flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : TAKE_FD(fd);
}

static void sweep(const struct probe_run *run)
{
	cleanup_dir DIR *dir = opendir(run->host->data_dir);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		cleanup_fd int left_fd = -EBADF;

		if (!str_starts(entry->d_name, PROBE_DIR_PREFIX))
			continue;
		left_fd = lock_left(dirfd(dir), entry->d_name);
		if (left_fd >= 0)
			remove_as_root(run, entry->d_name);
	}
}

static void with_scratch(struct probe_run *run)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *name = xasprintf(PROBE_DIR_PREFIX "%d", getpid()),
			  *path = NULL;
	cleanup_fd int fd = -EBADF;

	if (!run->host->data_dir)
		return;
	sweep(run);
	path = fs_join(run->host->data_dir, name);
	if (mkdir(path, 0700) < 0) {
		error_set(&err, error_kind_of(errno), errno, "make a directory in %s",
			  run->host->data_dir);
		probe_fail(&run->shared[PROBE_OVERLAY], &err);
		return;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		(void)flock(fd, LOCK_EX);
	run->scratch = path;
	probe_storage(run);
	run->scratch = NULL;
	remove_as_root(run, name);
}

static void run_all(const struct probe_host *host, struct probe *shared)
{
	cleanup_idmap struct idmap single = {0}, single_group = {0};
	struct probe_run run = {
		.host = host,
		.shared = shared,
		.single = &single,
		.single_group = &single_group,
	};

	idmap_add(&single, 0, geteuid(), 1);
	idmap_add(&single_group, 0, getegid(), 1);
	probe_kernel(&run);
	if (shared[PROBE_CLONE3].state == PROBE_WORKS)
		probe_namespaces(&run);
	if (shared[PROBE_MNTNS].state != PROBE_UNTRIED &&
	    (shared[PROBE_USERNS].state == PROBE_WORKS || host->is_root)) {
		probe_mounts(&run);
		with_scratch(&run);
	}
	probe_cgroups(&run);
}

int probe_all(const struct probe_host *host, struct probe ret[static N_PROBES],
	      struct error *err)
{
	sigset_t ending, before;
	struct probe *shared = mmap(NULL, ALL_ANSWERS, PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		return error_set(err, ERR_SYSTEM, errno, "make shared memory");
	sigemptyset(&ending);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGHUP);
	sigaddset(&ending, SIGQUIT);
	if (sigprocmask(SIG_BLOCK, &ending, &before) < 0) {
		munmap(shared, ALL_ANSWERS);
		return error_set(err, ERR_SYSTEM, errno, "hold signals back");
	}
	run_all(host, shared);
	memcpy(ret, shared, ALL_ANSWERS);
	munmap(shared, ALL_ANSWERS);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return 0;
}
