/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The instructions one after the other. Where all steps of a stage shall be one layer (--layers=false, --squash) they are gone through twice:
 * first to find out the last one's key; if the cache does not have that, to do them, all into one draft.
 */
#include "build/stage.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "build/base.h"
#include "build/config.h"
#include "build/history.h"
#include "build/scope.h"
#include "build/stage_key.h"
#include "build/stage_loop.h"
#include "spec/image.h"
#include "util/mem.h"
#include "util/str.h"

static void loop_release(struct stage_loop *l)
{
	build_state_release(&l->state);
	cache_release(&l->cache);
	source_list_release(&l->sources);
	for (size_t i = 0; i < l->n_triggers; i++)
		dockerfile_free(l->triggers[i]);
	free(l->triggers);
	layer_draft_release(&l->draft);
	strv_free(l->places);
	for (size_t i = 0; i < l->n_found; i++)
		stage_found_release(&l->found[i]);
	free(l->found);
}

/* --- FROM --- */

static void tell_progress(void *data, const char *id, const char *state, int64_t done,
			  int64_t total, const char *text)
{
	const struct stage_loop *l = data;
	struct build_event e = l->event;

	(void)text;
	e.kind = BUILD_EVENT_PROGRESS;
	e.id = id;
	e.text = state;
	e.size = strlen(state);
	e.done = done;
	e.total = total;
	l->job->listener->event(l->job->listener->data, &e);
}

static void tell_note(void *data, const char *line)
{
	stage_tell(data, BUILD_EVENT_NOTE, line);
}

/* Whoever wrote the base image. */
static bool may_be_trigger(enum instruction_kind kind)
{
	return kind != INSTRUCTION_FROM && kind != INSTRUCTION_ONBUILD &&
	       kind != INSTRUCTION_MAINTAINER;
}

static int take_triggers(struct stage_loop *l, struct error *err)
{
	struct image_run_config *run = &l->state.config->config;
	size_t n = strv_len(run->on_build);

	l->triggers = n > 0 ? xcalloc(n, sizeof(*l->triggers)) : NULL;
	for (size_t i = 0; i < n; i++) {
		int r = dockerfile_parse_one(run->on_build[i], "ONBUILD", &l->triggers[i],
					     err);

		if (r < 0)
			return error_wrap(err, "ONBUILD %s", run->on_build[i]);
		l->n_triggers++;
		for (size_t k = 0; k < l->triggers[i]->n; k++)
			if (!may_be_trigger(l->triggers[i]->items[k].kind))
				return error_set(
					err, ERR_INVALID, 0,
					"the base image has an ONBUILD %s, which "
					"can't be",
					instruction_word(l->triggers[i]->items[k].kind));
	}
	/* they are this stage's business, not that of those who build on it */
	strv_free(run->on_build);
	run->on_build = NULL;
	return 0;
}

static int begin(struct stage_loop *l, struct error *err)
{
	const struct plan_stage *s = stage_plan(l);
	const struct base_request q = {
		.engine = l->job->engine,
		.options = l->job->options,
		.single_id = l->job->single_id,
		.name = s->base,
		.platform = s->platform,
		.progress = &l->progress,
	};
	int r = 0;

	if (s->base_stage != PLAN_NO_STAGE)
		build_state_copy(&l->job->done[s->base_stage], &l->state);
	else
		r = base_state(&q, &l->state, err);
	if (r < 0)
		return r;
	strv_free(l->state.args);
	l->state.args = NULL;
	l->n_base_history = l->state.config->n_history;
	stage_set_env(l);
	return take_triggers(l, err);
}

static int do_from(struct stage_loop *l, struct error *err)
{
	const struct plan_stage *s = stage_plan(l);
	const struct instruction *from = &l->job->dockerfile->items[s->first];

	l->event.step = 1;
	l->event.n_steps =
		s->n + (stage_is_target(l) ? strv_len(l->job->options->labels) : 0);
	stage_tell(l, BUILD_EVENT_STEP, from->text);
	int r = begin(l, err);
	if (r < 0)
		return dockerfile_wrap(l->job->dockerfile, from->places[0], err);
	l->event.n_steps += l->n_triggers;
	stage_tell_done(l, false, NULL);
	return 0;
}

/* --- the others --- */

static int declare(struct stage_loop *l, const struct dockerfile *d,
		   const struct instruction *in, struct error *err)
{
	const struct scope_sources sources = {l->job->options->build_args,
					      l->job->plan->globals};

	for (size_t i = 0; i < in->n_args; i++) {
		cleanup_strv char **vars =
			scope_vars(l->state.args, l->state.config->config.env);
		const struct expand_scope scope = {.vars = vars, .escape = d->escape};
		int r = scope_declare(&sources, in->args[i], &scope, &l->state.args, err);

		if (r < 0)
			return dockerfile_wrap(d, in->places[i], err);
	}
	return 0;
}

static int config_step(struct stage_loop *l, const struct dockerfile *d,
		       const struct instruction *in, struct error *err)
{
	cleanup_strv char **vars = scope_vars(l->state.args, l->state.config->config.env);
	const struct expand_scope scope = {.vars = vars, .escape = d->escape};
	const struct config_change c = {
		.dockerfile = d,
		.instruction = in,
		.scope = &scope,
		.config = l->state.config,
		.cmd_set = &l->cmd_set,
	};
	int r = in->kind == INSTRUCTION_ARG ? declare(l, d, in, err)
					    : config_apply(&c, err);

	if (r < 0)
		return r;
	history_add(l->state.config, history_text(in), true);
	stage_tell_done(l, false, NULL);
	return 0;
}

