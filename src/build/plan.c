/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three passes: where the stages begin; in order, what each of them names, with the values that ARGs have there (ENV too, but not that of
 * the base image, which is not here yet); then, from the target back, who is wanted.
 */
#include "build/plan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "build/scope.h"
#include "engine/environment.h"
#include "engine/mount_option.h"
#include "util/mem.h"
#include "util/str.h"

void plan_release(struct plan *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->stages[i].base);
		free(p->stages[i].platform);
		free(p->stages[i].needs);
	}
	free(p->stages);
	strv_free(p->globals);
	strv_free(p->arg_names);
	*p = (struct plan){0};
}

/* A stage while it is looked at. */
struct look {
	const struct dockerfile *d;
	const struct plan_options *o;
	struct plan *plan;
	size_t index;
	const struct instruction *at;
	char **args, **env; /* owned */
};

static void look_release(struct look *l)
{
	strv_free(l->args);
	strv_free(l->env);
}

static struct plan_stage *stage_of(const struct look *l)
{
	return &l->plan->stages[l->index];
}

static int find_stages(const struct dockerfile *d, struct plan *p, struct error *err)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct instruction *in = &d->items[i];

		if (in->kind == INSTRUCTION_FROM) {
			p->stages =
				xreallocarray(p->stages, p->n + 1, sizeof(*p->stages));
			p->stages[p->n++] = (struct plan_stage){
				.name = in->n_args > 1 ? in->args[1] : NULL,
				.first = i,
				.base_stage = PLAN_NO_STAGE,
			};
		}
		if (p->n > 0)
			p->stages[p->n - 1].n++;
	}
	if (p->n == 0)
		return error_set(err, ERR_INVALID, 0, "%s: there is no FROM in it",
				 d->name);
	return 0;
}

size_t plan_find(const struct plan *p, size_t before, const char *text)
{
	uint32_t number;

	for (size_t i = before; i > 0; i--)
		if (p->stages[i - 1].name && strcasecmp(p->stages[i - 1].name, text) == 0)
			return i - 1;
	if (str_to_u32(text, &number) == 0 && number < before)
		return number;
	return PLAN_NO_STAGE;
}

static int find_target(const struct plan_options *o, struct plan *p, struct error *err)
{
	p->target = str_empty(o->target) ? p->n - 1 : plan_find(p, p->n, o->target);
	if (p->target == PLAN_NO_STAGE)
		return error_set(
			err, ERR_INVALID, 0,
			"the target \"%s\" was not found in the provided Dockerfile",
			o->target);
	/* what comes after the target is not even looked at */
	p->n = p->target + 1;
	return 0;
}

static void need(struct plan_stage *s, size_t other)
{
	size_t at = 0;

	while (at < s->n_needs && s->needs[at] < other)
		at++;
	if (at < s->n_needs && s->needs[at] == other)
		return;
	s->needs = xreallocarray(s->needs, s->n_needs + 1, sizeof(*s->needs));
	memmove(s->needs + at + 1, s->needs + at, (s->n_needs - at) * sizeof(*s->needs));
	s->needs[at] = other;
	s->n_needs++;
}

static bool is_context(const struct look *l, const char *text)
{
	return scope_value(l->o->contexts, text) != NULL;
}

/* A name of a stage that is not there yet: none of an image, whoever wrote it. */
static int refuse_later(const struct look *l, const char *text, struct error *err)
{
	const struct dockerfile *d = l->d;
	bool is_number = strspn(text, "0123456789") == strlen(text);
	size_t number = 0;

	for (size_t i = 0; i < d->n; i++) {
		const struct instruction *in = &d->items[i];
		cleanup_free char *digits = NULL;

		if (in->kind != INSTRUCTION_FROM)
			continue;
		digits = xasprintf("%zu", number++);
		if (number <= l->index ||
		    (!str_eq(digits, text) &&
		     (in->n_args < 2 || strcasecmp(in->args[1], text) != 0)))
			continue;
		if (number == l->index + 1 && !is_number)
			return 0; /* FROM nginx AS nginx: the image */
		error_set(err, ERR_INVALID, 0,
			  number == l->index + 1
				  ? "stage %s can't take files from itself"
				  : "stage %s begins only later, at line %u",
			  text, in->line);
		return error_hint(err, "Move that stage up; an image that is called so "
				       "is meant if its registry is named too");
	}
	return is_number ? error_set(err, ERR_INVALID, 0, "there is no stage %s", text)
			 : 0;
}

