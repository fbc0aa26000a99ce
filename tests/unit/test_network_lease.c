/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses that containers get, in a store of the test's own. */
#include <errno.h>
#include <sys/wait.h>

#include "engine/network_create.h"
#include "engine/network_lease.h"
#include "engine/network_remove.h"
#include "engine/network_store.h"
#include "engine/network_words.h"
#include "engine/settings.h"
#include "store_box.h"
#include "util/time.h"

#define ID(n) "%064x", (unsigned int)(n)

static const struct settings no_settings = SETTINGS_INIT;

static struct store_box open_box(void)
{
	struct store_box b = store_box_open();

	b.engine.settings = &no_settings;
	b.engine.events = EVENT_BACKEND_NONE;
	return b;
}

static void make(const struct engine *e, const char *name, const char *subnet,
		 const char *range)
{
	cleanup_network struct network n = {0};
	struct error err = ERROR_INIT;
	char *subnets[] = {(char *)subnet, NULL}, *ranges[] = {(char *)range, NULL};
	const struct network_new q = {.name = name,
				      .subnets = subnet ? subnets : NULL,
				      .ranges = range ? ranges : NULL};

	ck_assert_ok(network_create(e, &q, &n, &err), &err);
}

static int take(const struct engine *e, unsigned int who,
		const struct network_attachment *at, struct network_lease *ret,
		struct error *err)
{
	cleanup_free char *id = xasprintf(ID(who));
	struct network_attachment copy = *at;
	const struct network_config c = {.attachments = &copy, .n_attachments = 1};
	const struct network_lease_request q = {
		.id = id, .name = "web", .hostname = "www", .config = &c};

	return network_lease_try(e, &q, ret, err);
}

static void drop(const struct engine *e, unsigned int who)
{
	cleanup_free char *id = xasprintf(ID(who));
	struct error err = ERROR_INIT;

	ck_assert_ok(network_lease_drop(e, id, &err), &err);
}

static void expect(const struct engine *e, unsigned int who, const char *network,
		   const char *address)
{
	const struct network_attachment at = {.name = (char *)network};
	cleanup_network_lease struct network_lease l = {0};
	struct error err = ERROR_INIT;

	ck_assert_ok(take(e, who, &at, &l, &err), &err);
	ck_assert_str_eq(l.member.endpoints[0].addresses[0], address);
}

static void expect_error(const struct engine *e, unsigned int who,
			 const struct network_attachment *at, enum error_kind kind,
			 const char *words)
{
	cleanup_network_lease struct network_lease l = {0};
	cleanup_error struct error err = ERROR_INIT;

	ck_assert_int_lt(take(e, who, at, &l, &err), 0);
	ck_assert_msg(err.kind == kind && strstr(err.text, words), "%s", err.text);
}

START_TEST(rotates)
{
	struct store_box b = open_box();
	const struct engine *e = &b.engine;

	make(e, "four", "10.200.1.0/29", NULL);
	expect(e, 1, "four", "10.200.1.2/29");
	expect(e, 1, "four", "10.200.1.2/29");
	drop(e, 1);
	expect(e, 1, "four", "10.200.1.3/29");
	expect(e, 2, "four", "10.200.1.4/29");
	expect(e, 3, "four", "10.200.1.5/29");
	expect(e, 4, "four", "10.200.1.6/29");
	expect(e, 5, "four", "10.200.1.2/29");
	expect_error(e, 6, &(struct network_attachment){.name = (char *)"four"},
		     ERR_CONFLICT, "could not find free IP in range 10.200.1.0/29");
	drop(e, 3);
	expect(e, 6, "four", "10.200.1.5/29");
	make(e, "one", "10.200.2.0/30", NULL);
	expect(e, 1, "one", "10.200.2.2/30");
	expect_error(e, 2, &(struct network_attachment){.name = (char *)"one"},
		     ERR_CONFLICT, "could not find free IP");
	make(e, "range", "10.200.3.0/24", "10.200.3.128/31");
	expect(e, 1, "range", "10.200.3.128/24");
	expect(e, 2, "range", "10.200.3.129/24");
	expect_error(e, 3, &(struct network_attachment){.name = (char *)"range"},
		     ERR_CONFLICT, "in range 10.200.3.128-10.200.3.129");
	store_box_close(&b);
}
END_TEST

