/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/exec_cgroup.h"

#include <fcntl.h>
#include <string.h>

#include "engine/container_cgroup.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define TEXT_MAX (64 << 10)

/* Below `path`, or NULL: the process may be gone, or have been moved by somebody who may. */
static char *own_below(pid_t pid, const char *path)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *file = xasprintf("/proc/%d/cgroup", pid), *text = NULL;
	char *line, *rest;

	if (fs_read(AT_FDCWD, file, TEXT_MAX, &text, NULL, &err) < 0) {
		error_drop(&err, "then it is where it began");
		return NULL;
	}
	for (rest = text; (line = strsep(&rest, "\n"));) {
		const char *own = str_starts(line, "0::") ? line + 3 : "";

		if (str_starts(own, path) && own[strlen(path)] == '/' &&
		    !strstr(own, "/../"))
			return xstrdup(own);
	}
	return NULL;
}

int exec_cgroup_open(const struct engine *e, const struct container *c,
		     struct cgroup *ret, struct error *err)
{
	cleanup_free char *path = container_cgroup_path(e, c->record.id), *own = NULL;

	*ret = CGROUP_INIT;
	if (!path)
		return 0;
	own = own_below(c->init.pid, path);
	return cgroup_open(own ? own : path, ret, err);
}
