/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/subid_check.h"
#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

#define PASSWD                                                                        \
	"root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:\nalice:x:1000:1000:::\n" \
	"bob:x:1001:1001:::\nodd name:x:1002:1002:::\n"
#define GROUP "root:x:0:\nnogroup:x:65534:\nalice:x:1000:\nbob:x:1001:\n"

/* "E uid 3: problem => remedy", a line each. */
static char *findings_text(const struct subid_report *r)
{
	cleanup_strv char **lines = NULL;

	for (size_t i = 0; i < r->n_findings; i++) {
		const struct subid_finding *f = &r->findings[i];

		strv_addf(&lines, "%c %cid %zu: %s => %s", f->is_error ? 'E' : 'W',
			  f->kind == SUBID_UID ? 'u' : 'g', f->line, f->problem,
			  f->remedy ? f->remedy : "-");
	}
	return strv_join(lines, "\n");
}

struct check_case {
	const char *subuid, *subgid; /* NULL: as subuid */
	const char *user;
	bool no_usermod;
	const char *want;
};

static void check_all(const struct check_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct check_case *c = &cases[i];
		const struct subid_check_input in = {
			.subids = {c->subuid, c->subgid ? c->subgid : c->subuid},
			.accounts = {PASSWD, GROUP},
			.user = c->user,
			.has_usermod = !c->no_usermod,
		};
		cleanup_subid_report struct subid_report report = {0};

		subid_check(&in, &report);
		cleanup_free char *got = findings_text(&report);
		ck_assert_str_eq(got, c->want);
	}
}

START_TEST(test_nothing_wrong)
{
	static const struct check_case cases[] = {
		{"", .want = ""},
		{"\n# a comment\nalice:100000:65536\n\nbob:165536:65536", .want = ""},
		{"1000:100000:65536\n", .want = ""},
		{"alice:100000:65536\nalice:300000:1000\n", .want = ""},
		/* the pool of podman, up to the last id that there is */
		{"containers:2147483647:2147483648\n", .want = ""},
		/* somebody else's faults */
		{"alice:100000:65536\nbob:5:5\nx\n", .user = "alice", .want = ""},
	};

	check_all(cases, ARRAY_SIZE(cases));
}
END_TEST

START_TEST(test_lines)
{
	static const struct check_case cases[] = {
		{"alice:100000:65536\nbob 5\n", "alice:100000:65536\n",
		 .want = "E uid 2: \"bob 5\" is not USER:START:COUNT, so it gives nothing to "
			 "anybody => sed -i 2d /etc/subuid"},
		{"alice:100000:65536\nalice:5:0\n", "alice:100000:65536\n",
		 .want = "W uid 2: alice gets no ids: the count is 0 => sed -i 2d /etc/subuid"},
		{"alice:100000:65536\n", "alice:100000:65536\nbob:4294900000:67296\n",
		 .user = "alice", .want = ""},
		{"alice:100000:65536\nalice:4294967290:10\n", "alice:100000:65536\n",
		 .want = "E uid 2: the range of alice reaches past 4294967294, the highest id "
			 "there is, so none of it counts => sed -i "
			 "'2s/.*/alice:165536:65536/' /etc/subuid"},
		{"ghost:100000:65536\n", "",
		 .want = "W uid 1: ghost is no user of this host: nobody can use 100000-165535 "
			 "=> sed -i 1d /etc/subuid"},
		{"77:100000:65536\n", "",
		 .want = "W uid 1: 77 is no user of this host: nobody can use 100000-165535 => "
			 "sed -i 1d /etc/subuid"},
	};

	check_all(cases, ARRAY_SIZE(cases));
}
END_TEST

