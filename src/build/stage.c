/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the files of a step become a layer:
 *
 *	key      what the layers below are, the instruction, variables and config that count for it, contents of what it copies
 *	cache    knows the key: its layer is put on top, and nothing else happens
 *	draft    otherwise the step writes into the upper directory of an overlay on the layers so far
 *	commit   which becomes a layer by a rename; the cache has it at once
 *
 * Where all steps of a stage shall be one layer (--layers=false, --squash), each one's key counts the one before instead of layers, the last
 * key is looked up before anything is done, and all steps write into one draft: the stage is gone through twice.
 */
#include "build/stage.h"

#include <stdlib.h>
#include <string.h>

#include "build/base.h"
#include "build/cache.h"
#include "build/config.h"
#include "build/emulation.h"
#include "build/history.h"
#include "build/layers.h"
#include "build/scope.h"
#include "build/source.h"
#include "build/stage_key.h"
#include "build/step.h"
#include "spec/image.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

/* What a pass over the instructions does with those that make files. */
enum pass {
	PASS_LAYERS, /* look up, or do and commit */
	PASS_KEYS,   /* only find out the keys */
	PASS_ONE,    /* all into one draft */
	PASS_FOUND,  /* nothing: the one layer is there */
};

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
};

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
}

static const struct plan_stage *stage_of(const struct stage_loop *l)
{
	return &l->job->plan->stages[l->job->index];
}

static bool is_target(const struct stage_loop *l)
{
	return l->job->index == l->job->plan->target;
}

/* --- events --- */

static void tell(const struct stage_loop *l, enum build_event_kind kind, const char *text)
{
	struct build_event e = l->event;

	if (l->pass == PASS_KEYS && kind != BUILD_EVENT_FAILED)
		return;
	e.kind = kind;
	e.text = text;
	e.size = text ? strlen(text) : 0;
	l->job->listener->event(l->job->listener->data, &e);
}

static void tell_done(const struct stage_loop *l, bool cached, const char *layer)
{
	struct build_event e = l->event;

	if (l->pass == PASS_KEYS)
		return;
	e.kind = BUILD_EVENT_DONE;
	e.cached = cached;
	e.id = layer;
	l->job->listener->event(l->job->listener->data, &e);
}

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
	tell(data, BUILD_EVENT_NOTE, line);
}

/* --- FROM --- */

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
	}
	/* they are this stage's business, not that of those who build on it */
	strv_free(run->on_build);
	run->on_build = NULL;
	return 0;
}

static int begin(struct stage_loop *l, struct error *err)
{
	const struct plan_stage *s = stage_of(l);
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
	return take_triggers(l, err);
}

static size_t count_pairs(const struct stage_loop *l)
{
	const struct build_options *o = l->job->options;

	return !is_target(l) ? 0 : (o->labels && *o->labels) + (o->env && *o->env);
}

static int do_from(struct stage_loop *l, struct error *err)
{
	const struct plan_stage *s = stage_of(l);
	const struct instruction *from = &l->job->dockerfile->items[s->first];

	l->event.step = 1;
	l->event.n_steps = s->n + count_pairs(l);
	tell(l, BUILD_EVENT_STEP, from->text);
	int r = begin(l, err);
	if (r < 0)
		return r;
	l->event.n_steps += l->n_triggers;
	tell_done(l, false, NULL);
	return 0;
}

/* --- steps that make files --- */

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
	if (s->instruction->kind == INSTRUCTION_RUN)
		return run_do(s, draft, places, err);
	if (s->instruction->kind == INSTRUCTION_WORKDIR)
		return workdir_do(s, workdir, draft, err);
	return copy_do(s, draft, err);
}

static void put_layer(struct stage_loop *l, const char *layer, const char *diff_id,
		      int64_t tar_size, int64_t created_usec)
{
	const struct build_options *o = l->job->options;

	if (layer)
		layers_push(&l->state, layer, diff_id, tar_size, o->docker_format);
	l->made_usec = o->has_epoch ? o->epoch_sec * USEC_PER_SEC : created_usec;
}

/* When something was made is asked of the record, as every later build will. */
static int put(struct stage_loop *l, const char *key, const struct layer_drafted *made,
	       const char *text, int64_t *ret_usec, struct error *err)
{
	cleanup_build_step_record struct build_step_record record = {0};
	int r;

	*ret_usec = time_now_usec();
	if (l->job->is_second)
		return 0;
	r = cache_put(&l->cache, key, &l->state, made, text, err);
	if (r >= 0)
		r = build_step_get(l->job->engine->store, key, l->job->single_id, &record,
				   err);
	if (r >= 0)
		*ret_usec = record.created_usec;
	return r;
}

static int commit(struct stage_loop *l, struct layer_draft *draft, const char *key,
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
		r = put(l, key, &made, text, &created_usec, err);
	layer_draft_release(draft);
	*draft = LAYER_DRAFT_INIT;
	if (r < 0)
		return r;
	put_layer(l, made.chain_id, made.diff_id, made.tar_size, created_usec);
	return made.chain_id != NULL;
}

