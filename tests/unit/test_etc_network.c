/* SPDX-License-Identifier: Apache-2.0 */
/* What a lease says for /etc/hosts and /etc/resolv.conf. */
#include "engine/etc_network.h"
#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

static char *words(char *const *list)
{
	return list ? strv_join(list, " ") : xstrdup("");
}

START_TEST(of_a_lease)
{
	struct network_subnet one[] = {{(char *)"fd00::/64", (char *)"fd00::1"},
				       {(char *)"10.0.0.0/24", (char *)"10.0.0.1"}},
			      two[] = {{(char *)"10.1.0.0/24", (char *)"10.1.0.1"}},
			      three[] = {{(char *)"10.2.0.0/24", NULL}};
	struct network_definition networks[] = {
		{.id = (char *)"a", .subnets = one, .n_subnets = 2},
		{.id = (char *)"b", .subnets = two, .n_subnets = 1, .no_dns = true},
		{.id = (char *)"c", .subnets = three, .n_subnets = 1, .internal = true},
	};
	char *addresses[] = {(char *)"10.0.0.2/24", (char *)"fd00::2/64", NULL},
	     *more[] = {(char *)"10.1.0.2/24", NULL},
	     *names[] = {(char *)"web", (char *)"db", NULL};
	struct network_endpoint endpoints[] = {
		{.network = (char *)"c"},
		{.network = (char *)"a", .addresses = addresses, .names = names},
		{.network = (char *)"b", .addresses = more, .names = names},
	};
	struct network_lease lease = {
		.networks = networks,
		.n_networks = 3,
		.member = {.endpoints = endpoints, .n_endpoints = 3}};
	cleanup_etc_network struct etc_network n = {0}, nothing = {0}, inner = {0};
	cleanup_free char *own = NULL, *servers = NULL, *called = NULL;

	etc_network_find(&lease, false, &n);
	own = words(n.addresses);
	servers = words(n.name_servers);
	called = words(n.names);
	ck_assert_str_eq(own, "10.0.0.2 fd00::2 10.1.0.2");
	ck_assert_str_eq(servers, "10.0.0.1");
	ck_assert_str_eq(called, "web db web db web db");
	ck_assert_str_eq(n.host, "10.0.0.1");
	etc_network_find(NULL, true, &nothing);
	ck_assert_ptr_null(nothing.addresses);
	ck_assert_ptr_null(nothing.host);
	lease.member.n_endpoints = 1;
	etc_network_find(&lease, true, &inner);
	ck_assert_ptr_null(inner.host);
}
END_TEST

START_TEST(servers_of_the_host)
{
	cleanup_strv char **none = etc_network_plain_servers(NULL),
			  **some = etc_network_plain_servers(
				  "# x\nnameserver 127.0.0.53\n nameserver\t9.9.9.9 \n"
				  "nameserver ::1\nnameserver\nnameserver fe80::1%eth0\n"
				  "nameserver 2620:fe::9\nnameserver 9.9.9.9");
	cleanup_free char *text = words(some);

	ck_assert_ptr_null(none);
	ck_assert_str_eq(text, "9.9.9.9 2620:fe::9");
}
END_TEST

START_TEST(ours_is_searched_first)
{
	cleanup_strv char *
		*none = etc_network_searches(NULL),
	       **some = etc_network_searches(
		       "domain old.org\nsearch\tcorp.org  dns.podman . b.org \n"
		       "searching x.org\n");
	cleanup_free char *alone = words(none), *text = words(some);

	ck_assert_str_eq(alone, "dns.podman");
	ck_assert_str_eq(text, "dns.podman corp.org b.org");
}
END_TEST

UNIT_MAIN("etc_network", of_a_lease, servers_of_the_host, ours_is_searched_first)
