/* SPDX-License-Identifier: Apache-2.0 */
/* A stage on its way, for the files that make it: stage.c has the instructions, stage_files.c what makes layers, stage_end.c what comes
 * after the last instruction. Private to them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "build/cache.h"
#include "build/dockerfile.h"
#include "build/event.h"
#include "build/key.h"
#include "build/source.h"
#include "build/stage_job.h"
#include "build/stage_key.h"
#include "build/state.h"
#include "build/step.h"
#include "engine/image_progress.h"
#include "engine/layer_draft.h"
#include "util/cleanup.h"
#include "util/error.h"

/* What a pass over the instructions does with those that make files. */
enum pass {
	PASS_LAYERS, /* look up, or do and commit */
	PASS_KEYS,   /* only find out the keys */
	PASS_ONE,    /* all into one draft */
	PASS_FOUND,  /* nothing: the one layer is there */
};

/* What was found out of a step that makes files. Owned. */
struct stage_found {
	struct stage_key key;
	struct copy_job *job; /* NULL: none */
};
void stage_found_release(struct stage_found *f);

struct stage_loop {
	struct stage_job *job;
	struct build_state state;
	struct cache cache;
	struct source_list sources;
	struct image_progress progress;
	struct build_event event;     /* template */
	struct dockerfile **triggers; /* owned: of the base image's ONBUILD */
	size_t n_triggers;
	size_t n_base_history;
	bool cmd_set, did_something;
	int64_t made_usec; /* when the last step that made files did; 0: none */
	enum pass pass;
	char key[KEY_TEXT_MAX]; /* PASS_KEYS, PASS_ONE: of the last step that makes files */
	struct layer_draft draft; /* PASS_ONE */
	char **places;
	struct stage_found
		*found; /* owned; by PASS_KEYS, of each step that makes files */
	size_t n_found, at_found;
};

static inline const struct plan_stage *stage_plan(const struct stage_loop *l)
{
	return &l->job->plan->stages[l->job->index];
}

static inline bool stage_is_target(const struct stage_loop *l)
{
	return l->job->index == l->job->plan->target;
}

/* --- stage_files.c --- */

void stage_tell(const struct stage_loop *l, enum build_event_kind kind, const char *text);
void stage_tell_done(const struct stage_loop *l, bool cached, const char *layer);

/* stage_put_layer() - on top of the state; layer NULL: the step made no files. created_usec counts unless the user has an epoch. */
void stage_put_layer(struct stage_loop *l, const char *layer, const char *diff_id,
		     int64_t tar_size, int64_t created_usec);

/* stage_put() - what a step made, into the cache; *ret_usec: when. */
int stage_put(struct stage_loop *l, const char *key, const struct layer_drafted *made,
	      const char *text, int64_t *ret_usec, struct error *err) _must_check_;

/* stage_commit() - a draft becomes a layer, the cache's and the state's; the draft is gone. Return: 1, 0 if there was nothing in it. */
int stage_commit(struct stage_loop *l, struct layer_draft *draft, const char *key,
		 char *const *places, const char *text, struct error *err) _must_check_;

/* stage_file_step() - an instruction that makes files. */
int stage_file_step(struct stage_loop *l, const struct dockerfile *d,
		    const struct instruction *in, struct error *err) _must_check_;

/* --- stage_end.c --- */

/* stage_set_env() - --env: at the beginning of each stage, so that RUN has it, and at the end, so that no ENV beats it. */
void stage_set_env(struct stage_loop *l);

/* stage_apply_options() - of the target: --env, --label and what goes away. stage_flatten() - --squash-all. stage_set_created() - when it was
 * made, of the image and of what is in its history without a time. */
void stage_apply_options(struct stage_loop *l);
int stage_flatten(struct stage_loop *l, struct error *err) _must_check_;
int stage_set_created(struct stage_loop *l, struct error *err) _must_check_;