static int do_instruction(struct stage_loop *l, const struct dockerfile *d,
			  const struct instruction *in, struct error *err)
{
	l->event.step++;
	l->did_something = true;
	stage_tell(l, BUILD_EVENT_STEP, in->text);
	return in->kind == INSTRUCTION_ARG || config_applies(in->kind)
		       ? config_step(l, d, in, err)
		       : stage_file_step(l, d, in, err);
}

static int pass_over(struct stage_loop *l, struct error *err)
{
	const struct plan_stage *s = stage_plan(l);
	const struct dockerfile *d = l->job->dockerfile;
	int r = 0;

	for (size_t i = 0; l->triggers && i < l->n_triggers && r >= 0; i++)
		for (size_t k = 0; k < l->triggers[i]->n && r >= 0; k++)
			r = do_instruction(l, l->triggers[i], &l->triggers[i]->items[k],
					   err);
	for (size_t i = s->first + 1; i < s->first + s->n && r >= 0; i++)
		r = do_instruction(l, d, &d->items[i], err);
	return r;
}

/* --- all steps as one layer --- */

static bool wants_one_layer(const struct stage_loop *l)
{
	const struct build_options *o = l->job->options;

	return !o->layers || o->squash || o->squash_all;
}

/* The state is put back to where the stage began. */
static int rehearse(struct stage_loop *l, struct error *err)
{
	cleanup_build_state struct build_state begun = {0};
	size_t step = l->event.step;
	int r;

	build_state_copy(&l->state, &begun);
	l->pass = PASS_KEYS;
	r = pass_over(l, err);
	if (r < 0)
		return r;
	build_state_release(&l->state);
	l->state = begun;
	begun = (struct build_state){0};
	l->event.step = step;
	l->cmd_set = false;
	return 0;
}

static int one_layer(struct stage_loop *l, struct error *err)
{
	cleanup_build_step_record struct build_step_record found = {0};
	char key[KEY_TEXT_MAX] = "", first[KEY_TEXT_MAX];
	const struct dockerfile *d = l->job->dockerfile;
	bool has_files;
	int r;

	stage_key_begin(&l->state, l->key);
	memcpy(first, l->key, sizeof(first));
	r = rehearse(l, err);
	if (r < 0)
		return r;
	has_files = !str_eq(first, l->key);
	memcpy(key, l->key, sizeof(key));
	memcpy(l->key, first, sizeof(first));
	r = has_files ? cache_find(&l->cache, key, &l->state, &found, err) : 0;
	if (r < 0)
		return r;
	l->pass = r > 0 || !has_files ? PASS_FOUND : PASS_ONE;
	if (r > 0)
		stage_put_layer(l, found.layer, found.diff_id, found.tar_size,
				found.created_usec);
	if (l->pass == PASS_ONE)
		r = layer_draft_new(l->job->engine, l->state.layers, &l->draft, err);
	if (r >= 0)
		r = pass_over(l, err);
	if (r >= 0 && l->pass == PASS_ONE)
		/* as it was found out now: a context may change while a RUN before COPY is at work */
		r = stage_commit(l, &l->draft, l->key, l->places,
				 d->items[stage_plan(l)->first].text, err);
	if (r < 0)
		return r;
	history_as_one(l->state.config, l->n_base_history,
		       found.layer != NULL || (l->pass == PASS_ONE && r > 0));
	history_set_time(l->state.config, l->n_base_history, l->made_usec);
	return 0;
}

static bool is_without_cache(const struct stage_loop *l)
{
	const struct build_options *o = l->job->options;
	const char *name = stage_plan(l)->name;

	if (l->job->is_second || o->no_cache)
		return true;
	strv_foreach (filter, o->no_cache_filter)
		if (name && strcasecmp(name, *filter) == 0)
			return true;
	return false;
}

static int go(struct stage_loop *l, struct error *err)
{
	int r = do_from(l, err);

	if (r >= 0)
		r = wants_one_layer(l) ? one_layer(l, err) : pass_over(l, err);
	if (r >= 0 && stage_is_target(l)) {
		stage_apply_options(l);
		if (l->job->options->squash_all)
			r = stage_flatten(l, err);
	}
	if (r >= 0)
		r = stage_set_created(l, err);
	if (r >= 0)
		r = cache_close(&l->cache, err);
	return r;
}

int stage_build(struct stage_job *job, struct build_state *ret, struct error *err)
{
	cleanup(loop_release) struct stage_loop l = {
		.job = job,
		.cache = CACHE_INIT,
		.draft = LAYER_DRAFT_INIT,
		.event = {.stage = job->index, .done = -1, .total = -1},
	};
	int r;

	l.progress = (struct image_progress){tell_progress, tell_note, &l};
	l.sources = (struct source_list){.job = job, .progress = &l.progress};
	l.event.n_stages = job->plan->n;
	l.event.stage_name = stage_plan(&l)->name;
	cache_init(&l.cache, job->engine, job->options, is_without_cache(&l));
	l.cache.note = tell_note;
	l.cache.note_data = &l;
	r = go(&l, err);
	if (r < 0) {
		cleanup_free char *message = error_message(err);

		stage_tell(&l, BUILD_EVENT_FAILED, message);
		return r;
	}
	*ret = l.state;
	l.state = (struct build_state){0};
	return 0;
}
