/* SPDX-License-Identifier: Apache-2.0 */
/* network rm, network prune */
#include <stdio.h>

#include "cli/cubby.h"
#include "cli/image_args.h"
#include "engine/network_filter.h"
#include "engine/network_remove.h"
#include "engine/network_store.h"
#include "util/str.h"

#define STATUS_MISSING 1 /* podman's: none failed but those that do not exist */
#define STATUS_IN_USE  2 /* podman's: some are used by a container */

struct rm_values {
	bool force;
	int64_t timeout_sec;
};

static const char *const timeout_alias[] = {"timeout", NULL};

static const struct option_spec rm_options[] = {
	OPT_BOOL(struct rm_values, force, "force", 'f',
		 "remove the containers that are at it first; missing ones are no error"),
	OPT_I64(struct rm_values, timeout_sec, "time", 't', "SECONDS",
		"with --force: how long to wait before killing these containers",
		.max = 1000000000, .min = -1, .aliases = timeout_alias),
	OPT_END,
};

static void rm_defaults(void *values)
{
	((struct rm_values *)values)->timeout_sec = -1;
}

static int remove_one(const struct engine *e, const char *typed,
		      const struct rm_values *v, struct error *err)
{
	cleanup_network struct network n = {0};
	int r = network_find(e, typed, &n, err);

	if (r < 0 && err->kind == ERR_NOT_FOUND && v->force) {
		error_drop(err, "it is gone, as wanted");
		return 0;
	}
	if (r >= 0 && v->force)
		r = network_remove_users(e, &n, v->timeout_sec, err);
	if (r >= 0)
		r = network_remove(e, &n, err);
	if (r >= 0)
		printf("%s\n", typed);
	return r;
}

static int run_rm(const struct command_call *call, struct error *err)
{
	const struct rm_values *v = call->values;
	bool only_missing = true, in_use = false;
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = cubby_open(call, &e, err);

	if (r < 0)
		return r;
	strv_foreach (name, call->args) {
		cleanup_error struct error failure = ERROR_INIT;

		r = remove_one(&e, *name, v, &failure);
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

static const char *const rm_aliases[] = {"remove", NULL};

const struct command cmd_network_rm = {
	.name = "rm",
	.aliases = rm_aliases,
	.group = "Networks",
	.usage = "[options] NETWORK [NETWORK...]",
	.summary = "remove networks",
	.description =
		"Exit status 1: one did not exist; 2: containers are at one. The default network stays.",
	.examples = "cubby network rm app backend\n"
		    "cubby network rm --force app",
	.options = rm_options,
	.values_size = sizeof(struct rm_values),
	.defaults = rm_defaults,
	.min_args = 1,
	.max_args = COMMAND_ANY,
	.run = run_rm,
};

struct prune_values {
	bool force;
	char **filters;
};

static const struct option_spec prune_options[] = {
	OPT_LIST(struct prune_values, filters, "filter", 0, "KEY=VALUE",
		 "those only that match: label, until"),
	OPT_BOOL(struct prune_values, force, "force", 'f', "do not ask"),
	OPT_END,
};

static int run_prune(const struct command_call *call, struct error *err)
{
	const struct prune_values *v = call->values;
	cleanup_strv char **removed = NULL;
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = network_filter_check(v->filters, true, err);

	if (r < 0)
		return r;
	if (!v->force &&
	    !cli_confirm(
		    "WARNING! This will remove all networks not used by at least one container.\n"))
		return 0;
	r = cubby_open(call, &e, err);
	if (r >= 0)
		r = network_prune(&e, v->filters, &removed, err);
	strv_foreach (name, removed)
		printf("%s\n", *name);
	return r;
}

const struct command cmd_network_prune = {
	.name = "prune",
	.group = "Networks",
	.usage = "[options]",
	.summary = "remove networks that no container is at",
	.examples = "cubby network prune\n"
		    "cubby network prune --force --filter until=24h",
	.options = prune_options,
	.values_size = sizeof(struct prune_values),
	.run = run_prune,
};
