/* SPDX-License-Identifier: Apache-2.0 */
/* A step of create_plan_build(): what a container at a network needs of the rest, see network_option.h. */
#include "engine/create_plan.h"
#include "engine/create_steps.h"
#include "engine/engine.h"
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

int create_plan_network(const struct engine *e, struct create_plan *p, struct error *err)
{
	enum namespace_mode mode = p->sharing.options[NS_NETWORK].mode;

	if (mode == NAMESPACE_PASTA || mode == NAMESPACE_SLIRP)
		return error_set(err, ERR_UNSUPPORTED, 0,
				 "--network %s is not supported yet",
				 namespace_mode_word(mode));
	return mode == NAMESPACE_BRIDGE ? check_user(e, p, err) : 0;
}
