/* SPDX-License-Identifier: Apache-2.0 */
/* Network and names. */
#include "cli/create_tables.h"

#define O struct create_options

static const char *const net_alias[] = {"net", NULL};

const struct option_spec create_table_network[] = {
	OPT_GROUP("Network and names"),
	OPT_STRING(O, network, "network", 0, "MODE",
		   "none (default), host, container:NAME, ns:PATH", .aliases = net_alias,
		   .common = true),
	OPT_STRING(O, hostname, "hostname", 'h', "NAME",
		   "host name in the container (default: its short ID)", .common = true),
	OPT_STRING(O, domainname, "domainname", 0, "NAME", "NIS domain name"),
	OPT_STRV(O, add_hosts, "add-host", 0, "NAME:ADDRESS", "a line for /etc/hosts"),
	OPT_BOOL(O, no_hosts, "no-hosts", 0, "leave /etc/hosts as it is"),
	OPT_BOOL(O, no_hostname, "no-hostname", 0, "leave /etc/hostname as it is"),
	OPT_NOT_YET("dns", 0),
	OPT_NOT_YET("dns-option", 0),
	OPT_NOT_YET("dns-search", 0),
	OPT_NOT_YET("expose", 0),
	OPT_NOT_YET("hosts-file", 0),
	OPT_NOT_YET("ip", 0),
	OPT_NOT_YET("ip6", 0),
	OPT_NOT_YET("link-local-ip", 0),
	OPT_NOT_YET("mac-address", 0),
	OPT_NOT_YET("network-alias", 0),
	OPT_NOT_YET("publish", 'p'),
	OPT_NOT_YET("publish-all", 'P'),
	OPT_END,
};
