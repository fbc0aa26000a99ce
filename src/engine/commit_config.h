/* SPDX-License-Identifier: Apache-2.0 */
/* The config of an image that is made from a container. */
#pragma once

#include "engine/commit_options.h"
#include "engine/container.h"
#include "store/image_record.h"
#include "util/cleanup.h"
#include "util/error.h"

struct json_object;
struct spec;

/*
 * commit_config() - base: the container's image. *ret: the document without rootfs and history; *ret_history:
 * the new entry of the history. JSON texts, callers free. Source: podman-commit(1), OCI image
 * specification, config.md.
 */
int commit_config(const struct container *c, const struct spec *spec,
		  const struct image_record *base, const struct commit_options *options,
		  char **ret, char **ret_history, struct error *err) _must_check_;

/* commit_config_merge() - --config: what `more` says goes into config: lists and maps are added to, the rest
 * replaced; null and empty say nothing (pure). Members that it does not know are an error. */
int commit_config_merge(struct json_object *config, struct json_object *more,
			struct error *err) _must_check_;
