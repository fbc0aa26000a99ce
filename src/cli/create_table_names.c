/* SPDX-License-Identifier: Apache-2.0 */
/* How names are found inside: /etc/hosts, /etc/resolv.conf. A build's RUN has these options as well. */
#include "cli/create_tables.h"

#define O struct create_options

static const char *const dns_opt_alias[] = {"dns-opt", NULL};

const struct option_spec create_table_names[] = {
	OPT_STRV(O, add_hosts, "add-host", 0, "NAME[;NAME]:ADDRESS",
		 "a line for /etc/hosts"),
	OPT_BOOL(O, no_hosts, "no-hosts", 0, "leave /etc/hosts as it is"),
	OPT_BOOL(O, no_hostname, "no-hostname", 0, "leave /etc/hostname as it is"),
	OPT_LIST(O, inside.dns, "dns", 0, "ADDRESS",
		 "a DNS server, instead of the host's"),
	OPT_LIST(O, inside.dns_options, "dns-option", 0, "OPTION",
		 "an option for /etc/resolv.conf", .aliases = dns_opt_alias),
	OPT_LIST(O, inside.dns_searches, "dns-search", 0, "DOMAIN",
		 "a domain to search names in; . for none"),
	OPT_END,
};
