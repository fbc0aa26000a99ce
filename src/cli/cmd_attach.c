/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/attach_to.h"
#include "cli/configure.h"
#include "cli/cubby.h"
#include "cli/select.h"

struct attach_values {
	struct select_options select;
	bool no_stdin, sig_proxy;
	const char *detach_keys;
};

static const struct option_spec options[] = {
	OPT_STRING(struct attach_values, detach_keys, "detach-keys", 0, "KEYS",
		   "keys that detach (default: the container's, else ctrl-p,ctrl-q)"),
	OPT_BOOL(struct attach_values, no_stdin, "no-stdin", 0, "do not pass stdin on"),
	OPT_BOOL(struct attach_values, sig_proxy, "sig-proxy", 0,
		 "pass signals on to it (default true)"),
	OPT_INCLUDE_AT(struct attach_values, select, latest_table),
	OPT_END,
};

static void defaults(void *values)
{
	((struct attach_values *)values)->sig_proxy = true;
}

static int run(const struct command_call *call, struct error *err)
{
	const struct attach_values *v = call->values;
	cleanup_container struct container c = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	int r;

	r = cubby_open(call, &e, err);
	if (r < 0)
		return r;
	r = select_one(call, &e, v->select.latest, &c, err);
	if (r < 0)
		return r;
	const struct attach_choice choice = {v->no_stdin, v->sig_proxy, v->detach_keys};

	return attach_to(&choice, &e, &c, err);
}

const struct command cmd_attach = {
	.name = "attach",
	.group = "Containers",
	.arguments = ARGUMENTS_CONTAINERS_RUNNING,
	.usage = "[options] CONTAINER",
	.summary = "connect to a running container's input and output",
	.examples = "cubby attach web\n"
		    "cubby attach --no-stdin web",
	.settings = SETTINGS_FOR_ENGINE,
	.options = options,
	.values_size = sizeof(struct attach_values),
	.defaults = defaults,
	.max_args = 1,
	.run = run,
};
