/* SPDX-License-Identifier: Apache-2.0 */
/* A new pod, with its infra container: made first and not started, so a pod's record never names one that is not there. */
#pragma once

#include <stdbool.h>

#include "engine/create_options.h"
#include "engine/engine.h"
#include "engine/pod_config.h"
#include "util/cleanup.h"
#include "util/error.h"

struct pod_request {
	struct engine *engine;
	const char *name;         /* NULL: a random one */
	bool infra;               /* it shall have an infra container */
	const char *infra_name;   /* NULL: from the pod's id */
	bool replace;             /* another pod of that name is removed first */
	struct pod_config config; /* what goes on record; borrowed */
	const struct limit_options
		*limits;              /* of all its containers together; NULL: none */
	struct cgroup_options cgroup; /* where its own goes */
	struct create_options infra_options; /* namespaces, user namespace, /etc/hosts ...
						of the infra container */
	void (*warn)(const char *text);      /* may be NULL */
};

/* pod_create() - *ret_id: of the pod; caller frees. */
int pod_create(const struct pod_request *request, char **ret_id,
	       struct error *err) _must_check_;
