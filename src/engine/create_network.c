/* SPDX-License-Identifier: Apache-2.0 */
/* A step of create_plan_build(): what a container at a network needs of the rest, see network_option.h. */
#include "engine/create_plan.h"
#include "engine/create_steps.h"
#include "engine/engine.h"
#include "engine/network_store.h"
#include "engine/network_tool.h"
#include "util/mem.h"
#include "util/str.h"

/* Who puts an interface into the container has rights over what is below the gateway's user namespace, no other. */
static int check_user(const struct engine *e, const struct create_plan *p,
		      struct error *err)
{
	if (!e->rootless || !p->userns.path)
		return 0;
	error_set(
		err, ERR_UNSUPPORTED, 0,
		"a container that joins the user namespace of another one cannot be at a network of its own");
	return error_hint(err,
			  "Join its network as well (--network container:NAME), or take "
			  "--network none");
}

static int find_networks(const struct engine *e, struct network_config *c,
			 struct error *err)
{
	for (size_t i = 0; i < c->n_attachments; i++) {
		cleanup(network_release) struct network n = {0};
		struct network_attachment *a = &c->attachments[i];
		int r = network_find(e, a->name, &n, err);

		if (r < 0)
			return r;
		for (size_t j = 0; j < i; j++)
			if (str_eq(c->attachments[j].network, n.id))
				return error_set(
					err, ERR_INVALID, 0,
					"--network: network %s is specified multiple times",
					n.name);
		a->network = xstrdup(n.id);
		free(a->name);
		a->name = xstrdup(n.name);
	}
	return 0;
}

int create_plan_network(const struct engine *e, struct create_plan *p, struct error *err)
{
	enum namespace_mode mode = p->sharing.options[NS_NETWORK].mode;
	int r;

	if (p->net.tool && (p->options->net.publish || p->options->net.publish_all)) {
		error_set(err, ERR_UNSUPPORTED, 0,
			  "--publish with --network %s is not supported", p->net.tool);
		return error_hint(err, "Ports are published with --network bridge");
	}
	if (p->net.tool)
		return network_tool_check(&p->net, e->rootless, err);
	if (mode != NAMESPACE_BRIDGE)
		return 0;
	r = check_user(e, p, err);
	return r < 0 ? r : find_networks(e, &p->net, err);
}
