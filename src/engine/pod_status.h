/* SPDX-License-Identifier: Apache-2.0 */
/* What a pod's status is, judged from its containers' (the infra container is one of them). Pure. */
#pragma once

#include <stddef.h>

#include "engine/status.h"

enum pod_status {
	POD_CREATED,
	POD_RUNNING,  /* all run */
	POD_DEGRADED, /* some run */
	POD_PAUSED,   /* all are paused */
	POD_STOPPED,  /* none runs, some have ended */
	POD_EXITED,   /* all have ended */
	POD_STATUSES
};

/* pod_status_judge() - of n containers. */
enum pod_status pod_status_judge(const enum container_status *statuses, size_t n);

/* pod_status_word() - podman's: "Degraded". */
const char *pod_status_word(enum pod_status status);
