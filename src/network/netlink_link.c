/* SPDX-License-Identifier: Apache-2.0 */
#include "network/netlink_link.h"

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>

#define MAKE (NLM_F_CREATE | NLM_F_EXCL)

static const struct ifinfomsg by_name = {.ifi_family = AF_UNSPEC};

void netlink_bridge(struct netlink_batch *b, const struct netlink_bridge *bridge)
{
	size_t info, data;

	netlink_add(b, RTM_NEWLINK, MAKE,
		    &(struct netlink_request){"make the bridge", bridge->name, EEXIST});
	netlink_body(b, &by_name, sizeof(by_name));
	netlink_attr_str(b, IFLA_IFNAME, bridge->name);
	netlink_attr(b, IFLA_ADDRESS, bridge->mac, sizeof(bridge->mac));
	netlink_attr_u32(b, IFLA_MTU, bridge->mtu);
	info = netlink_nest(b, IFLA_LINKINFO);
	netlink_attr_str(b, IFLA_INFO_KIND, "bridge");
	data = netlink_nest(b, IFLA_INFO_DATA);
	netlink_attr_u32(b, IFLA_BR_STP_STATE, 0);
	netlink_attr_u8(b, IFLA_BR_MCAST_SNOOPING, 0);
	netlink_nest_end(b, data);
	netlink_nest_end(b, info);
	if (!bridge->alias)
		return;
	netlink_add(b, RTM_SETLINK, 0,
		    &(struct netlink_request){"mark the bridge", bridge->name, 0});
	netlink_body(b, &by_name, sizeof(by_name));
	netlink_attr_str(b, IFLA_IFNAME, bridge->name);
	netlink_attr(b, IFLA_IFALIAS, bridge->alias, __builtin_strlen(bridge->alias));
}

void netlink_veth(struct netlink_batch *b, const struct netlink_veth *veth)
{
	size_t info, data, peer;

	netlink_add(b, RTM_NEWLINK, MAKE,
		    &(struct netlink_request){"make the interface", veth->peer, 0});
	netlink_body(b, &by_name, sizeof(by_name));
	netlink_attr_str(b, IFLA_IFNAME, veth->name);
	netlink_attr_u32(b, IFLA_MTU, veth->mtu);
	netlink_attr_u32(b, IFLA_MASTER, (uint32_t)veth->master);
	netlink_attr_u32(b, IFLA_NUM_TX_QUEUES, 1);
	netlink_attr_u32(b, IFLA_NUM_RX_QUEUES, 1);
	info = netlink_nest(b, IFLA_LINKINFO);
	netlink_attr_str(b, IFLA_INFO_KIND, "veth");
	data = netlink_nest(b, IFLA_INFO_DATA);
	peer = netlink_nest(b, VETH_INFO_PEER);
	netlink_body(b, &by_name, sizeof(by_name));
	netlink_attr_str(b, IFLA_IFNAME, veth->peer);
	netlink_attr_u32(b, IFLA_NET_NS_FD, (uint32_t)veth->peer_net_ns_fd);
	netlink_attr_u32(b, IFLA_MTU, veth->mtu);
	netlink_attr_u32(b, IFLA_NUM_TX_QUEUES, 1);
	netlink_attr_u32(b, IFLA_NUM_RX_QUEUES, 1);
	netlink_attr(b, IFLA_ADDRESS, veth->peer_mac, sizeof(veth->peer_mac));
	netlink_nest_end(b, peer);
	netlink_nest_end(b, data);
	netlink_nest_end(b, info);
}

void netlink_link_up(struct netlink_batch *b, const char *name)
{
	const struct ifinfomsg up = {
		.ifi_family = AF_UNSPEC, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};

	netlink_add(b, RTM_NEWLINK, 0,
		    &(struct netlink_request){"bring up the interface", name, 0});
	netlink_body(b, &up, sizeof(up));
	netlink_attr_str(b, IFLA_IFNAME, name);
}

