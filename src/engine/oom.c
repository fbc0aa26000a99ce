/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/oom.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "engine/container_cgroup.h"
#include "util/mem.h"
#include "util/str.h"

#define KILLED_STATUS (128 + SIGKILL)

bool container_oom_look(const struct engine *e, const char *id, struct cgroup_oom *ret)
{
	cleanup_free char *path = container_cgroup_path(e, id);
	cleanup_cgroup struct cgroup group = CGROUP_INIT;
	cleanup_error struct error err = ERROR_INIT;

	*ret = (struct cgroup_oom){.limit = CGROUP_NO_LIMIT};
	if (!path)
		return false;
	if (cgroup_open(path, &group, &err) < 0) {
		error_drop(&err, "it is gone");
		return false;
	}
	return cgroup_oom_read(group.fd, ret);
}

/* In the largest unit that it is whole in, as it is typed for --memory: "64 MiB", "64m". */
static char *bytes_text(uint64_t bytes, bool typed)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	static const char letters[] = "bkmgt";
	size_t unit = 0;

	while (bytes && bytes % 1024 == 0 && unit + 1 < ARRAY_SIZE(units)) {
		bytes /= 1024;
		unit++;
	}
	return typed ? xasprintf("%" PRIu64 "%c", bytes, letters[unit])
		     : xasprintf("%" PRIu64 " %s", bytes, units[unit]);
}

char *oom_words(const struct cgroup_oom *oom, int exit_code)
{
	const char *who = exit_code == KILLED_STATUS
				  ? "killed"
				  : "a process of the container was killed";
	cleanup_free char *limit = NULL, *more = NULL;

	if (!oom->kills)
		return NULL;
	if (!oom->at_limit && !oom->inside)
		return xasprintf("%s: out of memory (not at a limit of its own: the "
				 "host's memory, or that of a group it is in, ran out)",
				 who);
	if (!oom->at_limit || oom->limit == CGROUP_NO_LIMIT ||
	    oom->limit > UINT64_MAX / 2)
		return xasprintf("%s: out of memory (limit of a cgroup inside of the "
				 "container)",
				 who);
	limit = bytes_text(oom->limit, false);
	more = bytes_text(oom->limit * 2, true);
	return xasprintf("%s: out of memory (limit %s). Give it more: --memory %s", who,
			 limit, more);
}

char *container_oom_words(const struct engine *e, const char *id, int exit_code)
{
	struct cgroup_oom oom;

	if (exit_code == 0 || !container_oom_look(e, id, &oom))
		return NULL;
	return oom_words(&oom, exit_code);
}