/* Return: 1 with a layer more, 0 without. */
static int make_layer(struct stage_loop *l, struct step *s, const char *workdir,
		      const char *key, struct error *err)
{
	cleanup_build_step_record struct build_step_record found = {0};
	cleanup_layer_draft struct layer_draft draft = LAYER_DRAFT_INIT;
	cleanup_strv char **places = NULL;
	int r = cache_find(&l->cache, key, &l->state, &found, err);

	if (r < 0)
		return r;
	if (r > 0) {
		put_layer(l, found.layer, found.diff_id, found.tar_size,
			  found.created_usec);
		tell_done(l, true, found.layer);
		return found.layer != NULL;
	}
	r = layer_draft_new(l->job->engine, l->state.layers, &draft, err);
	if (r >= 0)
		r = do_step(s, workdir, &draft, &places, err);
	if (r >= 0)
		r = commit(l, &draft, key, places, s->instruction->text, err);
	if (r >= 0)
		tell_done(l, false, r ? layers_top(&l->state) : NULL);
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
	if (r >= 0)
		tell_done(l, l->pass == PASS_FOUND, NULL);
	return r < 0 ? r : 0;
}

static int file_step(struct stage_loop *l, const struct dockerfile *d,
		     const struct instruction *in, struct error *err)
{
	cleanup_strv char **vars = scope_vars(l->state.args, l->state.config->config.env);
	struct step s = step_of(l, d, in, vars);
	cleanup_copy_job struct copy_job *job = NULL;
	cleanup_free char *workdir = NULL, *text = NULL;
	cleanup_stage_key struct stage_key key = {
		.parent = l->pass == PASS_LAYERS ? layers_top(&l->state) : l->key,
	};
	int r = 0;

	s.job = &job;
	if (in->kind == INSTRUCTION_WORKDIR) {
		const struct config_change c = {
			.dockerfile = d,
			.instruction = in,
			.scope = &s.scope,
			.config = l->state.config,
		};
		r = config_workdir(&c, &workdir, err);
	} else if (in->kind == INSTRUCTION_RUN) {
		r = emulation_check(l->state.config, err);
	}
	key.workdir = workdir;
	if (r >= 0)
		r = stage_key_make(&key, &s, err);
	if (r >= 0)
		r = make_files(l, &s, workdir, key.text, err);
	if (r < 0)
		return r;
	if (in->kind == INSTRUCTION_RUN)
		text = history_run(in, l->state.args);
	else if (in->kind == INSTRUCTION_WORKDIR)
		text = history_text(in);
	else
		text = history_copy(in, key.source, key.destination);
	if (workdir)
		config_set_workdir(l->state.config, workdir);
	history_add(l->state.config, TAKE_PTR(text), r == 0);
	if (l->pass == PASS_LAYERS)
		history_set_time(l->state.config, l->n_base_history, l->made_usec);
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
	tell_done(l, false, NULL);
	return 0;
}

static int do_instruction(struct stage_loop *l, const struct dockerfile *d,
			  const struct instruction *in, struct error *err)
{
	l->event.step++;
	l->did_something = true;
	tell(l, BUILD_EVENT_STEP, in->text);
	return in->kind == INSTRUCTION_ARG || config_applies(in->kind)
		       ? config_step(l, d, in, err)
		       : file_step(l, d, in, err);
}

static int pass_over(struct stage_loop *l, struct error *err)
{
	const struct plan_stage *s = stage_of(l);
	const struct dockerfile *d = l->job->dockerfile;
	int r = 0;

	for (size_t i = 0; i < l->n_triggers && r >= 0; i++)
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
		put_layer(l, found.layer, found.diff_id, found.tar_size,
			  found.created_usec);
	if (l->pass == PASS_ONE)
		r = layer_draft_new(l->job->engine, l->state.layers, &l->draft, err);
	if (r >= 0)
		r = pass_over(l, err);
	if (r >= 0 && l->pass == PASS_ONE)
		r = commit(l, &l->draft, key, l->places,
			   d->items[stage_of(l)->first].text, err);
	if (r < 0)
		return r;
	history_as_one(l->state.config, l->n_base_history,
		       found.layer != NULL || (l->pass == PASS_ONE && r > 0));
	history_set_time(l->state.config, l->n_base_history, l->made_usec);
	return 0;
}

/* --- the end --- */

static void add_pair(char **text, const char *typed)
{
	cleanup_free char *name = xstrndup(typed, strcspn(typed, "="));
	const char *value = typed + strlen(name);
	cleanup_free char *quoted_name = str_quote(name);
	cleanup_free char *quoted_value = str_quote(*value ? value + 1 : "");
	char *longer = xasprintf("%s %s=%s", *text, quoted_name, quoted_value);

	free(*text);
	*text = longer;
}

