/* SPDX-License-Identifier: Apache-2.0 */
/* Which containers are at a network, and its end. Source: podman-network-rm(1). */
#pragma once

#include "engine/engine.h"
#include "engine/network_settings.h"
#include "util/cleanup.h"
#include "util/error.h"

/* network_users() - ids of containers that are at it, running or not, appended to *ret (strv). */
int network_users(const struct engine *e, const struct network *n, char ***ret,
		  struct error *err) _must_check_;

/* network_remove_users() - those containers go, in timeout_sec after their stop signal (-1: each its own time). */
int network_remove_users(const struct engine *e, const struct network *n,
			 int64_t timeout_sec, struct error *err) _must_check_;

/* network_remove() - one that no container is at: otherwise ERR_CONFLICT, -EBUSY. The default one stays: ERR_CONFLICT. */
int network_remove(const struct engine *e, const struct network *n,
		   struct error *err) _must_check_;

/* network_prune() - those that the filters (network_filter.h, checked) leave and no container is at; their names are
 * appended to *ret (strv). */
int network_prune(const struct engine *e, char *const *filters, char ***ret,
		  struct error *err) _must_check_;