/* What --from and from= name: another stage, or something that is no stage. */
static int refer(const struct look *l, const char *typed, struct error *err)
{
	cleanup_strv char **vars = scope_vars(l->args, l->env);
	const struct expand_scope scope = {.vars = vars, .escape = l->d->escape};
	cleanup_free char *text = NULL;
	size_t found;
	int r = expand_word(typed, &scope, &text, err);

	if (r >= 0 && str_empty(text))
		r = error_set(err, ERR_INVALID, 0, "from names nothing");
	if (r < 0)
		return r;
	if (is_context(l, text))
		return 0;
	found = plan_find(l->plan, l->index, text);
	if (found == PLAN_NO_STAGE)
		return refuse_later(l, text, err);
	need(stage_of(l), found);
	return 0;
}

char *plan_mount_from(const char *mount)
{
	cleanup_error struct error invalid = ERROR_INIT;
	cleanup_strv char **parts = NULL;

	if (csv_split(mount, &parts, &invalid) < 0) {
		error_drop(&invalid, "RUN itself says so");
		return NULL;
	}
	strv_foreach (part, parts)
		if (str_starts(*part, "from="))
			return xstrdup(*part + strlen("from="));
	return NULL;
}

static int look_at_flags(const struct look *l, const struct instruction *in,
			 struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < in->n_flags; i++) {
		const struct instruction_flag *f = &in->flags[i];
		cleanup_free char *from = NULL;

		if (!f->value)
			continue;
		if (in->kind == INSTRUCTION_COPY && str_eq(f->name, "from"))
			from = xstrdup(f->value);
		else if (in->kind == INSTRUCTION_RUN && str_eq(f->name, "mount"))
			from = plan_mount_from(f->value);
		if (from)
			r = refer(l, from, err);
		if (r < 0)
			return dockerfile_wrap(
				l->d, in == l->at ? f->place : instruction_place(l->at),
				err);
	}
	return 0;
}

static void add_name(char ***names, const char *word)
{
	cleanup_free char *name = xstrndup(word, strcspn(word, "="));

	if (!strv_has(*names, name))
		strv_add(names, name);
}

static int look_at_arg(struct look *l, const struct instruction *in, char ***args,
		       struct error *err)
{
	const struct scope_sources sources = {l->o->build_args, l->plan->globals};

	for (size_t i = 0; i < in->n_args; i++) {
		cleanup_strv char **vars = scope_vars(*args, l->env);
		const struct expand_scope scope = {.vars = vars, .escape = l->d->escape};
		int r = scope_declare(&sources, in->args[i], &scope, args, err);

		if (r < 0)
			return dockerfile_wrap(l->d, in->places[i], err);
	}
	return 0;
}

static int look_at_env(struct look *l, const struct instruction *in, struct error *err)
{
	cleanup_strv char **vars = scope_vars(l->args, l->env);
	const struct expand_scope scope = {.vars = vars, .escape = l->d->escape};

	for (size_t i = 0; i < in->n_args; i++) {
		cleanup_free char *pair = NULL;
		int r = expand_word(in->args[i], &scope, &pair, err);

		if (r < 0)
			return dockerfile_wrap(l->d, in->places[i], err);
		if (strchr(pair, '='))
			environment_set(&l->env, pair);
	}
	return 0;
}

/* What the base stage left for those who build on it. */
static int look_at_triggers(struct look *l, struct error *err)
{
	const struct plan_stage *base = &l->plan->stages[stage_of(l)->base_stage];
	int r = 0;

	for (size_t i = base->first; i < base->first + base->n && r >= 0; i++) {
		const struct instruction *in = &l->d->items[i];
		cleanup_dockerfile struct dockerfile *one = NULL;

		if (in->kind != INSTRUCTION_ONBUILD)
			continue;
		r = dockerfile_parse_one(in->args[0], l->d->name, &one, err);
		if (r >= 0 && one->n > 0)
			r = look_at_flags(l, &one->items[0], err);
	}
	return r;
}

