/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a step's files depend on, as the key of the build cache. Two steps with the same key have the same result; so all that could matter is
 * in it, and nothing that can't (labels, who builds, where the context lies).
 */
#pragma once

#include "build/key.h"
#include "build/options.h"
#include "build/state.h"
#include "build/step.h"
#include "util/error.h"

struct stage_key {
	const char *
		parent; /* the layer below, or the key of the step before; NULL: nothing. Borrowed */
	const char *workdir; /* WORKDIR: the directory; borrowed */
	char text[KEY_TEXT_MAX];
	char source[KEY_TEXT_MAX]; /* of what is copied alone, or what RUN mounts */
	char *destination;         /* COPY, ADD: expanded; owned */
};
void stage_key_release(struct stage_key *k);
#define cleanup_stage_key cleanup(stage_key_release)

/* stage_key_make() - parent and workdir are set. */
int stage_key_make(struct stage_key *to, const struct step *s,
		   struct error *err) _must_check_;

/*
 * Keys that are no instruction's. stage_key_begin() - where all steps count as one: what the first of them stands on. stage_key_flatten() - all
 * layers as one. stage_key_end() - the last instructions, that made no files: the whole state, without the times to be found out.
 */
void stage_key_begin(const struct build_state *s, char ret[static KEY_TEXT_MAX]);
void stage_key_flatten(char *const *layers, const struct build_options *o,
		       char ret[static KEY_TEXT_MAX]);
void stage_key_end(const struct build_state *s, const struct build_options *o,
		   char ret[static KEY_TEXT_MAX]);
