/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "network/gateway_state.h"
#include "network/uplink.h"
#include "util/json.h"

static void hear(struct gateway *g, struct gateway_source *s)
{
	uplink_dispatch(g->uplink);
}

int gateway_uplink_open(struct gateway *g, struct error *err)
{
	const struct uplink_options o = {
		.user_ns_fd = g->ns.user_fd,
		.net_ns_fd = g->ns.net_fd,
		.wanted = g->uplink_wanted,
	};
	int r;

	if (g->is_host || g->uplink)
		return 0;
	r = uplink_open(&o, &g->uplink, err);
	if (r < 0)
		return r;
	g->uplink_source =
		(struct gateway_source){.fd = uplink_fd(g->uplink), .ready = hear};
	return gateway_watch(g, &g->uplink_source, err);
}

void gateway_uplink_close(struct gateway *g)
{
	if (!g->uplink)
		return;
	gateway_unwatch(g, &g->uplink_source);
	uplink_free(g->uplink);
	g->uplink = NULL;
}

struct json_object *gateway_uplink_status(const struct gateway *g)
{
	struct json_object *o;
	struct uplink_status s = {0};

	if (!g->uplink)
		return NULL;
	o = json_object_new_object();
	uplink_status(g->uplink, &s);
	json_add_str(o, "kind", uplink_kind_word(s.kind));
	json_add_i64(o, "pid", s.pid);
	json_add_bool(o, "ready", s.is_ready);
	json_add_u64(o, "restarts", s.n_restarts);
	json_add_str(o, "problem", s.problem);
	json_add_str(o, "hint", s.hint);
	return o;
}
