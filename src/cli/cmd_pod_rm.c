/* SPDX-License-Identifier: Apache-2.0 */
/* pod rm, pod prune */
#include <stdio.h>

#include "cli/cubby.h"
#include "cli/image_args.h"
#include "cli/pod_select.h"
#include "engine/pod_act.h"

struct rm_values {
	struct pod_select select;
	bool force;
	int64_t timeout_sec;
};

static const char *const timeout_alias[] = {"timeout", NULL};

static const struct option_spec rm_options[] = {
	OPT_INCLUDE_AT(struct rm_values, select, pod_select_table),
	OPT_BOOL(struct rm_values, force, "force", 'f',
		 "stop running containers first; missing pods are no error"),
	OPT_INCLUDE_AT(struct rm_values, select, pod_ignore_table),
	OPT_I64(struct rm_values, timeout_sec, "time", 't', "SECONDS",
		"with --force: how long to wait before killing", .max = 1000000000,
		.min = -1, .aliases = timeout_alias),
	OPT_END,
};

static void rm_defaults(void *values)
{
	((struct rm_values *)values)->timeout_sec = -1;
}

static int remove_one(const struct engine *e, const struct pod *p, const char *typed,
		      void *data, struct error *err)
{
	const struct rm_values *v = data;
	const struct pod_remove_options o = {.force = v->force,
					     .timeout_sec = v->timeout_sec};
	int r = pod_remove(e, p, &o, err);

	(void)typed;
	if (r >= 0)
		printf("%s\n", p->record.id);
	return r;
}

static int run_rm(const struct command_call *call, struct error *err)
{
	struct rm_values *v = call->values;
	const struct pod_job job = {.select = &v->select, .act = remove_one, .data = v};
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = cubby_open(call, &e, err);

	v->select.ignore = v->select.ignore || v->force;
	return r < 0 ? r : pod_select_each(call, &e, &job, err);
}

const struct command cmd_pod_rm = {
	.name = "rm",
	.group = "Pods",
	.usage = "[options] POD [POD...]",
	.summary = "remove pods with their containers",
	.examples = "cubby pod rm shop\n"
		    "cubby pod rm -f shop\n"
		    "cubby pod rm -f -a",
	.options = rm_options,
	.values_size = sizeof(struct rm_values),
	.defaults = rm_defaults,
	.max_args = COMMAND_ANY,
	.run = run_rm,
};

struct prune_values {
	bool force;
};

static const struct option_spec prune_options[] = {
	OPT_BOOL(struct prune_values, force, "force", 'f', "do not ask"),
	OPT_END,
};

static int prune(const struct engine *e, struct error *err)
{
	const struct pod_remove_options o = {.timeout_sec = -1};
	cleanup_pods struct pods all = {0};
	int r = pod_list(e, &all, err);

	for (size_t i = 0; r >= 0 && i < all.n; i++) {
		const struct pod *p = &all.items[i];

		if (p->status != POD_EXITED && p->status != POD_STOPPED)
			continue;
		r = pod_remove(e, p, &o, err);
		if (r >= 0)
			printf("%s\n", p->record.id);
	}
	return r < 0 ? r : 0;
}

static int run_prune(const struct command_call *call, struct error *err)
{
	const struct prune_values *v = call->values;
	cleanup_engine struct engine e = ENGINE_INIT;
	int r;

	if (!v->force &&
	    !cli_confirm("WARNING! This will remove all stopped/exited pods.."))
		return 0;
	r = cubby_open(call, &e, err);
	return r < 0 ? r : prune(&e, err);
}

const struct command cmd_pod_prune = {
	.name = "prune",
	.group = "Pods",
	.usage = "[options]",
	.summary = "remove all pods of which nothing runs any more",
	.examples = "cubby pod prune\n"
		    "cubby pod prune --force",
	.options = prune_options,
	.values_size = sizeof(struct prune_values),
	.run = run_prune,
};
