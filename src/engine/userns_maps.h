/* SPDX-License-Identifier: Apache-2.0 */
/* The maps of --userns modes, on top of a user's whole map. Pure. */
#pragma once

#include <stdint.h>

#include "runtime/idmap.h"
#include "util/cleanup.h"
#include "util/error.h"

/*
 * userns_map_keep_id() - `id` inside is the user; the ids below and above it inside are the user's other ones, in
 * order; `size` ids in all (0: as many as there are).
 */
int userns_map_keep_id(const struct idmap *whole, uint32_t id, uint32_t size,
		       struct idmap *ret, struct error *err) _must_check_;

/* userns_map_no_user() - 0 inside is the first of the user's other ids. None is ERR_NOT_FOUND. */
int userns_map_no_user(const struct idmap *whole, struct idmap *ret,
		       struct error *err) _must_check_;

/*
 * userns_map_range() - 0..count-1 inside are start.. outside, but for the ids inside that a line of `fixed` has; with
 * these lines.
 */
void userns_map_range(uint64_t start, uint64_t count, const struct idmap *fixed,
		      struct idmap *ret);
