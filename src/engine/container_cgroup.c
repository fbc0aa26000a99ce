/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/container_cgroup.h"

#include <fcntl.h>
#include <string.h>

#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define CGROUP_TEXT_MAX 65536

char *container_cgroup_path(const struct container *c)
{
	cleanup_free char *path = xasprintf("/proc/%d/cgroup", c->init.pid), *text = NULL;
	cleanup_error struct error err = ERROR_INIT;
	char *line, *name;

	if (fs_read(AT_FDCWD, path, CGROUP_TEXT_MAX, &text, NULL, &err) < 0)
		return NULL;
	line = str_starts(text, "0::") ? text : strstr(text, "\n0::");
	line = line ? strstr(line, "0::") + strlen("0::") : NULL;
	if (!line)
		return NULL;
	line[strcspn(line, "\n")] = '\0';
	name = strrchr(line, '/');
	return name && strstr(name, c->record.id) ? xstrdup(line) : NULL;
}
