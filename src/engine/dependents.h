/* SPDX-License-Identifier: Apache-2.0 */
/* Containers that need another one: they share its namespaces, or it was said so (--requires). */
#pragma once

#include "engine/container.h"
#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

/* dependents_exist() - whether there are any; a failure to read is none. */
bool dependents_exist(const struct engine *e, const char *id);

/* dependents_refuse_infra() - ERR_INVALID for the infra container of a pod: its pod depends on it. */
int dependents_refuse_infra(const struct engine *e, const struct container *c,
			    struct error *err) _must_check_;

/* dependents_refuse() - ERR_INVALID if there are any: c cannot be removed. */
int dependents_refuse(const struct engine *e, const struct container *c,
		      struct error *err) _must_check_;
