/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/select.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "engine/dependents.h"
#include "engine/filter.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define CIDFILE_MAX 4096

const struct option_spec latest_table[] = {
	OPT_BOOL(struct select_options, latest, "latest", 'l', "the container made last"),
	OPT_END,
};

const struct option_spec cidfile_table[] = {
	OPT_STRV(struct select_options, cidfiles, "cidfile", 0, "FILE",
		 "read the container's ID from a file"),
	OPT_END,
};

const struct option_spec select_table[] = {
	OPT_BOOL(struct select_options, all, "all", 'a', "all containers"),
	OPT_INCLUDE(cidfile_table),
	OPT_STRV(struct select_options, filters, "filter", 0, "KEY=VALUE",
		 "those only that match"),
	OPT_BOOL(struct select_options, ignore, "ignore", 'i',
		 "no error if a container does not exist"),
	OPT_INCLUDE(latest_table),
	OPT_END,
};

static int find_latest(const struct engine *e, struct container *ret, struct error *err)
{
	cleanup_containers struct containers all = {0};
	int r;

	r = container_list(e, &all, err);
	if (r < 0)
		return r;
	if (all.n == 0)
		return error_set(err, ERR_NOT_FOUND, 0,
				 "there are no containers: no such container");
	*ret = all.items[all.n - 1];
	all.items[all.n - 1] = (struct container){0};
	return 0;
}

int select_one(const struct command_call *call, const struct engine *e, bool latest,
	       struct container *ret, struct error *err)
{
	if (latest && call->n_args && call->command->max_args == 1)
		return error_set(err, ERR_INVALID, 0,
				 "--latest and containers cannot be used together");
	if (latest)
		return find_latest(e, ret, err);
	if (call->n_args == 0) {
		error_set(err, ERR_INVALID, 0,
			  "\"%s %s\" requires a name, id, or the \"--latest\" flag",
			  call->program->name, call->command->name);
		return error_hint(err, "'cubby ps -a' lists them");
	}
	return container_find(e, call->args[0], ret, err);
}

/* One to act on: found already, or only named. */
struct target {
	struct container container;
	bool found, is_needed;
	size_t position;
	char *typed;
};

struct targets {
	struct target *items;
	size_t n;
};

static void targets_release(struct targets *t)
{
	for (size_t i = 0; i < t->n; i++) {
		container_release(&t->items[i].container);
		free(t->items[i].typed);
	}
	free(t->items);
}

static struct target *add_target(struct targets *t, const char *typed)
{
	t->items = xreallocarray(t->items, t->n + 1, sizeof(*t->items));
	t->items[t->n] = (struct target){.typed = xstrdup(typed)};
	return &t->items[t->n++];
}

/* Takes *c over. */
static void add_found(struct targets *t, struct container *c)
{
	struct target *target = add_target(t, c->record.id);

	target->container = *c;
	target->found = true;
	*c = (struct container){0};
}

/* Of those that were not named. */
static bool has_status(const struct select_job *job, const struct container *c)
{
	if (job->running_only)
		return c->status == CONTAINER_RUNNING;
	return !job->paused_only || c->status == CONTAINER_PAUSED;
}

static bool is_named(const struct command_call *call, const struct container *c)
{
	for (size_t i = 0; i < call->n_args; i++)
		if (str_eq(call->args[i], c->record.name) ||
		    (*call->args[i] && str_starts(c->record.id, call->args[i])))
			return true;
	return call->n_args == 0;
}

/* --filter with names: those of them that match. */
static int add_listed(const struct command_call *call, const struct engine *e,
		      const struct select_job *job, struct targets *t, struct error *err)
{
	cleanup_containers struct containers all = {0};
	cleanup_free bool *chosen = NULL;
	int r;

	r = container_list(e, &all, err);
	if (r >= 0)
		r = filter_check_against(job->options->filters, &all, err);
	if (r < 0)
		return r;
	chosen = xcalloc(all.n + 1, sizeof(*chosen));
	for (size_t i = 0; i < all.n; i++)
		chosen[i] = has_status(job, &all.items[i]) &&
			    !(job->needed_last && all.items[i].config.is_infra) &&
			    is_named(call, &all.items[i]) &&
			    filter_matches(job->options->filters, &all.items[i], &all);
	for (size_t i = 0; i < all.n; i++)
		if (chosen[i])
			add_found(t, &all.items[i]);
	return 0;
}

int select_cidfile(const char *path, char **ret_id, struct error *err)
{
	cleanup_free char *text = NULL;
	int r = fs_read(AT_FDCWD, path, CIDFILE_MAX, &text, NULL, err);

	if (r < 0)
		return error_wrap(err, "reading CIDFile");
	text[strcspn(text, "\n")] = '\0';
	*ret_id = TAKE_PTR(text);
	return 0;
}