START_TEST(asked_for)
{
	struct store_box b = open_box();
	const struct engine *e = &b.engine;
	struct network_attachment at = {.name = (char *)"net",
					.ip = (char *)"10.200.1.77",
					.interface = (char *)"net0"};
	cleanup_network_lease struct network_lease l = {0}, again = {0};
	cleanup_free char *id = xasprintf(ID(1));
	const struct network_config c = {.attachments = &at, .n_attachments = 1};
	const struct network_lease_request q = {.id = id, .name = "web", .config = &c};
	char *aliases[] = {(char *)"db", (char *)"web", NULL};
	struct error err = ERROR_INIT;

	make(e, "net", "10.200.1.0/24", NULL);
	at.aliases = aliases;
	ck_assert_ok(take(e, 1, &at, &l, &err), &err);
	ck_assert_str_eq(l.member.endpoints[0].addresses[0], "10.200.1.77/24");
	ck_assert_str_eq(l.member.endpoints[0].mac, "02:42:0a:c8:01:4d");
	ck_assert_str_eq(l.member.endpoints[0].interface, "net0");
	ck_assert_int_eq((int)strv_len(l.member.endpoints[0].names), 4);
	ck_assert_str_eq(l.networks[0].subnets[0].gateway, "10.200.1.1");
	ck_assert_ok(network_lease_read(e, &q, &again, &err), &err);
	ck_assert_int_eq((int)again.member.n_endpoints, 1);
	ck_assert_str_eq(again.member.endpoints[0].addresses[0], "10.200.1.77/24");
	expect_error(e, 2, &at, ERR_CONFLICT,
		     "10.200.1.77 is already allocated: container 0");
	at.ip = (char *)"10.200.1.1";
	expect_error(e, 2, &at, ERR_INVALID, "can't be a container's");
	at.ip = (char *)"10.200.1.255";
	expect_error(e, 2, &at, ERR_INVALID, "can't be a container's");
	at.ip = (char *)"10.200.2.1";
	expect_error(e, 2, &at, ERR_INVALID, "not in any subnet on network net");
	at.name = (char *)"gone";
	expect_error(e, 2, &at, ERR_NOT_FOUND, "network not found");
	store_box_close(&b);
}
END_TEST

START_TEST(networks)
{
	struct store_box b = open_box();
	const struct engine *e = &b.engine;
	cleanup_network struct network n = {0}, same = {0};
	cleanup_networks struct networks all = {0};
	cleanup_error struct error err = ERROR_INIT;
	cleanup_network_lease struct network_lease l = {0};
	const struct network_new dual = {.name = "dual", .ipv6 = true};

	ck_assert_ok(network_find(e, "podman", &n, &err), &err);
	ck_assert_str_eq(n.name, "bridge");
	ck_assert_int_eq(network_remove(e, &n, &err), -EINVAL);
	error_release(&err);
	ck_assert_ok(network_create(e, &dual, &same, &err), &err);
	ck_assert_int_eq((int)same.n_pools, 2);
	ck_assert(same.ipv6 && strchr(same.pools[1].subnet, ':'));
	ck_assert_int_eq(network_create(e, &dual, &same, &err), -EEXIST);
	error_release(&err);
	ck_assert_ok(network_list(e, &all, &err), &err);
	ck_assert_int_eq((int)all.n, 2);
	ck_assert_ok(take(e, 1, &(struct network_attachment){.name = (char *)"dual"}, &l,
			  &err),
		     &err);
	ck_assert_int_eq((int)strv_len(l.member.endpoints[0].addresses), 2);
	ck_assert_int_eq(network_remove(e, &same, &err), -EBUSY);
	error_release(&err);
	drop(e, 1);
	ck_assert_ok(network_remove(e, &same, &err), &err);
	store_box_close(&b);
}
END_TEST

/* Two processes, each with a store of its own, at the same addresses. */
START_TEST(races)
{
	struct store_box b = open_box();
	cleanup_address_records struct address_records rows = {0};
	cleanup_network struct network n = {0};
	struct error err = ERROR_INIT;
	cleanup_free char *data = xstrdup(b.engine.paths.data);
	int64_t start;

	make(&b.engine, "net", "10.200.1.0/24", NULL);
	ck_assert_ok(network_find(&b.engine, "net", &n, &err), &err);
	for (unsigned int k = 0; k < 2; k++) {
		struct engine e = b.engine;

		if (fork() > 0)
			continue;
		ck_assert_ok(store_open(data, &e.store, &err), &err);
		for (unsigned int i = 0; i < 100; i++) {
			const struct network_attachment at = {.name = (char *)"net"};
			cleanup_network_lease struct network_lease l = {0};

			ck_assert_ok(take(&e, 1000 * k + i, &at, &l, &err), &err);
		}
		_exit(0);
	}
	for (int k = 0; k < 2; k++) {
		int status;

		ck_assert_int_gt(wait(&status), 0);
		ck_assert_int_eq(status, 0);
	}
	ck_assert_ok(address_record_of_network(b.engine.store, n.id, &rows, &err), &err);
	ck_assert_int_eq((int)rows.n, 200);
	start = time_monotonic_usec();
	expect(&b.engine, 9999, "net", "10.200.1.202/24");
	ck_assert_int_lt(time_monotonic_usec() - start, 500000);
	if (getenv("LEASE_TIMES"))
		printf("the 201st: %d us\n", (int)(time_monotonic_usec() - start));
	store_box_close(&b);
}
END_TEST

UNIT_MAIN("network_lease", rotates, asked_for, networks, races)
