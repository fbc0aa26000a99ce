/* SPDX-License-Identifier: Apache-2.0 */
/* A step of create_plan_build(): what a container at a network needs of the rest, see network_option.h. */
#include "engine/container.h"
#include "engine/create_plan.h"
#include "engine/create_steps.h"
#include "engine/engine.h"
#include "engine/network_store.h"
#include "engine/network_tool.h"
#include "util/mem.h"
#include "util/str.h"

/* Whose user namespace it is in the end, and that one is at a network too: then it lies below the gateway's. */
static int look_at_owner(const struct engine *e, const struct create_plan *p, bool *ret,
			 struct error *err)
{
	cleanup_container struct container c = {0}, owner = {0};
	cleanup_free char *root = NULL;
	int r;

	*ret = false;
	if (p->userns.mode != USERNS_CONTAINER)
		return 0;
	r = container_find(e, p->userns.option.target, &c, err);
	if (r >= 0)
		r = sharing_user_root(e, &c, &root, err);
	if (r < 0 || !*root)
		return r < 0 ? r : 0;
	r = container_find(e, root, &owner, err);
	*ret = r >= 0 && owner.config.net.n_attachments > 0;
	return r < 0 ? r : 0;
}

/* Who puts an interface into the container has rights over what is below the gateway's user namespace, no other. */
static int check_user(const struct engine *e, const struct create_plan *p,
		      struct error *err)
{
	bool is_below;
	int r;

	if (!e->rootless || !p->userns.path)
		return 0;
	r = look_at_owner(e, p, &is_below, err);
	if (r < 0 || is_below)
		return r;
	error_set(
		err, ERR_UNSUPPORTED, 0,
		"a container in the user namespace of one that is at no network cannot be at a network itself");
	return error_hint(err, "Say --network none, or share that one's network too: "
			       "--network container:NAME");
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

	if (p->net.tool)
		return network_tool_check(&p->net, e->rootless, err);
	if (mode != NAMESPACE_BRIDGE)
		return 0;
	r = check_user(e, p, err);
	return r < 0 ? r : find_networks(e, &p->net, err);
}
