/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How an image's layers reach a container whose map is not that of their owners. A ladder: what the
 * kernel can do on this host is tried; that it works is remembered in the run directory.
 */
#pragma once

#include "engine/create_plan.h"
#include "engine/engine.h"
#include "engine/image_progress.h"
#include "util/cleanup.h"
#include "util/error.h"

enum layer_way {
	LAYER_WAY_PLAIN,    /* the owners are right as they are */
	LAYER_WAY_IDMAPPED, /* root of the host: the layers' mounts are idmapped */
	LAYER_WAY_TREES,    /* an ordinary user: their metadata trees' are */
	LAYER_WAY_COPY,     /* neither works: the files are copied, with other owners */
};

/* layer_way_word() - for people and records: "plain", "idmapped", "metadata", "copied". */
const char *layer_way_word(enum layer_way way);

/*
 * layer_way_choose() - for a plan that is remapped. *ret_reason (caller frees): why the files are copied,
 * otherwise NULL.
 */
int layer_way_choose(const struct engine *e, const struct create_plan *p,
		     enum layer_way *ret, char **ret_reason,
		     struct error *err) _must_check_;

/*
 * layer_way_copy() - the image's files together, with the owners that the plan's map gives them, in a new
 * directory `to` of the container's own.
 */
int layer_way_copy(const struct create_plan *p, const char *to,
		   const struct image_progress *progress, struct error *err) _must_check_;