void netlink_link_mtu(struct netlink_batch *b, const char *name, uint32_t mtu)
{
	netlink_add(b, RTM_NEWLINK, 0,
		    &(struct netlink_request){"set the MTU of the interface", name, 0});
	netlink_body(b, &by_name, sizeof(by_name));
	netlink_attr_str(b, IFLA_IFNAME, name);
	netlink_attr_u32(b, IFLA_MTU, mtu);
}

void netlink_link_delete(struct netlink_batch *b, const char *name)
{
	netlink_add(b, RTM_DELLINK, 0,
		    &(struct netlink_request){"delete the interface", name, ENODEV});
	netlink_body(b, &by_name, sizeof(by_name));
	netlink_attr_str(b, IFLA_IFNAME, name);
}

void netlink_address_add(struct netlink_batch *b, int index, const char *name,
			 const struct address *a)
{
	const struct ifaddrmsg body = {
		.ifa_family = (uint8_t)a->family,
		.ifa_prefixlen = a->prefix,
		.ifa_flags = IFA_F_PERMANENT | (a->family == AF_INET6 ? IFA_F_NODAD : 0),
		.ifa_scope = RT_SCOPE_UNIVERSE,
		.ifa_index = (uint32_t)index,
	};

	netlink_add(b, RTM_NEWADDR, MAKE,
		    &(struct netlink_request){"give an address to the interface", name,
					      EEXIST});
	netlink_body(b, &body, sizeof(body));
	netlink_attr(b, IFA_LOCAL, a->bytes, address_len(a->family));
	netlink_attr(b, IFA_ADDRESS, a->bytes, address_len(a->family));
	if (a->family == AF_INET && a->prefix < 31) {
		uint8_t last[4];

		for (unsigned k = 0; k < 4; k++) {
			unsigned bits = a->prefix > 8 * k ? a->prefix - 8 * k : 0;

			last[k] = (uint8_t)(a->bytes[k] | (bits < 8 ? 0xff >> bits : 0));
		}
		netlink_attr(b, IFA_BROADCAST, last, sizeof(last));
	}
}

void netlink_default_route(struct netlink_batch *b, const struct address *gateway)
{
	const struct rtmsg body = {
		.rtm_family = (uint8_t)gateway->family,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_scope = RT_SCOPE_UNIVERSE,
		.rtm_type = RTN_UNICAST,
	};

	netlink_add(b, RTM_NEWROUTE, MAKE,
		    &(struct netlink_request){"add the default route", NULL, EEXIST});
	netlink_body(b, &body, sizeof(body));
	netlink_attr(b, RTA_GATEWAY, gateway->bytes, address_len(gateway->family));
}

void netlink_local_route(struct netlink_batch *b, int family, int lo_index,
			 uint32_t table)
{
	const struct rtmsg body = {
		.rtm_family = (uint8_t)family,
		.rtm_table = RT_TABLE_UNSPEC,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_scope = RT_SCOPE_HOST,
		.rtm_type = RTN_LOCAL,
	};

	netlink_add(b, RTM_NEWROUTE, MAKE,
		    &(struct netlink_request){"add a local route", NULL, EEXIST});
	netlink_body(b, &body, sizeof(body));
	netlink_attr_u32(b, RTA_OIF, (uint32_t)lo_index);
	netlink_attr_u32(b, RTA_TABLE, table);
}

void netlink_mark_rule(struct netlink_batch *b, int family, uint32_t mark, uint32_t table)
{
	const struct fib_rule_hdr body = {
		.family = (uint8_t)family,
		.action = FR_ACT_TO_TBL,
	};

	netlink_add(b, RTM_NEWRULE, MAKE,
		    &(struct netlink_request){"add a routing rule", NULL, EEXIST});
	netlink_body(b, &body, sizeof(body));
	netlink_attr_u32(b, FRA_FWMARK, mark);
	netlink_attr_u32(b, FRA_FWMASK, mark);
	netlink_attr_u32(b, FRA_TABLE, table);
}
