/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pod as found: its record, its containers as they are now, and the status that follows. Its infra container holds
 * the namespaces that its containers share; they depend on it as on any container whose namespaces they join.
 */
#pragma once

#include <stdbool.h>

#include "engine/container.h"
#include "engine/engine.h"
#include "engine/pod_config.h"
#include "engine/pod_status.h"
#include "store/pod_record.h"
#include "util/cleanup.h"
#include "util/error.h"

struct pod {
	struct pod_record record;
	struct pod_config config;
	struct containers members; /* oldest first, so the infra container is the first */
	enum pod_status status;
};
void pod_release(struct pod *p);
#define cleanup_pod cleanup(pod_release)

struct pods {
	struct pod *items; /* owned */
	size_t n;
};
void pods_release(struct pods *list);
#define cleanup_pods cleanup(pods_release)

/* pod_find() - by name, id or the beginning of an id. */
int pod_find(const struct engine *e, const char *name_or_id, struct pod *ret,
	     struct error *err) _must_check_;

/* pod_list() - all, oldest first. Infra containers whose pod was never finished are swept away. */
int pod_list(const struct engine *e, struct pods *ret, struct error *err) _must_check_;

/* pod_is_infra() - whether this member is the infra container. */
bool pod_is_infra(const struct pod *p, const struct container *c);

/* pod_lock() - held while an infra container exists and its pod does not; without wait ERR_UNAVAILABLE if somebody
 * has it. Return: fd. */
int pod_lock(const struct engine *e, bool wait, struct error *err) _must_check_;
