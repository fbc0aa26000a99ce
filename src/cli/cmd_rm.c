/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/cubby.h"
#include "cli/select.h"
#include "engine/remove.h"
#include "engine/remove_dependents.h"
#include "util/str.h"

#define STATUS_MISSING 1 /* podman's: none failed but those that do not exist */
#define STATUS_RUNNING 2 /* podman's: some are running */

struct rm_values {
	struct select_options select;
	bool force, depend, volumes;
	int64_t timeout_sec;
};

static const char *const timeout_alias[] = {"timeout", NULL};

static const struct option_spec options[] = {
	OPT_INCLUDE_AT(struct rm_values, select, select_table),
	OPT_BOOL(struct rm_values, force, "force", 'f',
		 "stop running ones first; missing ones are no error"),
	OPT_I64(struct rm_values, timeout_sec, "time", 't', "SECONDS",
		"with --force: how long to wait before killing it", .max = 1000000000,
		.min = -1, .aliases = timeout_alias),
	OPT_BOOL(struct rm_values, volumes, "volumes", 'v',
		 "remove its anonymous volumes too"),
	OPT_BOOL(struct rm_values, depend, "depend", 0,
		 "remove the containers that depend on it too"),
	OPT_END,
};

static void defaults(void *values)
{
	((struct rm_values *)values)->timeout_sec = -1;
}

static int remove_one(const struct engine *e, const struct container *c,
		      const char *typed, void *data, struct error *err)
{
	const struct rm_values *v = data;
	const struct remove_options o = {
		.force = v->force, .volumes = v->volumes, .timeout_sec = v->timeout_sec};
	cleanup_strv char **removed = NULL;
	int r = v->depend ? container_remove_dependents(e, c, &o, &removed, err) : 0;

	strv_foreach (id, removed)
		printf("%s\n", *id);
	if (r >= 0)
		r = container_remove(e, c, &o, err);
	if (r >= 0)
		printf("%s\n", typed);
	return r;
}

static int run(const struct command_call *call, struct error *err)
{
	struct rm_values *v = call->values;
	cleanup_engine struct engine e = ENGINE_INIT;
	const struct select_job job = {
		.options = &v->select,
		.needed_last = true,
		.act = remove_one,
		.data = v,
		.missing_status = STATUS_MISSING,
	};
	int r;

	v->select.ignore = v->select.ignore || v->force;
	r = cubby_open(call, &e, err);
	if (r < 0)
		return r;
	r = select_each(call, &e, &job, err);
	if (r >= 0 || err->kind != ERR_CONFLICT)
		return r;
	cli_print_error(stderr, err);
	return STATUS_RUNNING;
}

const struct command cmd_rm = {
	.name = "rm",
	.common = true,
	.group = "Containers",
	.usage = "[options] CONTAINER [CONTAINER...]",
	.summary = "remove containers",
	.examples = "cubby rm web\n"
		    "cubby rm -f web db\n"
		    "cubby rm --all",
	.options = options,
	.values_size = sizeof(struct rm_values),
	.defaults = defaults,
	.max_args = COMMAND_ANY,
	.run = run,
};
