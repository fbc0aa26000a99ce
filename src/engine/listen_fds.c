/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/listen_fds.h"

#include <stdlib.h>
#include <unistd.h>

#include "engine/environment.h"
#include "spec/spec.h"
#include "util/mem.h"
#include "util/str.h"

int listen_fds_count(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	uint32_t for_pid, n;

	if (!pid || !fds || str_to_u32(pid, &for_pid) < 0 || str_to_u32(fds, &n) < 0)
		return 0;
	return for_pid == (uint32_t)getpid() && n <= LISTEN_FDS_MAX ? (int)n : 0;
}

void listen_fds_tell(int n, struct spec *spec)
{
	const char *names = getenv("LISTEN_FDNAMES");
	cleanup_free char *count = xasprintf("LISTEN_FDS=%d", n), *named = NULL;

	if (n == 0)
		return;
	environment_set(&spec->process->env, count);
	environment_set(&spec->process->env, "LISTEN_PID=1");
	if (!names)
		return;
	named = xasprintf("LISTEN_FDNAMES=%s", names);
	environment_set(&spec->process->env, named);
}
