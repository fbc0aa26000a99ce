/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the files of a step become a layer:
 *
 *	key      what the layers below are, the instruction, variables and config that count for it, contents of what it copies
 *	cache    knows the key: its layer is put on top, and nothing else happens
 *	draft    otherwise the step writes into the upper directory of an overlay on the layers so far
 *	commit   which becomes a layer by a rename; the cache has it at once
 */
#include <string.h>

#include "build/config.h"
#include "build/emulation.h"
#include "build/history.h"
#include "build/layers.h"
#include "build/scope.h"
#include "build/stage_key.h"
#include "build/stage_loop.h"
#include "build/step.h"
#include "spec/image.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

void stage_found_release(struct stage_found *f)
{
	if (f->job)
		copy_job_free(f->job);
	stage_key_release(&f->key);
	*f = (struct stage_found){0};
}

void stage_tell(const struct stage_loop *l, enum build_event_kind kind, const char *text)
{
	struct build_event e = l->event;

	if (l->pass == PASS_KEYS && kind != BUILD_EVENT_FAILED)
		return;
	e.kind = kind;
	e.text = text;
	e.size = text ? strlen(text) : 0;
	l->job->listener->event(l->job->listener->data, &e);
}

void stage_tell_done(const struct stage_loop *l, bool cached, const char *layer)
{
	struct build_event e = l->event;

	if (l->pass == PASS_KEYS)
		return;
	e.kind = BUILD_EVENT_DONE;
	e.cached = cached;
	e.id = layer;
	l->job->listener->event(l->job->listener->data, &e);
}

static struct step step_of(struct stage_loop *l, const struct dockerfile *d,
			   const struct instruction *in, char *const *vars)
{
	return (struct step){
		.engine = l->job->engine,
		.options = l->job->options,
		.dockerfile = d,
		.instruction = in,
		.state = &l->state,
		.scope = {.vars = vars, .escape = d->escape},
		.ignore = l->job->ignore,
		.find_source = source_find,
		.data = &l->sources,
		.listener = l->job->listener,
		.event = &l->event,
		.ret_run_status = &l->job->run_status,
	};
}

static int do_step(const struct step *s, const char *workdir, struct layer_draft *draft,
		   char ***places, struct error *err)
{
	if (s->instruction->kind == INSTRUCTION_RUN) {
		int r = emulation_check(s->state->config, err);

		if (r >= 0)
			r = volumes_do(s, draft, err);
		return r < 0 ? r : run_do(s, draft, places, err);
	}
	if (s->instruction->kind == INSTRUCTION_WORKDIR)
		return workdir_do(s, workdir, draft, err);
	return copy_do(s, draft, err);
}

void stage_put_layer(struct stage_loop *l, const char *layer, const char *diff_id,
		     int64_t tar_size, int64_t created_usec)
{
	const struct build_options *o = l->job->options;

	if (layer)
		layers_push(&l->state, layer, diff_id, tar_size, o->docker_format);
	l->made_usec = o->has_epoch ? o->epoch_sec * USEC_PER_SEC : created_usec;
}

/* What the cache had until now is nobody's afterwards, unless an image has it. */
static void note_replaced(struct stage_loop *l, const char *key, const char *layer)
{
	cleanup_build_step_record struct build_step_record old = {0};
	cleanup_error struct error err = ERROR_INIT;

	if (build_step_get(l->job->engine->store, key, l->job->single_id, &old, &err) < 0)
		error_drop(&err, "there was nothing");
	else if (old.layer && !str_eq(old.layer, layer))
		strv_add(&l->job->replaced, old.layer);
}

/* When something was made is asked of the record, as every later build will. */
int stage_put(struct stage_loop *l, const char *key, const struct layer_drafted *made,
	      const char *text, int64_t *ret_usec, struct error *err)
{
	cleanup_build_step_record struct build_step_record record = {0};
	int r;

	*ret_usec = time_now_usec();
	if (l->job->is_second)
		return 0;
	note_replaced(l, key, made->chain_id);
	r = cache_put(&l->cache, key, &l->state, made, text, err);
	if (r >= 0)
		r = build_step_get(l->job->engine->store, key, l->job->single_id, &record,
				   err);
	if (r >= 0)
		*ret_usec = record.created_usec;
	return r;
}

int stage_commit(struct stage_loop *l, struct layer_draft *draft, const char *key,
		 char *const *places, const char *text, struct error *err)
{
	const struct build_options *o = l->job->options;
	const struct layer_draft_options how = {
		.places = places,
		.has_epoch = o->has_epoch && (o->rewrite_timestamp || o->all_at_epoch),
		.all_at_epoch = o->all_at_epoch,
		.epoch_sec = o->epoch_sec,
	};
	cleanup_layer_drafted struct layer_drafted made = {0};
	int64_t created_usec = 0;
	int r = layer_draft_commit(l->job->engine, draft, l->state.layers, &how, &made,
				   err);

	if (r >= 0)
		r = stage_put(l, key, &made, text, &created_usec, err);
	layer_draft_release(draft);
	*draft = LAYER_DRAFT_INIT;
	if (r < 0)
		return r;
	stage_put_layer(l, made.chain_id, made.diff_id, made.tar_size, created_usec);
	return made.chain_id != NULL;
}

