/* SPDX-License-Identifier: Apache-2.0 */
/* A step of create_plan_build(): the ports that it publishes and exposes. */
#include "engine/create_image.h"
#include "engine/create_plan.h"
#include "engine/create_steps.h"
#include "engine/publish_option.h"
#include "spec/image.h"

static bool has_network(const struct create_plan *p)
{
	enum namespace_mode mode = p->sharing.options[NS_NETWORK].mode;

	return mode == NAMESPACE_BRIDGE || mode == NAMESPACE_PASTA ||
	       mode == NAMESPACE_SLIRP;
}

int create_plan_publish(_unused_ const struct engine *e, struct create_plan *p,
			struct error *err)
{
	const struct network_options *asked = &p->options->net;
	const struct publish_options o = {
		.publish = asked->publish,
		.expose = asked->expose,
		.image_exposed = p->image ? p->image->config->config.exposed_ports : NULL,
		.publish_all = asked->publish_all,
	};
	int r;

	if (!o.publish && !o.expose && !o.image_exposed && !o.publish_all)
		return 0;
	r = publish_options_parse(&o, &p->net, err);
	if (r < 0 || has_network(p))
		return r;
	p->ports_discarded = p->net.n_ports > 0;
	publish_discard(&p->net);
	return 0;
}
