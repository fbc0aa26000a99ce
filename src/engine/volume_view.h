/* SPDX-License-Identifier: Apache-2.0 */
/* Volumes as lists show them, and --filter. Source: podman-volume-ls(1), podman-volume-prune(1). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/engine.h"
#include "store/volume_record.h"
#include "util/cleanup.h"
#include "util/error.h"

struct json_object;

/* volume_summary() - what `volume inspect` and `volume ls --format json` say. Caller owns. */
struct json_object *volume_summary(const struct engine *e, const struct volume_record *r);

/* volume_sizes() - bytes on disk of each of the list, as du counts them; ret has room for list->n. */
int volume_sizes(const struct engine *e, const struct volume_records *list, int64_t *ret,
		 struct error *err) _must_check_;

struct volume_filter; /* one of them, opaque */
struct volume_filters {
	struct volume_filter *items; /* owned */
	size_t n;
};
void volume_filters_release(struct volume_filters *f);
#define cleanup_volume_filters cleanup(volume_filters_release)

/* volume_filters_prepare() - typed: a strv as typed, NULL is none. Keys known, values well-formed. */
int volume_filters_prepare(char *const *typed, struct volume_filters *ret,
			   struct error *err) _must_check_;

/* volume_filters_match() - values of one key are alternatives, but labels and what is negated must all hold. */
bool volume_filters_match(const struct volume_filters *f, const struct volume_record *r);