static int look_at_from(struct look *l, struct error *err)
{
	struct plan_stage *s = stage_of(l);
	const struct expand_scope scope = {.vars = l->plan->globals,
					   .escape = l->d->escape};
	const struct instruction_flag *platform = instruction_flag(l->at, "platform");
	const char *typed = l->at->args[0];
	int r;

	if (l->index == 0 && l->o->from) {
		s->base = xstrdup(l->o->from);
		r = 0;
	} else {
		r = expand_word(typed, &scope, &s->base, err);
	}
	if (r >= 0 && platform && platform->value)
		r = expand_word(platform->value, &scope, &s->platform, err);
	if (r >= 0 && str_empty(s->base)) {
		error_set(err, ERR_INVALID, 0,
			  "%s is empty: what does this stage begin with?", typed);
		r = error_hint(err, "Give it a value: --build-arg NAME=IMAGE, or an ARG "
				    "with a default before the first FROM");
	}
	if (r < 0)
		return dockerfile_wrap(l->d, l->at->places[0], err);
	if (s->platform && !*s->platform) {
		free(s->platform);
		s->platform = NULL;
	}
	if (!is_context(l, s->base))
		s->base_stage = plan_find(l->plan, l->index, s->base);
	/* a number is no name of a base */
	if (s->base_stage != PLAN_NO_STAGE &&
	    (!l->plan->stages[s->base_stage].name ||
	     strcasecmp(l->plan->stages[s->base_stage].name, s->base) != 0))
		s->base_stage = PLAN_NO_STAGE;
	if (s->base_stage == PLAN_NO_STAGE)
		return 0;
	need(s, s->base_stage);
	return look_at_triggers(l, err);
}

static int look_at_stage(struct plan *p, const struct dockerfile *d,
			 const struct plan_options *o, size_t index, struct error *err)
{
	cleanup(look_release) struct look l = {.d = d, .o = o, .plan = p, .index = index};
	const struct plan_stage *s = &p->stages[index];
	int r = 0;

	for (size_t i = s->first; i < s->first + s->n && r >= 0; i++) {
		l.at = &d->items[i];
		if (l.at->kind == INSTRUCTION_FROM)
			r = look_at_from(&l, err);
		else if (l.at->kind == INSTRUCTION_ARG)
			r = look_at_arg(&l, l.at, &l.args, err);
		else if (l.at->kind == INSTRUCTION_ENV)
			r = look_at_env(&l, l.at, err);
		else
			r = look_at_flags(&l, l.at, err);
	}
	return r;
}

static int look_at_globals(struct plan *p, const struct dockerfile *d,
			   const struct plan_options *o, struct error *err)
{
	cleanup(look_release) struct look l = {.d = d, .o = o, .plan = p};
	int r = 0;

	p->globals = strv_copy(o->platform_args);
	for (size_t i = 0; i < p->stages[0].first && r >= 0; i++) {
		strv_foreach (word, d->items[i].args)
			add_name(&p->arg_names, *word);
		r = look_at_arg(&l, &d->items[i], &p->globals, err);
	}
	return r;
}

/* What a stage needs is lower than itself, so one way down is enough. */
static void mark_wanted(struct plan *p, bool all)
{
	for (size_t i = 0; i < p->n; i++)
		p->stages[i].wanted = all;
	p->stages[p->target].wanted = true;
	for (size_t i = p->n; i > 0; i--) {
		const struct plan_stage *s = &p->stages[i - 1];

		p->n_wanted += s->wanted;
		for (size_t k = 0; s->wanted && k < s->n_needs; k++)
			p->stages[s->needs[k]].wanted = true;
	}
}

static void gather_names(struct plan *p, const struct dockerfile *d)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct plan_stage *s = &p->stages[i];

		for (size_t k = s->first; s->wanted && k < s->first + s->n; k++)
			if (d->items[k].kind == INSTRUCTION_ARG)
				strv_foreach (word, d->items[k].args)
					add_name(&p->arg_names, *word);
	}
}

int plan_make(const struct dockerfile *d, const struct plan_options *o, struct plan *ret,
	      struct error *err)
{
	cleanup_plan struct plan p = {0};
	int r = find_stages(d, &p, err);

	if (r >= 0)
		r = find_target(o, &p, err);
	if (r >= 0)
		r = look_at_globals(&p, d, o, err);
	for (size_t i = 0; i < p.n && r >= 0; i++)
		r = look_at_stage(&p, d, o, i, err);
	if (r < 0)
		return r;
	mark_wanted(&p, o->all_stages);
	gather_names(&p, d);
	*ret = p;
	p = (struct plan){0};
	return 0;
}
