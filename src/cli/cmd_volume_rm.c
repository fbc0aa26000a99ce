/* SPDX-License-Identifier: Apache-2.0 */
/* volume rm, volume prune */
#include <stdio.h>

#include "cli/cubby.h"
#include "engine/volume_remove.h"
#include "util/str.h"

#define STATUS_MISSING 1 /* podman's: none failed but those that do not exist */
#define STATUS_IN_USE  2 /* podman's: some are used by a container */

struct rm_values {
	bool all;
	struct volume_removal how;
};

static const char *const timeout_alias[] = {"timeout", NULL};

static const struct option_spec rm_options[] = {
	OPT_BOOL(struct rm_values, all, "all", 'a', "all volumes"),
	OPT_BOOL(struct rm_values, how.force, "force", 'f',
		 "remove the containers that use it first; missing ones are no error"),
	OPT_I64(struct rm_values, how.timeout_sec, "time", 't', "SECONDS",
		"with --force: how long to wait before killing these containers",
		.max = 1000000000, .min = -1, .aliases = timeout_alias),
	OPT_END,
};

static void rm_defaults(void *values)
{
	((struct rm_values *)values)->how.timeout_sec = -1;
}

static int remove_one(const struct engine *e, const char *typed,
		      const struct rm_values *v, struct error *err)
{
	cleanup_volume_record struct volume_record rec = {0};
	int r = volume_find(e, typed, &rec, err);

	if (r < 0 && err->kind == ERR_NOT_FOUND && v->how.force) {
		error_drop(err, "it is gone, as wanted");
		return 0;
	}
	if (r >= 0)
		r = volume_remove(e, &rec, &v->how, err);
	if (r >= 0)
		printf("%s\n", rec.name);
	return r;
}

static int remove_each(const struct engine *e, char *const *names,
		       const struct rm_values *v, struct error *err)
{
	bool only_missing = true, in_use = false;

	strv_foreach (name, names) {
		cleanup_error struct error failure = ERROR_INIT;
		int r = remove_one(e, *name, v, &failure);

		if (r >= 0)
			continue;
		only_missing = only_missing && failure.kind == ERR_NOT_FOUND;
		in_use = in_use || r == -EBUSY;
		if (error_is_set(err))
			cli_print_error(stderr, err);
		error_move(err, &failure);
	}
	if (!error_is_set(err))
		return 0;
	if (!only_missing && !in_use)
		return err->code ? -err->code : -EINVAL;
	cli_print_error(stderr, err);
	return in_use ? STATUS_IN_USE : STATUS_MISSING;
}

static int run_rm(const struct command_call *call, struct error *err)
{
	const struct rm_values *v = call->values;
	cleanup_volume_records struct volume_records all = {0};
	cleanup_strv char **names = NULL;
	cleanup_engine struct engine e = ENGINE_INIT;
	int r;

	if (v->all == (call->n_args > 0))
		return error_set(err, ERR_INVALID, 0,
				 v->all ? "when using the --all switch, you may not pass "
					  "any volume names"
					: "choose either one or more volumes or all");
	r = cubby_open(call, &e, err);
	if (r >= 0 && v->all)
		r = volume_record_list(e.store, &all, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < all.n; i++)
		strv_add(&names, all.items[i].name);
	return remove_each(&e, v->all ? names : call->args, v, err);
}

static const char *const rm_aliases[] = {"remove", NULL};

const struct command cmd_volume_rm = {
	.name = "rm",
	.aliases = rm_aliases,
	.group = "Volumes",
	.usage = "[options] VOLUME [VOLUME...]",
	.summary = "remove volumes and what is in them",
	.description = "Exit status 1: one did not exist; 2: one is used by a container.",
	.examples = "cubby volume rm data uploads\n"
		    "cubby volume rm --force data\n"
		    "cubby volume rm --all",
	.options = rm_options,
	.values_size = sizeof(struct rm_values),
	.defaults = rm_defaults,
	.max_args = COMMAND_ANY,
	.run = run_rm,
};

struct prune_values {
	bool all, force;
	char **filters;
};

static const struct option_spec prune_options[] = {
	OPT_BOOL(struct prune_values, all, "all", 'a',
		 "those with a name too: that is so without it as well"),
	OPT_LIST(struct prune_values, filters, "filter", 0, "KEY=VALUE",
		 "those only that match, as with ls: label, until, anonymous, name ..."),
	OPT_BOOL(struct prune_values, force, "force", 'f', "do not ask"),
	OPT_END,
};

/* Return: 1 to go on. */
static int ask(const struct engine *e, const struct volume_filters *filters,
	       struct error *err)
{
	cleanup_volume_records struct volume_records all = {0};
	int r = volume_record_list(e->store, &all, err);
	char answer[16] = "";
	size_t n = 0;

	if (r < 0)
		return r;
	printf("WARNING! This will remove all volumes not used by at least one container. "
	       "The following volumes will be removed:\n");
	for (size_t i = 0; i < all.n; i++) {
		if (all.items[i].n_users || !volume_filters_match(filters, &all.items[i]))
			continue;
		printf("%s\n", all.items[i].name);
		n++;
	}
	if (n == 0) {
		printf("No dangling volumes found\n");
		return 0;
	}
	printf("Are you sure you want to continue? [y/N] ");
	(void)!fflush(stdout);
	return fgets(answer, sizeof(answer), stdin) &&
	       (answer[0] == 'y' || answer[0] == 'Y');
}

static int run_prune(const struct command_call *call, struct error *err)
{
	const struct prune_values *v = call->values;
	cleanup_volume_filters struct volume_filters filters = {0};
	cleanup_strv char **removed = NULL;
	cleanup_engine struct engine e = ENGINE_INIT;
	int64_t freed = 0;
	int r = volume_filters_prepare(v->filters, &filters, err);

	if (r >= 0)
		r = cubby_open(call, &e, err);
	if (r >= 0 && !v->force) {
		r = ask(&e, &filters, err);
		if (r == 0)
			return 0;
	}
	if (r < 0)
		return r;
	r = volume_prune(&e, &filters, &removed, &freed, err);
	strv_foreach (name, removed)
		printf("%s\n", *name);
	return r;
}

const struct command cmd_volume_prune = {
	.name = "prune",
	.group = "Volumes",
	.usage = "[options]",
	.summary = "remove volumes that no container uses",
	.examples = "cubby volume prune\n"
		    "cubby volume prune --force --filter label=app=web\n"
		    "cubby volume prune --filter anonymous=true",
	.options = prune_options,
	.values_size = sizeof(struct prune_values),
	.run = run_prune,
};
