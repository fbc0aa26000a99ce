/* SPDX-License-Identifier: Apache-2.0 */
/* A registry as a source of images; see image/source.h. */
#pragma once

#include "image/source.h"
#include "registry/registry_options.h"

/*
 * registry_source_open() - reference: as typed, "debian", "localhost:5000/a/b:tag", "a@sha256:...";
 * with tag and digest the digest counts. all_tags: every tag of the repository. Reads everything that
 * it needs from this host and asks nobody yet: the process may confine itself afterwards.
 * options and reference are copied, but for what options.data points to.
 */
int registry_source_open(const struct registry_options *options, const char *reference,
			 bool all_tags, struct image_source **ret,
			 struct error *err) _must_check_;

/* registry_source_on_retry() - for a worker that was forked: whom to tell. s must be of this kind. */
void registry_source_on_retry(struct image_source *s,
			      void (*fn)(void *data, const char *id, const char *text),
			      void *data);
