/* SPDX-License-Identifier: Apache-2.0 */
/* Removing volumes, and the containers that use them if that is asked for. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"
#include "engine/volume_view.h"
#include "store/volume_record.h"
#include "util/cleanup.h"
#include "util/error.h"

/* volume_find() - by name or the beginning of one; none is ERR_NOT_FOUND. Containers that are gone use nothing. */
int volume_find(const struct engine *e, const char *name, struct volume_record *ret,
		struct error *err) _must_check_;

struct volume_removal {
	bool force;          /* containers that use it are removed first */
	int64_t timeout_sec; /* for them to end; -1: their own */
};

/* volume_remove() - one in use without force is ERR_CONFLICT, -EBUSY. */
int volume_remove(const struct engine *e, const struct volume_record *r,
		  const struct volume_removal *how, struct error *err) _must_check_;

/* volume_prune() - those that no container uses and that match; *ret gets their names (strv), *ret_freed bytes as du
 * counts them. What was removed before a failure is in both. */
int volume_prune(const struct engine *e, const struct volume_filters *filters,
		 char ***ret, int64_t *ret_freed, struct error *err) _must_check_;
