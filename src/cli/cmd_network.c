/* SPDX-License-Identifier: Apache-2.0 */
/* `cubby network ...`, and its smallest commands. */
#include <stdio.h>

#include "cli/cubby.h"
#include "engine/network_store.h"
#include "engine/network_update.h"
#include "util/str.h"

#define STATUS_MISSING 1

static int run_exists(const struct command_call *call, struct error *err)
{
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = cubby_open(call, &e, err);

	if (r >= 0)
		r = network_exists(&e, call->args[0], err);
	if (r < 0)
		return r;
	return r > 0 ? 0 : STATUS_MISSING;
}

static const struct command exists_command = {
	.name = "exists",
	.group = "Networks",
	.usage = "NETWORK",
	.summary = "exit status 0 if there is such a network, 1 if there is none",
	.examples = "cubby network exists app || cubby network create app\n"
		    "cubby network exists backend && echo there",
	.min_args = 1,
	.max_args = 1,
	.run = run_exists,
};

struct update_values {
	char **add, **drop;
};

static const struct option_spec update_options[] = {
	OPT_LIST(struct update_values, add, "dns-add", 0, "ADDRESS",
		 "a name server that the network's questions go to"),
	OPT_LIST(struct update_values, drop, "dns-drop", 0, "ADDRESS",
		 "one that they go to no longer"),
	OPT_END,
};

static int run_update(const struct command_call *call, struct error *err)
{
	const struct update_values *v = call->values;
	cleanup_engine struct engine e = ENGINE_INIT;
	int r;

	if (!v->add && !v->drop)
		return error_set(err, ERR_INVALID, 0,
				 "nothing to change: say --dns-add or --dns-drop");
	r = cubby_open(call, &e, err);
	if (r >= 0)
		r = network_update_dns(&e, call->args[0], v->add, v->drop, err);
	if (r >= 0)
		printf("%s\n", call->args[0]);
	return r;
}

static const struct command update_command = {
	.name = "update",
	.group = "Networks",
	.usage = "[options] NETWORK",
	.summary = "change the name servers of a network",
	.description =
		"Questions for names that are not the network's own go to these instead of the host's. "
		"Containers that run notice it at once.",
	.examples = "cubby network update --dns-add 1.1.1.1 app\n"
		    "cubby network update --dns-drop 1.1.1.1 --dns-add 9.9.9.9 app",
	.options = update_options,
	.values_size = sizeof(struct update_values),
	.min_args = 1,
	.max_args = 1,
	.run = run_update,
};

/* one a line, however many there are */
/* clang-format off */
static const struct command *const commands[] = {
	&cmd_network_create,
	&cmd_network_ls,
	&cmd_network_inspect,
	&cmd_network_connect,
	&cmd_network_disconnect,
	&cmd_network_rm,
	&cmd_network_prune,
	&cmd_network_reload,
	&exists_command,
	&update_command,
	NULL,
};
/* clang-format on */

const struct command cmd_network = {
	.common = true,
	.name = "network",
	.group = "Pods, volumes, secrets",
	.usage = "COMMAND",
	.summary =
		"the commands for networks: network create, network ls, network rm ...",
	.examples = "cubby network create app\n"
		    "cubby network ls\n"
		    "cubby network rm app",
	.commands = commands,
};
