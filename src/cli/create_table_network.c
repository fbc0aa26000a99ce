/* SPDX-License-Identifier: Apache-2.0 */
/* Network and names. */
#include "cli/create_tables.h"

#define O struct create_options

static const char *const net_alias[] = {"net", NULL};

const struct option_spec create_table_network[] = {
	OPT_GROUP("Network and names"),
	OPT_STRV(
		O, net.networks, "network", 0, "NETWORK",
		"a network, none, host or container:NAME; or bridge (the default), ns:PATH, pasta, slirp4netns; "
		"several times: several networks; NAME:ip=...,mac=...,alias=... says more",
		.aliases = net_alias, .common = true),
	OPT_STRING(O, hostname, "hostname", 'h', "NAME",
		   "host name in the container; default: its short ID"),
	OPT_STRING(O, domainname, "domainname", 0, "NAME", "NIS domain name"),
	OPT_STRING(
		O, inside.hosts_file, "hosts-file", 0, "FILE",
		"what /etc/hosts begins with: a file, image, or none (default: the host's)"),
	OPT_INCLUDE(create_table_names),
	OPT_STRV(O, net.expose, "expose", 0, "PORT[/PROTOCOL]",
		 "a port, or a range, that -P publishes"),
	OPT_STRING(O, net.ip, "ip", 0, "ADDRESS", "its IPv4 address at its network"),
	OPT_STRING(O, net.ip6, "ip6", 0, "ADDRESS", "its IPv6 address at its network"),
	OPT_STRING(O, net.mac, "mac-address", 0, "MAC", "its MAC address at its network"),
	OPT_STRV(O, net.aliases, "network-alias", 0, "NAME",
		 "another name for it on its networks"),
	OPT_STRV(O, net.allow, "allow-net", 0, "HOST,...",
		 "reach only these: HOST[:PORT], *.DOMAIN, ADDRESS[:PORT], CIDR"),
	OPT_NOT_YET("link-local-ip", 0),
	OPT_STRV(
		O, net.publish, "publish", 'p', "HOSTPORT:PORT",
		"publish a port at the host; [[IP:][HOSTPORT]:]PORT[/udp], or ranges; without "
		"HOSTPORT a free one",
		.common = true),
	OPT_BOOL(O, net.publish_all, "publish-all", 'P',
		 "publish every exposed port at a free one of the host"),
	OPT_END,
};
