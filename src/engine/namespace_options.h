/* SPDX-License-Identifier: Apache-2.0 */
/* What create_options has on namespaces, and on the containers that this one needs. Strings are borrowed. */
#pragma once

#include <stdbool.h>

struct namespace_options {
	const char *pid, *ipc, *uts;   /* --network has a member of its own */
	char **requires;               /* --requires: names or IDs */
	const char *pod, *pod_id_file; /* --pod NAME or "new:NAME" */
	const char *pod_id, *pod_name; /* the pod's, once it was found */
	bool is_infra;                 /* a pod's own: it holds its namespaces */
};
