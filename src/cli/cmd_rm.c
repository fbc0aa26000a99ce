/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/cubby.h"
#include "cli/select.h"
#include "engine/remove.h"
#include "engine/remove_dependents.h"
#include "util/str.h"

#define STATUS_MISSING 1 /* podman's: one does not exist */
#define STATUS_RUNNING 2 /* podman's: one is running or paused */

struct rm_values {
	struct select_options select;
	bool force, depend, volumes, timeout_given;
	int64_t timeout_sec;
};

static const char *const timeout_alias[] = {"timeout", NULL};

static const struct option_spec options[] = {
	OPT_INCLUDE_AT(struct rm_values, select, select_table),
	OPT_BOOL(struct rm_values, force, "force", 'f',
		 "stop running ones first; missing ones are no error"),
	OPT_I64(struct rm_values, timeout_sec, "time", 't', "SECONDS",
		"with --force: when to kill it, -1: never", .max = 1000000000, .min = -1,
		.aliases = timeout_alias,
		.given = OPT_GIVEN(struct rm_values, timeout_given)),
	OPT_BOOL(struct rm_values, volumes, "volumes", 'v',
		 "remove its anonymous volumes too"),
	OPT_BOOL(struct rm_values, depend, "depend", 0,
		 "remove the containers that depend on it too"),
	OPT_END,
};

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
		.conflict_status = STATUS_RUNNING,
	};
	int r;

	if (v->timeout_given && !v->force)
		return error_set(
			err, ERR_INVALID, 0,
			"--force option must be specified to use the --time option");
	if (!v->timeout_given)
		v->timeout_sec = STOP_TIMEOUT_OWN;
	else if (v->timeout_sec < 0)
		v->timeout_sec = STOP_TIMEOUT_NEVER;
	v->select.ignore = v->select.ignore || v->force;
	r = cubby_open(call, &e, err);
	return r < 0 ? r : select_each(call, &e, &job, err);
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
	.max_args = COMMAND_ANY,
	.run = run,
};