START_TEST(test_ids_of_others)
{
	static const struct check_case cases[] = {
		{"alice:100000:65536\nbob:150000:65536\n", .user = "alice",
		 .want = "E uid 2: 150000-165535 is given to bob as well as to alice (line 1): "
			 "containers of either can read, write and kill what is the other's => "
			 "usermod --del-subuids 150000-215535 --del-subgids 150000-215535 "
			 "--add-subuids 215536-281071 --add-subgids 215536-281071 bob\n"
			 "E gid 2: 150000-165535 is given to bob as well as to alice (line 1): "
			 "containers of either can read, write and kill what is the other's => -"},
		{"bob:100000:65536\n1000:100000:70000\n", .no_usermod = true,
		 .user = "bob",
		 .want = "E uid 2: 100000-165535 is given to alice as well as to bob (line 1): "
			 "containers of either can read, write and kill what is the other's => "
			 "sed -i '2s/.*/1000:170000:70000/' /etc/subuid; sed -i "
			 "'2s/.*/1000:170000:70000/' /etc/subgid\n"
			 "E gid 2: 100000-165535 is given to alice as well as to bob (line 1): "
			 "containers of either can read, write and kill what is the other's => -"},
		{"alice:100000:65536\nalice:100000:65536\n", "alice:100000:65536\n",
		 .want = "W uid 2: 100000-165535 is given to alice a second time (line 1) => sed "
			 "-i 2d /etc/subuid"},
		{"alice:900:100000\n",
		 .want = "E uid 1: 900-100899 of alice holds uids of accounts of the host: 1001 "
			 "(bob), 1002 (odd name), 65534 (nobody). Containers of alice can act as "
			 "these => usermod --del-subuids 900-100899 --del-subgids 900-100899 "
			 "--add-subuids 100900-200899 --add-subgids 100900-200899 alice\n"
			 "E gid 1: 900-100899 of alice holds gids of accounts of the host: 1001 "
			 "(bob), 65534 (nogroup). Containers of alice can act as these => -"},
		{"alice:5000:60000\n",
		 .want = "W uid 1: 5000-64999 of alice begins below 65536, where accounts and "
			 "services get their ids => usermod --del-subuids 5000-64999 "
			 "--del-subgids 5000-64999 --add-subuids 100000-165535 --add-subgids "
			 "100000-165535 alice\n"
			 "W gid 1: 5000-64999 of alice begins below 65536, where accounts and "
			 "services get their ids => -"},
		{"alice:65536:100000\n", "alice:200000:100000\n",
		 .want = "W uid 1: alice:65536:100000: start and count look as if they had "
			 "changed places => usermod --del-subuids 65536-165535 --add-subuids "
			 "300000-399999 alice"},
	};

	check_all(cases, ARRAY_SIZE(cases));
}
END_TEST

START_TEST(test_users)
{
	static const struct check_case cases[] = {
		{NULL, .user = "bob",
		 .want = "E uid 0: bob has no subordinate ids: containers have one id only "
			 "(--uidmap 0:0:1) => usermod --add-subuids 100000-165535 --add-subgids "
			 "100000-165535 bob"},
		{"alice:100000:65536\n", .user = "odd name", .no_usermod = true,
		 .want = "E uid 0: odd name has no subordinate ids: containers have one id only "
			 "(--uidmap 0:0:1) => add the line odd name:165536:65536 to /etc/subuid "
			 "and /etc/subgid"},
		{"alice:100000:65536\n", "",
		 .want = "E gid 0: alice has subordinate uids and no subordinate gids: "
			 "containers need both => usermod --add-subgids 100000-165535 alice"},
		{"alice:100000:65536\n", "bob:100000:65536\n", .user = "alice",
		 .want = "E gid 0: alice has subordinate uids and no subordinate gids: "
			 "containers need both => usermod --add-subgids 165536-231071 alice"},
		{"alice:100000:1000\n",
		 .want = "W uid 0: alice has 1000 subordinate uids, and few gids: images expect "
			 "65536 (nobody is 65534) => usermod --add-subuids 101000-166535 "
			 "--add-subgids 101000-166535 alice"},
		{"alice:100000:65536\n", "alice:200000:65536\n",
		 .want = "W gid 0: the uids and gids of alice are not the same ranges in the "
			 "same order: user N and group N of a container are different numbers "
			 "on the host => usermod --del-subgids 200000-265535 --add-subgids "
			 "100000-165535 alice"},
		{"alice:100000:65536\nalice:300000:9\n",
		 "alice:300000:9\nalice:100000:65536\n",
		 .want = "W gid 0: the uids and gids of alice are not the same ranges in the "
			 "same order: user N and group N of a container are different numbers "
			 "on the host => usermod --del-subuids 100000-165535 --del-subuids "
			 "300000-300008 --del-subgids 300000-300008 --del-subgids 100000-165535 "
			 "--add-subuids 300009-365544 --add-subgids 300009-365544 alice"},
	};

	check_all(cases, ARRAY_SIZE(cases));
}
END_TEST

/* Behind everything, else in a gap, around accounts; each answer once. */
START_TEST(test_room)
{
	static const struct {
		const char *subuid, *passwd;
		uint64_t want[3];
	} cases[] = {
		{"", "", {100000, 165536, 231072}},
		{"a:300000:65536\n", "", {365536, 431072, 496608}},
		{"a:300000:65536\n", "x:x:400000:1\n", {400001, 465537, 531073}},
		{"a:300000:4294667295\n", "", {100000, 165536, 231072}},
		{"a:300000:4294667295\n", "x:x:100005:1\n", {100006, 165542, 231078}},
		{"a:200000:4294767295\n", "", {100000, 0, 0}},
		{"a:100000:4294867295\n", "", {0, 0, 0}},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *subids[SUBID_KINDS] = {NULL, cases[i].subuid};
		const char *accounts[SUBID_KINDS] = {cases[i].passwd, NULL};
		cleanup_subid_lines struct subid_lines t = {0};

		subid_lines_init(&t, subids, accounts);
		for (size_t k = 0; k < 3; k++)
			ck_assert_uint_eq(subid_lines_take(&t, SUBID_RANGE_SIZE),
					  cases[i].want[k]);
	}
}
END_TEST

UNIT_MAIN("subid_check", test_nothing_wrong, test_lines, test_ids_of_others, test_users,
	  test_room)
