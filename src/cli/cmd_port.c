/* SPDX-License-Identifier: Apache-2.0 */
/* No container publishes a port so far (--publish is refused), so there are none to list. */
#include <string.h>

#include "cli/cubby.h"
#include "cli/select.h"
#include "util/mem.h"
#include "util/str.h"

#define PORT_MAX 65535

struct port_values {
	struct select_options select;
};

static const struct option_spec options[] = {
	OPT_BOOL(struct port_values, select.all, "all", 'a',
		 "those of all running containers"),
	OPT_INCLUDE_AT(struct port_values, select, latest_table),
	OPT_END,
};

/* "80" or "80/udp"; *ret: with the protocol. */
static int parse_port(const char *text, char **ret, struct error *err)
{
	cleanup_free char *number = xstrndup(text, strcspn(text, "/"));
	const char *protocol = text[strlen(number)] ? text + strlen(number) + 1 : "tcp";
	uint32_t port;

	if (str_to_u32(number, &port) < 0 || port == 0 || port > PORT_MAX ||
	    !(str_eq(protocol, "tcp") || str_eq(protocol, "udp") ||
	      str_eq(protocol, "sctp"))) {
		error_set(err, ERR_INVALID, 0, "port %s: not a port", text);
		return error_hint(err, "A port is 80, 80/tcp or 53/udp");
	}
	*ret = xasprintf("%u/%s", port, protocol);
	return 0;
}

static int run(const struct command_call *call, struct error *err)
{
	const struct port_values *v = call->values;
	cleanup_container struct container c = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	cleanup_free char *port = NULL;
	size_t n_names = v->select.latest ? 0 : 1;
	int r;

	if (v->select.all && (v->select.latest || call->n_args))
		return error_set(err, ERR_INVALID, 0,
				 "--all cannot be used with --latest or a container");
	if (call->n_args > n_names + 1)
		return error_set(err, ERR_INVALID, 0,
				 "port takes a container and a port");
	r = cubby_open(call, &e, err);
	if (r < 0 || v->select.all)
		return r < 0 ? r : 0;
	r = select_one(call, &e, v->select.latest, &c, err);
	if (r < 0 || call->n_args == n_names)
		return r < 0 ? r : 0;
	r = parse_port(call->args[n_names], &port, err);
	return r < 0 ? r
		     : error_set(err, ERR_NOT_FOUND, 0,
				 "failed to find published port \"%s\"", port);
}

const struct command cmd_port = {
	.name = "port",
	.group = "Containers",
	.usage = "[options] CONTAINER [PORT[/PROTOCOL]]",
	.summary = "list the ports that a container publishes",
	.description = "Containers can't publish ports yet, so the list is empty.",
	.examples = "cubby port web\n"
		    "cubby port web 80/tcp",
	.options = options,
	.values_size = sizeof(struct port_values),
	.max_args = 2,
	.run = run,
};
