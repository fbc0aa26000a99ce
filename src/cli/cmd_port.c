/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cubby.h"
#include "cli/select.h"
#include "engine/ports_view.h"
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

/* "80" or "80/udp" */
struct wanted {
	const char *protocol;
	uint32_t port;
};

static int parse_port(const char *text, struct wanted *ret, struct error *err)
{
	cleanup_free char *number = xstrndup(text, strcspn(text, "/"));

	ret->protocol = text[strlen(number)] ? text + strlen(number) + 1 : "tcp";
	if (str_to_u32(number, &ret->port) >= 0 && ret->port > 0 &&
	    ret->port <= PORT_MAX &&
	    (str_eq(ret->protocol, "tcp") || str_eq(ret->protocol, "udp") ||
	     str_eq(ret->protocol, "sctp")))
		return 0;
	error_set(err, ERR_INVALID, 0, "port %s: not a port", text);
	return error_hint(err, "A port is 80, 80/tcp or 53/udp");
}

/* "0.0.0.0:8080" */
static void print_place(const struct port_mapping *m, uint64_t k)
{
	const char *address = m->host_address ? m->host_address : "0.0.0.0";

	(void)printf(strchr(address, ':') ? "[%s]:%" PRIu64 "\n" : "%s:%" PRIu64 "\n",
		     address, m->host_port + k);
}

static void print_mapping(const struct port_mapping *m, const char *prefix)
{
	for (uint64_t k = 0; k < m->n_ports; k++) {
		(void)printf("%s%" PRIu64 "/%s -> ", prefix, m->container_port + k,
			     m->protocol);
		print_place(m, k);
	}
}

/* What is published while it runs. */
static void print_all(const struct engine *e, const struct container *c,
		      const char *prefix)
{
	cleanup_network_config struct network_config ports = {0};

	if (c->init.pid <= 0)
		return;
	ports_view(e, c, &ports);
	for (size_t i = 0; i < ports.n_ports; i++)
		print_mapping(&ports.ports[i], prefix);
}

static int print_one(const struct engine *e, const struct container *c,
		     const struct wanted *w, struct error *err)
{
	cleanup_network_config struct network_config ports = {0};
	bool found = false;

	if (c->init.pid > 0)
		ports_view(e, c, &ports);
	for (size_t i = 0; i < ports.n_ports; i++) {
		const struct port_mapping *m = &ports.ports[i];

		if (!str_eq(m->protocol, w->protocol) || w->port < m->container_port ||
		    w->port >= m->container_port + m->n_ports)
			continue;
		print_place(m, w->port - m->container_port);
		found = true;
	}
	return found ? 0
		     : error_set(err, ERR_NOT_FOUND, 0,
				 "failed to find published port \"%u/%s\"", w->port,
				 w->protocol);
}

static int print_everybody(const struct engine *e, struct error *err)
{
	cleanup_containers struct containers list = {0};
	int r = container_list(e, &list, err);

	for (size_t i = 0; r >= 0 && i < list.n; i++) {
		cleanup_free char *prefix = xasprintf("%.12s\t", list.items[i].record.id);

		print_all(e, &list.items[i], prefix);
	}
	return r < 0 ? r : 0;
}

static int run(const struct command_call *call, struct error *err)
{
	const struct port_values *v = call->values;
	cleanup_container struct container c = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	size_t n_names = v->select.latest ? 0 : 1;
	struct wanted wanted;
	int r;

	if (v->select.all && (v->select.latest || call->n_args))
		return error_set(err, ERR_INVALID, 0,
				 "--all cannot be used with --latest or a container");
	if (call->n_args > n_names + 1)
		return error_set(err, ERR_INVALID, 0,
				 "port takes a container and a port");
	r = cubby_open(call, &e, err);
	if (r < 0)
		return r;
	if (v->select.all)
		return print_everybody(&e, err);
	r = select_one(call, &e, v->select.latest, &c, err);
	if (r >= 0 && call->n_args == n_names)
		print_all(&e, &c, "");
	if (r < 0 || call->n_args == n_names)
		return r < 0 ? r : 0;
	r = parse_port(call->args[n_names], &wanted, err);
	return r < 0 ? r : print_one(&e, &c, &wanted, err);
}

const struct command cmd_port = {
	.name = "port",
	.group = "Containers",
	.usage = "[options] CONTAINER [PORT[/PROTOCOL]]",
	.summary = "list the ports that a container publishes",
	.description =
		"Shows where the ports of running containers are found at the host. With PORT: that one.",
	.examples = "cubby port web\n"
		    "cubby port web 80/tcp",
	.options = options,
	.values_size = sizeof(struct port_values),
	.max_args = 2,
	.run = run,
};
