/* SPDX-License-Identifier: Apache-2.0 */
/* Removing all containers that neither run nor are paused. */
#pragma once

#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

/* container_prune_check() - filters (strv, "KEY=VALUE"): label, label! and until are known. */
int container_prune_check(char *const *filters, struct error *err) _must_check_;

/*
 * container_prune() - those that match the filters. removed() hears each id. One that can't be removed does
 * not save the others; the first failure is *err at the end.
 */
int container_prune(const struct engine *e, char *const *filters,
		    void (*removed)(void *data, const char *id), void *data,
		    struct error *err) _must_check_;
