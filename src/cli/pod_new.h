/* SPDX-License-Identifier: Apache-2.0 */
/* `run --pod new:NAME`: the pod is made first. */
#pragma once

#include "engine/create_options.h"
#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

/* pod_new() - if --pod asks for it; then the option names the pod. Nothing otherwise. */
int pod_new(struct engine *e, struct create_options *o, struct error *err) _must_check_;

/* pod_new_infra_options() - of a pod for which nothing is said. */
void pod_new_infra_options(struct create_options *o);
