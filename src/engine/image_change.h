/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --change of `import`: instructions of a Containerfile that change an image's config: CMD,
 * ENTRYPOINT, ENV, EXPOSE, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME, WORKDIR. Pure.
 * Source: podman-import(1), Containerfile(5).
 */
#pragma once

#include "util/cleanup.h"
#include "util/error.h"

struct json_object;

/* image_change_apply() - changes: a strv of instructions, one each; config: the member "config" of an
 * OCI image config, to be changed. */
int image_change_apply(char *const *changes, struct json_object *config,
		       struct error *err) _must_check_;