static int check_room(const struct stage_loop *l, struct error *err)
{
	if (strv_len(l->state.layers) < IMAGE_LAYERS_MAX)
		return 0;
	error_set(err, ERR_INVALID, 0, "an image has at most %d layers",
		  IMAGE_LAYERS_MAX);
	return error_hint(err, "Make one of them: --squash, or fewer instructions");
}

/* Return: 1 with a layer more, 0 without. */
static int make_layer(struct stage_loop *l, struct step *s, const char *workdir,
		      const char *key, struct error *err)
{
	cleanup_build_step_record struct build_step_record found = {0};
	cleanup_layer_draft struct layer_draft draft = LAYER_DRAFT_INIT;
	cleanup_strv char **places = NULL;
	char settled[KEY_TEXT_MAX];
	int r = cache_find(&l->cache, key, &l->state, &found, err);

	if (r < 0)
		return r;
	if (r > 0) {
		stage_put_layer(l, found.layer, found.diff_id, found.tar_size,
				found.created_usec);
		stage_tell_done(l, true, found.layer);
		return found.layer != NULL;
	}
	r = check_room(l, err);
	if (r >= 0)
		r = layer_draft_new(l->job->engine, l->state.layers, &draft, err);
	if (r >= 0)
		r = do_step(s, workdir, &draft, &places, err);
	memcpy(settled, key, sizeof(settled));
	copy_key_settle(*s->job, settled);
	if (r >= 0)
		r = stage_commit(l, &draft, settled, places, s->instruction->text, err);
	if (r >= 0)
		stage_tell_done(l, false, r ? layers_top(&l->state) : NULL);
	return r;
}

/* Whether the step made a layer of its own is found out only in the first of the cases. */
static int make_files(struct stage_loop *l, struct step *s, const char *workdir,
		      const char *key, struct error *err)
{
	int r = 0;

	if (l->pass == PASS_LAYERS)
		return make_layer(l, s, workdir, key, err);
	memcpy(l->key, key, sizeof(l->key));
	if (l->pass == PASS_ONE)
		r = do_step(s, workdir, &l->draft, &l->places, err);
	copy_key_settle(*s->job, l->key);
	if (r >= 0)
		stage_tell_done(l, l->pass == PASS_FOUND, NULL);
	return r < 0 ? r : 0;
}

static int workdir_of(struct stage_loop *l, const struct step *s, char **ret,
		      struct error *err)
{
	const struct config_change c = {
		.dockerfile = s->dockerfile,
		.instruction = s->instruction,
		.scope = &s->scope,
		.config = l->state.config,
	};

	return s->instruction->kind == INSTRUCTION_WORKDIR ? config_workdir(&c, ret, err)
							   : 0;
}

/* Where the stage is gone through twice the second time finds what the first one did: nothing is hashed or downloaded again. */
static int find_key(struct stage_loop *l, struct step *s, const char *workdir,
		    struct stage_found *f, struct error *err)
{
	if (l->pass == PASS_ONE || l->pass == PASS_FOUND)
		return 0;
	f->key.parent = l->pass == PASS_LAYERS ? layers_top(&l->state) : l->key;
	f->key.workdir = workdir;
	return stage_key_make(&f->key, s, err);
}

static struct stage_found *next_found(struct stage_loop *l, struct stage_found *own)
{
	if (l->pass == PASS_LAYERS)
		return own;
	if (l->pass == PASS_KEYS) {
		l->found = xreallocarray(l->found, l->n_found + 1, sizeof(*l->found));
		l->found[l->n_found++] = (struct stage_found){0};
		return &l->found[l->n_found - 1];
	}
	return &l->found[l->at_found++];
}

static char *history_of(const struct stage_loop *l, const struct instruction *in,
			const struct stage_key *key)
{
	if (in->kind == INSTRUCTION_RUN)
		return history_run(in, l->state.args);
	if (in->kind == INSTRUCTION_WORKDIR)
		return history_text(in);
	return history_copy(in, key->source, key->destination);
}

int stage_file_step(struct stage_loop *l, const struct dockerfile *d,
		    const struct instruction *in, struct error *err)
{
	cleanup_strv char **vars = scope_vars(l->state.args, l->state.config->config.env);
	cleanup(stage_found_release) struct stage_found own = {0};
	struct stage_found *found = next_found(l, &own);
	struct step s = step_of(l, d, in, vars);
	cleanup_free char *workdir = NULL;
	int r;

	s.job = &found->job;
	r = workdir_of(l, &s, &workdir, err);
	if (r >= 0)
		r = find_key(l, &s, workdir, found, err);
	if (r >= 0)
		r = make_files(l, &s, workdir, found->key.text, err);
	if (r < 0)
		return r;
	if (workdir)
		config_set_workdir(l->state.config, workdir);
	history_add(l->state.config, history_of(l, in, &found->key), r == 0);
	if (l->pass == PASS_LAYERS)
		history_set_time(l->state.config, l->n_base_history, l->made_usec);
	return 0;
}
