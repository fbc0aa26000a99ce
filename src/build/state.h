/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a stage's image is after a step: its config, and its layers. Steps change it; it crosses from a stage's process to the
 * others as text.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "spec/image.h"
#include "util/cleanup.h"
#include "util/error.h"

struct build_state {                 /* all owned */
	struct image_config *config; /* with rootfs.diff_ids and history */
	char **layers;               /* chain ids, lowest first: as many as diff ids */
	char **blobs;      /* the digest of each layer's blob in a manifest, ... */
	char **blob_types; /* ...its media type... */
	char **blob_sizes; /* ...and its size in bytes, as text; "": not known, an uncompressed one's */
	char **args; /* "NAME=value": the ARGs that were declared so far and have a value */
	char **annotations; /* "NAME=value": of the base image's manifest; NAME has no = in it */
	char *base_name,
		*base_digest; /* what FROM named: canonical name, digest of its manifest; NULL: scratch */
};
void build_state_release(struct build_state *s);
#define cleanup_build_state cleanup(build_state_release)

void build_state_copy(const struct build_state *from, struct build_state *ret);

/* build_state_text() - JSON; caller frees. build_state_parse() - it back; ERR_INVALID. */
char *build_state_text(const struct build_state *s);
int build_state_parse(const char *text, size_t len, struct build_state *ret,
		      struct error *err) _must_check_;
