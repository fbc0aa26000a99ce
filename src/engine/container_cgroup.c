/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/container_cgroup.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "engine/container_dir.h"
#include "engine/user_ids.h"
#include "runtime/cgroup_files.h"
#include "runtime/subid.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

/* NULL: none is on record. */
static char *read_path(int run_dirfd)
{
	cleanup_error struct error err = ERROR_INIT;
	char *text = NULL;

	if (fs_read(run_dirfd, CGROUP_FILE, PATH_MAX, &text, NULL, &err) < 0) {
		error_drop(&err, "it has no cgroup");
		return NULL;
	}
	text[strcspn(text, "\n")] = '\0';
	return text;
}

char *container_cgroup_path(const struct engine *e, const char *id)
{
	cleanup_fd int dirfd = container_dir_open(e, id);

	return dirfd < 0 ? NULL : read_path(dirfd);
}

int container_cgroup_record(int run_dirfd, const char *path, struct error *err)
{
	return fs_write_atomic(run_dirfd, CGROUP_FILE, path, strlen(path), 0600, 0, err);
}

static void look(const char *path, struct container_cgroup_end *ret)
{
	cleanup_cgroup struct cgroup c = CGROUP_INIT;
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *events = NULL;
	uint64_t n = 0;

	if (cgroup_open(path, &c, &err) < 0) {
		error_drop(&err, "it is gone");
		return;
	}
	if (cgroup_file_read(c.fd, "memory.events", &events) == 0 &&
	    cgroup_text_value(events, "oom_kill", &n))
		ret->oom_killed = n > 0;
	if (cgroup_file_u64(c.fd, "memory.peak", &ret->memory_peak) < 0)
		ret->memory_peak = 0;
}

static int unmake(void *data, struct error *err)
{
	return cgroup_unmake(data, err);
}

/* What the root of a container with ids of its own has made belongs to one of the user's subordinate ids. */
static int unmake_by_others(char *path, struct error *err)
{
	cleanup_user_ids struct user_ids ids = {0};
	int r = cgroup_unmake(path, err);

	if (r >= 0 || geteuid() == 0 || (err->code != EACCES && err->code != EPERM))
		return r;
	error_drop(err, "some cgroups belong to other ids of the user");
	r = subid_rootless_map(SUBID_UID, geteuid(), getegid(), &ids.uids, err);
	if (r >= 0)
		r = subid_rootless_map(SUBID_GID, geteuid(), getegid(), &ids.gids, err);
	return r < 0 ? r : user_ids_do(&ids, unmake, path, err);
}

int container_cgroup_end(int run_dirfd, struct container_cgroup_end *ret,
			 struct error *err)
{
	cleanup_free char *path = read_path(run_dirfd);
	int r;

	*ret = (struct container_cgroup_end){0};
	if (!path)
		return 0;
	look(path, ret);
	r = unmake_by_others(path, err);
	if (r >= 0 && unlinkat(run_dirfd, CGROUP_FILE, 0) < 0 && errno != ENOENT)
		r = error_set(err, ERR_SYSTEM, errno, "forget the cgroup %s", path);
	return r;
}

void container_cgroup_drop(int run_dirfd)
{
	cleanup_error struct error err = ERROR_INIT;
	struct container_cgroup_end end;

	if (container_cgroup_end(run_dirfd, &end, &err) < 0)
		error_drop(&err, "its container is gone");
}