static int add_cidfiles(const struct select_job *job, struct targets *t,
			struct error *err)
{
	strv_foreach (path, job->options->cidfiles) {
		cleanup_free char *id = NULL;
		int r = select_cidfile(*path, &id, err);

		if (r < 0 && err->kind == ERR_NOT_FOUND && job->options->ignore) {
			error_drop(err, "--ignore");
			continue;
		}
		if (r < 0)
			return r;
		(void)add_target(t, id);
	}
	return 0;
}

/* In podman's words. */
static int check_choice(const struct command_call *call, const struct select_options *o,
			struct error *err)
{
	if (o->cidfiles && (o->all || o->latest))
		return error_set(
			err, ERR_INVALID, 0,
			"--all, --latest, and --cidfile cannot be used together");
	if (o->all && o->latest)
		return error_set(err, ERR_INVALID, 0,
				 "--all and --latest cannot be used together");
	if (o->all && call->n_args)
		return error_set(err, ERR_INVALID, 0,
				 "no arguments are needed with --all");
	if (o->latest && call->n_args)
		return error_set(err, ERR_INVALID, 0,
				 "--latest and containers cannot be used together");
	if (o->filters && (o->latest || o->cidfiles))
		return error_set(err, ERR_INVALID, 0,
				 "--filter cannot be used with --latest or --cidfile");
	return filter_check(o->filters, err);
}

static int collect(const struct command_call *call, const struct engine *e,
		   const struct select_job *job, struct targets *t, struct error *err)
{
	const struct select_options *o = job->options;
	cleanup_container struct container latest = {0};
	int r = check_choice(call, o, err);

	if (r < 0)
		return r;
	if (o->all || o->filters)
		return add_listed(call, e, job, t, err);
	if (o->latest) {
		r = find_latest(e, &latest, err);
		if (r >= 0)
			add_found(t, &latest);
		return r;
	}
	r = add_cidfiles(job, t, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < call->n_args; i++)
		(void)add_target(t, call->args[i]);
	if (t->n || o->cidfiles)
		return 0;
	error_set(err, ERR_INVALID, 0, "you must provide at least one name or id");
	return error_hint(err, "'cubby ps -a' lists the containers");
}

/* Those that others need, after all others, the newest of them first: it was made after what it needs itself. */
static int compare_need(const void *a, const void *b)
{
	const struct target *x = a, *y = b;

	if (x->is_needed != y->is_needed)
		return x->is_needed - y->is_needed;
	if (!x->is_needed)
		return x->position < y->position ? -1 : 1;
	return x->container.record.created_usec < y->container.record.created_usec ? 1
										   : -1;
}

static void put_needed_last(const struct engine *e, struct targets *t)
{
	bool any = false;

	for (size_t i = 0; t->n > 1 && i < t->n; i++) {
		struct target *target = &t->items[i];
		cleanup_error struct error err = ERROR_INIT;

		target->position = i;
		if (!target->found) {
			target->found = container_find(e, target->typed,
						       &target->container, &err) >= 0;
			if (!target->found)
				error_drop(&err, "its turn comes");
		}
		target->is_needed =
			target->found && dependents_exist(e, target->container.record.id);
		any = any || target->is_needed;
	}
	if (any)
		qsort(t->items, t->n, sizeof(*t->items), compare_need);
}

static int act_on(const struct engine *e, const struct select_job *job, struct target *t,
		  struct error *err)
{
	int r;

	if (!t->found) {
		r = container_find(e, t->typed, &t->container, err);
		if (r < 0 && err->kind == ERR_NOT_FOUND && job->options->ignore) {
			error_drop(err, "--ignore");
			if (job->ignored)
				job->ignored(t->typed, job->data);
			return 0;
		}
		if (r < 0)
			return r;
	}
	return job->act(e, &t->container, t->typed, job->data, err);
}

/* podman's: one that does not exist counts more than one in the wrong state. */
static int own_status(const struct select_job *job, bool any_missing, bool any_conflict)
{
	if (any_missing && job->missing_status)
		return job->missing_status;
	return any_conflict ? job->conflict_status : 0;
}

int select_each(const struct command_call *call, const struct engine *e,
		const struct select_job *job, struct error *err)
{
	cleanup(targets_release) struct targets t = {0};
	bool any_missing = false, any_conflict = false;
	int r = collect(call, e, job, &t, err);

	if (r < 0)
		return r;
	if (job->needed_last)
		put_needed_last(e, &t);
	for (size_t i = 0; i < t.n; i++) {
		cleanup_error struct error failure = ERROR_INIT;

		if (act_on(e, job, &t.items[i], &failure) >= 0)
			continue;
		any_missing = any_missing || failure.kind == ERR_NOT_FOUND;
		any_conflict = any_conflict || failure.kind == ERR_CONFLICT;
		if (error_is_set(err))
			cli_print_error(stderr, err);
		error_move(err, &failure);
	}
	if (!error_is_set(err))
		return 0;
	r = own_status(job, any_missing, any_conflict);
	if (r == 0)
		return err->code ? -err->code : -EINVAL;
	cli_print_error(stderr, err);
	return r;
}
