/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "build/config.h"
#include "build/history.h"
#include "build/layers.h"
#include "build/stage_key.h"
#include "build/stage_loop.h"
#include "spec/image.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

/* Each --label is an instruction at the end, as with podman. */
static void add_label(struct stage_loop *l, const char *typed)
{
	cleanup_free char *name = xstrndup(typed, strcspn(typed, "="));
	const char *value = typed[strlen(name)] ? typed + strlen(name) + 1 : "";
	cleanup_free char *quoted_name = str_quote(name),
			  *quoted_value = str_quote(value);
	cleanup_free char *text = xasprintf("LABEL %s=%s", quoted_name, quoted_value);

	l->event.step++;
	l->did_something = true;
	stage_tell(l, BUILD_EVENT_STEP, text);
	config_set_label(l->state.config, name, value);
	history_add(l->state.config, xasprintf("/bin/sh -c #(nop) %s", text), true);
	stage_tell_done(l, false, NULL);
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

void stage_set_env(struct stage_loop *l)
{
	strv_foreach (pair, l->job->options->env)
		set_env(l->state.config, *pair);
	l->did_something |= l->job->options->env && *l->job->options->env;
}

void stage_apply_options(struct stage_loop *l)
{
	const struct build_options *o = l->job->options;

	stage_set_env(l);
	strv_foreach (label, o->labels)
		add_label(l, *label);
	strv_foreach (name, o->unset_env)
		config_unset_env(l->state.config, *name);
	strv_foreach (name, o->unset_labels)
		config_drop_label(l->state.config, *name);
	config_set_os(l->state.config, o->os_version, o->os_features);
	l->did_something |=
		o->unset_env || o->unset_labels || o->os_version || o->os_features;
}

int stage_flatten(struct stage_loop *l, struct error *err)
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
		stage_put_layer(l, found.layer, found.diff_id, found.tar_size,
				found.created_usec);
	} else if (r == 0) {
		r = layer_draft_new(l->job->engine, NULL, &draft, err);
		if (r >= 0)
			r = layers_flatten(l->job->engine, layers, &draft, err);
		if (r >= 0)
			r = stage_commit(l, &draft, key, NULL, "--squash-all", err);
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
int stage_set_created(struct stage_loop *l, struct error *err)
{
	const struct build_options *o = l->job->options;
	const struct instruction *from = &l->job->dockerfile->items[stage_plan(l)->first];
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
			r = stage_put(l, key, &nothing, from->text, &created_usec, err);
		if (r < 0)
			return r;
		l->made_usec = created_usec;
	}
	history_set_time(config, l->n_base_history, l->made_usec);
	config_set_created(config, l->made_usec);
	return 0;
}
