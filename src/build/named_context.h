/* SPDX-License-Identifier: Apache-2.0 */
/* --build-context NAME=PLACE: each place becomes a directory that is here, or an image. */
#pragma once

#include <stddef.h>

#include "build/context_source.h"
#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

struct named_contexts { /* owned */
	char **list; /* strv "NAME=DIRECTORY", absolute, or "NAME=docker-image://IMAGE": for build_options */
	struct context_source *sources; /* of what was brought in */
	size_t n;
};
void named_contexts_release(struct named_contexts *c);
#define cleanup_named_contexts cleanup(named_contexts_release)

/*
 * named_contexts_open() - typed: strv. Places are directories, URLs of tars and git repositories, and images: docker-image://, container-image://,
 * docker://, oci-layout://DIRECTORY[:TAG]. Source: Docker's documentation, "Additional build contexts".
 */
int named_contexts_open(const struct engine *e, char *const *typed,
			const struct transfer_registry_options *registry,
			struct named_contexts *ret, struct error *err) _must_check_;
