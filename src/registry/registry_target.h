/* SPDX-License-Identifier: Apache-2.0 */
/* A registry as a target of images; see image/source.h. */
#pragma once

#include "image/source.h"
#include "registry/registry_options.h"

/*
 * registry_target_open() - reference: as typed; its repository is where everything goes to. mount_from:
 * repositories of the same registry ("localhost:5000/a/b" or "a/b") that may hold the blobs already; at
 * most MOUNT_TRIES_MAX are asked for each. Reads everything that it needs from this host and asks nobody
 * yet.
 */
#define MOUNT_TRIES_MAX 8
int registry_target_open(const struct registry_options *options, const char *reference,
			 char *const *mount_from, struct image_target **ret,
			 struct error *err) _must_check_;

/* registry_target_on_retry() - as registry_source_on_retry(). */
void registry_target_on_retry(struct image_target *t,
			      void (*fn)(void *data, const char *id, const char *text),
			      void *data);
