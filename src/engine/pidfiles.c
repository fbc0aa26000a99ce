/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/pidfiles.h"

#include <fcntl.h>
#include <string.h>

#include "util/fs.h"
#include "util/mem.h"

static int write_one(const char *path, pid_t pid, struct error *err)
{
	cleanup_free char *text = NULL;

	if (!path)
		return 0;
	text = xasprintf("%d\n", pid);
	return fs_write_atomic(AT_FDCWD, path, text, strlen(text), 0644, 0, err);
}

int pidfiles_write(const char *pidfile, const char *monitor_pidfile,
		   const struct started *started, struct error *err)
{
	int r = write_one(pidfile, started->init_pid, err);

	return r < 0 ? r : write_one(monitor_pidfile, started->monitor_pid, err);
}