/* --env and --label are instructions at the end, as with podman. */
static void add_pairs(struct stage_loop *l, const char *word, char *const *typed,
		      void (*set)(struct image_config *config, const char *typed))
{
	cleanup_free char *text = xstrdup(word);

	if (!typed || !*typed)
		return;
	strv_foreach (pair, typed)
		add_pair(&text, *pair);
	l->event.step++;
	l->did_something = true;
	tell(l, BUILD_EVENT_STEP, text);
	strv_foreach (pair, typed)
		set(l->state.config, *pair);
	history_add(l->state.config, xasprintf("/bin/sh -c #(nop) %s", text), true);
	tell_done(l, false, NULL);
}

static void set_label(struct image_config *config, const char *typed)
{
	cleanup_free char *name = xstrndup(typed, strcspn(typed, "="));
	const char *value = typed + strlen(name);

	config_set_label(config, name, *value ? value + 1 : "");
}

static void set_env(struct image_config *config, const char *typed)
{
	cleanup_free char *pair = NULL;
	const char *value = strchr(typed, '=') ? NULL : getenv(typed);

	if (strchr(typed, '='))
		pair = xstrdup(typed);
	else if (value)
		pair = xasprintf("%s=%s", typed, value);
	if (pair)
		config_set_env(config, pair);
}

static void apply_options(struct stage_loop *l)
{
	const struct build_options *o = l->job->options;

	add_pairs(l, "ENV", o->env, set_env);
	add_pairs(l, "LABEL", o->labels, set_label);
	strv_foreach (name, o->unset_env)
		config_unset_env(l->state.config, *name);
	strv_foreach (name, o->unset_labels)
		config_drop_label(l->state.config, *name);
	config_set_os(l->state.config, o->os_version, o->os_features);
	l->did_something |=
		o->unset_env || o->unset_labels || o->os_version || o->os_features;
}

static int flatten(struct stage_loop *l, struct error *err)
{
	cleanup_layer_draft struct layer_draft draft = LAYER_DRAFT_INIT;
	cleanup_build_step_record struct build_step_record found = {0};
	cleanup_strv char **layers = strv_copy(l->state.layers);
	char key[KEY_TEXT_MAX];
	int r;

	stage_key_flatten(layers, l->job->options, key);
	layers_drop(&l->state);
	r = cache_find(&l->cache, key, &l->state, &found, err);
	if (r > 0) {
		put_layer(l, found.layer, found.diff_id, found.tar_size,
			  found.created_usec);
	} else if (r == 0) {
		r = layer_draft_new(l->job->engine, NULL, &draft, err);
		if (r >= 0)
			r = layers_flatten(l->job->engine, layers, &draft, err);
		if (r >= 0)
			r = commit(l, &draft, key, NULL, "--squash-all", err);
	}
	if (r < 0)
		return error_wrap(err, "--squash-all");
	history_as_one(l->state.config, 0, l->state.layers != NULL);
	l->did_something = true;
	return 0;
}

/*
 * When the last instructions, which made no files, were first built is in the cache as well: the same build has the same image
 * id.
 */
static int set_created(struct stage_loop *l, struct error *err)
{
	const struct build_options *o = l->job->options;
	const struct layer_drafted nothing = {0};
	cleanup_build_step_record struct build_step_record found = {0};
	struct image_config *config = l->state.config;
	char key[KEY_TEXT_MAX];
	int64_t created_usec;
	int r;

	if (!l->did_something && config->created && !o->has_epoch)
		return 0;
	if (o->has_epoch) {
		l->made_usec = o->epoch_sec * USEC_PER_SEC;
	} else if (l->made_usec == 0 || history_pending(config, l->n_base_history) > 0) {
		stage_key_end(&l->state, o, key);
		r = cache_find(&l->cache, key, &l->state, &found, err);
		created_usec = found.created_usec;
		if (r == 0)
			r = put(l, key, &nothing, "", &created_usec, err);
		if (r < 0)
			return r;
		l->made_usec = created_usec;
	}
	history_set_time(config, l->n_base_history, l->made_usec);
	config_set_created(config, l->made_usec);
	return 0;
}

static bool is_without_cache(const struct stage_loop *l)
{
	const struct build_options *o = l->job->options;
	const char *name = stage_of(l)->name;

	if (l->job->is_second || o->no_cache)
		return true;
	return name && strv_has(o->no_cache_filter, name);
}

static int go(struct stage_loop *l, struct error *err)
{
	int r = do_from(l, err);

	if (r >= 0)
		r = wants_one_layer(l) ? one_layer(l, err) : pass_over(l, err);
	if (r >= 0 && is_target(l)) {
		apply_options(l);
		if (l->job->options->squash_all)
			r = flatten(l, err);
	}
	if (r >= 0)
		r = set_created(l, err);
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
	l.event.stage_name = stage_of(&l)->name;
	cache_init(&l.cache, job->engine, job->options, is_without_cache(&l));
	l.cache.note = tell_note;
	l.cache.note_data = &l;
	r = go(&l, err);
	if (r < 0) {
		cleanup_free char *message = error_message(err);

		tell(&l, BUILD_EVENT_FAILED, message);
		return r;
	}
	*ret = l.state;
	l.state = (struct build_state){0};
	return 0;
}
