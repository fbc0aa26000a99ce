/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/pod_status.h"

const char *pod_status_word(enum pod_status status)
{
	static const char *const words[POD_STATUSES] = {
		[POD_CREATED] = "Created",   [POD_RUNNING] = "Running",
		[POD_DEGRADED] = "Degraded", [POD_PAUSED] = "Paused",
		[POD_STOPPED] = "Stopped",   [POD_EXITED] = "Exited",
	};

	return words[status];
}

enum pod_status pod_status_judge(const enum container_status *statuses, size_t n)
{
	size_t running = 0, paused = 0, ended = 0;

	for (size_t i = 0; i < n; i++) {
		running += statuses[i] == CONTAINER_RUNNING;
		paused += statuses[i] == CONTAINER_PAUSED;
		ended += statuses[i] == CONTAINER_EXITED;
	}
	if (running)
		return running == n ? POD_RUNNING : POD_DEGRADED;
	if (paused && paused == n)
		return POD_PAUSED;
	if (ended)
		return ended == n ? POD_EXITED : POD_STOPPED;
	return POD_CREATED;
}
