/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --network and what goes with it, as podman has them. Pure: names of networks are not looked up here.
 *
 *   none, host, container:NAME, ns:PATH   one of these, alone
 *   bridge[:KEY=VALUE,...]                the default network; private and default are the same
 *   NETWORK[:KEY=VALUE,...]               a network, by name or ID; as often as there are networks
 *   NETWORK,NETWORK,...                   the same, older words
 *   pasta[:OPTION,...]                    a process of pasta(1) of its own
 *   slirp4netns[:OPTION=VALUE,...]        one of slirp4netns(1)
 *
 * Keys: ip, ip6, mac, alias, interface_name. Source: podman-run(1).
 */
#pragma once

#include "engine/namespace_option.h"
#include "engine/network_config.h"
#include "engine/network_options.h"
#include "util/cleanup.h"
#include "util/error.h"

/* What a container gets that says nothing of its network. */
#define NETWORK_MODE_DEFAULT "bridge"

/*
 * network_option_parse() - *ret_mode, and ret's attachments (by name, without ids; NAMESPACE_BRIDGE only), options,
 * is_limited and allow. --ip, --ip6 and --mac-address go to the only network, aliases to every one. What contradicts
 * itself is ERR_INVALID in podman's words.
 */
int network_option_parse(const struct network_options *o, const char *standard,
			 struct namespace_option *ret_mode, struct network_config *ret,
			 struct error *err) _must_check_;

/* network_option_is_open() - nothing at all was said of the network, so that it may be what can be had. */
bool network_option_is_open(const struct network_options *o, const char *standard);

/* network_option_is_bridge() - of the first word alone, with the networks' keys: whether the mode is one at networks. */
bool network_option_is_bridge(const struct network_options *o, const char *standard);

/* network_option_mac() - "92:d0:c6:0a:29:33" in lower case; a group address (01:...) is ERR_INVALID. Caller frees. */
int network_option_mac(const char *option, const char *text, char **ret,
		       struct error *err) _must_check_;

/* network_option_interface() - a name that an interface can have; "lo" and all that the kernel refuses are ERR_INVALID. */
int network_option_interface(const char *name, struct error *err) _must_check_;

/* network_option_alias() - a name that can stand in /etc/hosts and in a DNS question. */
int network_option_alias(const char *name, struct error *err) _must_check_;
