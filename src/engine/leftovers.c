/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process of the container is known by its mounts: one of them is the container's .containerenv, from the run directory
 * that has the container's id in its name. Nobody else mounts that. A mount namespace's number would not do, as it is
 * given to another one as soon as it is free.
 */
#include "engine/leftovers.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "engine/container_config.h"
#include "engine/etc_files.h"
#include "runtime/mountinfo.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"

#define ROUNDS 8 /* one that forks meanwhile is caught in the next */

static bool has_own_pids(const struct container_record *r)
{
	cleanup_container_config struct container_config c = {0};
	cleanup_error struct error err = ERROR_INIT;

	/* nearly all, and quickly said */
	if (!r->config || strstr(r->config, "\"pid\":\"private\""))
		return true;
	if (container_config_parse(r->config, &c, &err) < 0) {
		error_drop(&err, "nobody knows what it shares");
		return true;
	}
	return !c.pid || str_eq(c.pid, "private");
}

static bool is_of(const char *pid, const char *mark)
{
	cleanup_mountinfos struct mountinfos mounts = {0};
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *file = xasprintf("/proc/%s/mountinfo", pid);

	if (mountinfo_read(file, &mounts, &err) < 0) {
		error_drop(&err, "somebody else's, or gone");
		return false;
	}
	for (size_t i = 0; i < mounts.n; i++)
		if (str_eq(mounts.items[i].point, etc_file_target(ETC_CONTAINERENV)) &&
		    str_ends(mounts.items[i].root, mark))
			return true;
	return false;
}

/* Looked at again once the pidfd holds it. */
static bool kill_if_of(const char *pid, const char *mark)
{
	cleanup_fd int pid_fd = -EBADF;
	uint32_t number;

	if (str_to_u32(pid, &number) < 0 || !is_of(pid, mark))
		return false;
	pid_fd = sys_pidfd_open((pid_t)number, 0);
	if (pid_fd < 0 || !is_of(pid, mark))
		return false;
	log_debug("kill process %s, which its container has left", pid);
	return sys_pidfd_send_signal(pid_fd, SIGKILL) == 0;
}

static bool kill_round(const char *mark)
{
	cleanup_dir DIR *dir = opendir("/proc");
	const struct dirent *entry;
	bool any = false;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
		    kill_if_of(entry->d_name, mark))
			any = true;
	return any;
}

void leftovers_kill(const struct container_record *r)
{
	cleanup_free char *mark = NULL;

	if (has_own_pids(r))
		return;
	mark = xasprintf("/containers/%s/%s", r->id, etc_file_name(ETC_CONTAINERENV));
	for (int i = 0; i < ROUNDS && kill_round(mark); i++)
		;
}
