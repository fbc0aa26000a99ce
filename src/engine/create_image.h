/* SPDX-License-Identifier: Apache-2.0 */
/* The image of a new container: found or fetched, its config read, before anything is planned. */
#pragma once

#include <stdbool.h>

#include "engine/create_options.h"
#include "engine/engine.h"
#include "engine/image_fetch.h"
#include "store/image_record.h"
#include "util/cleanup.h"
#include "util/error.h"

struct image_config;

struct create_image {
	struct image_record record; /* owned, as the rest */
	char *name;                 /* canonical, or what was typed if it was an id */
	struct image_config *config;
	char **layer_paths; /* topmost first */
	bool single_id;     /* unpacked with all owners as one */
};
void create_image_release(struct create_image *i);
#define cleanup_create_image cleanup(create_image_release)

/* create_image_get() - by o->image_name; e->store is open. */
int create_image_get(const struct engine *e, const struct create_options *o,
		     const struct image_progress *progress, struct create_image *ret,
		     struct error *err) _must_check_;

/* create_image_user() - USER of its config; NULL: none. */
const char *create_image_user(const struct create_image *i);
