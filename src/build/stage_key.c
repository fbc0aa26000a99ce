/* SPDX-License-Identifier: Apache-2.0 */
#include "build/stage_key.h"

#include <stdlib.h>

#include "build/config.h"
#include "spec/image.h"
#include "util/mem.h"
#include "util/str.h"

/* Whatever changes in how steps are done such that results differ gets another number. */
#define KEY_VERSION "1"

void stage_key_release(struct stage_key *k)
{
	free(k->destination);
	k->destination = NULL;
}

static void add_times(struct key *k, const struct build_options *o)
{
	bool counts = o->has_epoch && (o->rewrite_timestamp || o->all_at_epoch);

	key_add_text(k, "times", !counts ? NULL : o->all_at_epoch ? "all" : "latest");
	if (counts)
		key_add(k, "epoch", &o->epoch_sec, sizeof(o->epoch_sec));
}

static void add_platform(struct key *k, const struct image_config *c)
{
	key_add_text(k, "os", c->os);
	key_add_text(k, "architecture", c->architecture);
	key_add_text(k, "variant", c->variant);
}

/* What a program finds around it. */
static void add_run(struct key *k, const struct step *s)
{
	const struct image_run_config *run = &s->state->config->config;

	key_add_strv(k, "variables", s->scope.vars);
	key_add_text(k, "user", run->user);
	key_add_strv(k, "volumes", run->volumes);
	key_add_strv(k, "shell", config_shell(s->state->config));
	key_add_strv(k, "exec", s->instruction->is_exec ? s->instruction->args : NULL);
}

static int add_words(struct stage_key *to, struct key *k, const struct step *s,
		     struct error *err)
{
	const struct instruction *in = s->instruction;

	for (size_t i = 0; i < in->n_args; i++) {
		cleanup_free char *word = NULL;
		int r = expand_word(in->args[i], &s->scope, &word, err);

		if (r < 0)
			return dockerfile_wrap(s->dockerfile, in->places[i], err);
		key_add_text(k, "word", word);
		if (i + 1 == in->n_args) {
			free(to->destination);
			to->destination = TAKE_PTR(word);
		}
	}
	for (size_t i = 0; i < in->n_flags; i++) {
		cleanup_free char *value = NULL;
		int r = in->flags[i].value
				? expand_word(in->flags[i].value, &s->scope, &value, err)
				: 0;

		if (r < 0)
			return dockerfile_wrap(s->dockerfile, in->flags[i].place, err);
		key_add_text(k, in->flags[i].name, value);
	}
	return 0;
}

/* A key by itself: the history shows it. */
static int add_source(struct stage_key *to, struct key *k, const struct step *s,
		      struct error *err)
{
	struct key source;
	int r;

	key_init(&source);
	r = s->instruction->kind == INSTRUCTION_RUN ? run_key(s, &source, err)
						    : copy_key(s, &source, err);
	if (r < 0)
		return r;
	key_end(&source, to->source);
	key_add_text(k, "source", to->source);
	return 0;
}

static void add_text(struct key *k, const struct instruction *in)
{
	key_add_text(k, "text", in->text);
	for (size_t i = 0; i < in->n_heredocs; i++)
		key_add_text(k, "heredoc", in->heredocs[i].content);
}

int stage_key_make(struct stage_key *to, const struct step *s, struct error *err)
{
	const struct instruction *in = s->instruction;
	struct key k;
	int r = 0;

	key_init(&k);
	key_add_text(&k, "step", KEY_VERSION);
	key_add_text(&k, "on", to->parent);
	key_add_text(&k, "instruction", instruction_word(in->kind));
	add_times(&k, s->options);
	if (in->kind == INSTRUCTION_WORKDIR) {
		key_add_text(&k, "directory", to->workdir);
		key_add_text(&k, "user", s->state->config->config.user);
	} else {
		add_platform(&k, s->state->config);
		key_add_text(&k, "in", s->state->config->config.working_dir);
		add_text(&k, in);
		if (in->kind == INSTRUCTION_RUN)
			add_run(&k, s);
		else
			r = add_words(to, &k, s, err);
		if (r >= 0)
			r = add_source(to, &k, s, err);
	}
	if (r < 0)
		return r;
	key_end(&k, to->text);
	return 0;
}

void stage_key_begin(const struct build_state *s, char ret[static KEY_TEXT_MAX])
{
	struct key k;

	key_init(&k);
	key_add_text(&k, "all as one", KEY_VERSION);
	key_add_strv(&k, "on", s->layers);
	key_end(&k, ret);
}

void stage_key_flatten(char *const *layers, const struct build_options *o,
		       char ret[static KEY_TEXT_MAX])
{
	struct key k;

	key_init(&k);
	key_add_text(&k, "flat", KEY_VERSION);
	key_add_strv(&k, "layers", layers);
	add_times(&k, o);
	key_end(&k, ret);
}

void stage_key_end(const struct build_state *s, const struct build_options *o,
		   char ret[static KEY_TEXT_MAX])
{
	cleanup_free char *text = build_state_text(s);
	struct key k;

	key_init(&k);
	key_add_text(&k, "end", KEY_VERSION);
	key_add_text(&k, "state", text);
	key_add_text(&k, "format", o->docker_format ? "docker" : "oci");
	key_end(&k, ret);
}
