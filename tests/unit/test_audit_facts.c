/* SPDX-License-Identifier: Apache-2.0 */
/* What `cubby audit` reads: the spec, /proc, the host's accounts; and what it knows. */
#include <linux/capability.h>

#include "engine/audit_accounts.h"
#include "engine/audit_known.h"
#include "engine/audit_steps.h"
#include "spec/spec.h"
#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

#define BIT(n) (UINT64_C(1) << (n))

static const char passwd[] = "root:x:0:0:root:/root:/bin/bash\n"
			     "daemon:x:1:1::/:/usr/sbin/nologin\n"
			     "broken\n"
			     ":x:5:5::/:\n"
			     "minus:x:-1:1::/:\n"
			     "huge:x:4294967295:1::/:\n"
			     "ann:x:1000:1000:Ann:/home/ann:/bin/bash\n"
			     "bob:x:1001:1001::/home/bob:/bin/bash\n"
			     "nohome:x:1002:1002";
static const char group[] = "root:x:0:\nann:x:1000:\ndocker:x:998:ann\n";
static const char subuid[] = "ann:100000:65536\nbob:165536:65536\nx:y:z\n";

START_TEST(test_accounts)
{
	cleanup_audit_accounts struct audit_accounts a = {0}, none = {0};

	audit_accounts_parse(passwd, group, subuid, &a);
	ck_assert_uint_eq(a.n_users, 5);
	ck_assert_str_eq(audit_accounts_user(&a, 1000), "ann");
	ck_assert_str_eq(audit_accounts_user(&a, 1002), "nohome");
	ck_assert_ptr_null(audit_accounts_user(&a, 5));
	ck_assert_ptr_null(audit_accounts_user(&a, UINT32_MAX));
	ck_assert_str_eq(audit_accounts_group(&a, 998), "docker");
	audit_accounts_parse(NULL, NULL, NULL, &none);
	ck_assert_ptr_null(audit_accounts_user(&none, 0));
}
END_TEST

START_TEST(test_map_words)
{
	static const struct {
		struct idmap_line line;
		uint32_t caller;
		const char *words;
	} cases[] = {
		{{0, 1000, 1}, 1000, "0 is ann (you)"},
		{{0, 1000, 1}, 0, "0 is ann (uid 1000)"},
		{{0, 7777, 1}, 7777, "0 is you (you)"},
		{{5, 7777, 1}, 0, "5 is 7777, nobody"},
		{{1, 100000, 65536},
		 1000,
		 "1-65536 are 100000-165535, subordinate ids of ann"},
		{{1, 100000, 65537}, 1000, "1-65537 are 100000-165536, nobody's"},
		{{1, 165540, 10}, 1000, "1-10 are 165540-165549, subordinate ids of bob"},
		{{3, 100005, 1}, 1000, "3 is 100005, a subordinate id of ann"},
		{{0, 1000, 65536},
		 0,
		 "0-65535 are 1000-66535, among them ann, bob, nohome"},
		{{0, 1000, 65536},
		 1001,
		 "0-65535 are 1000-66535, among them you, ann, nohome"},
		{{0, 0, 4294967295},
		 0,
		 "0-4294967294 are 0-4294967294, among them root, daemon, ann, bob, others"},
		{{0, 0, 2}, 1000, "0-1 are 0-1, among them root, daemon"},
	};
	cleanup_audit_accounts struct audit_accounts a = {0};

	audit_accounts_parse(passwd, group, subuid, &a);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_idmap struct idmap map = {0};
		cleanup_strv char **words = NULL;

		idmap_add(&map, cases[i].line.inside, cases[i].line.outside,
			  cases[i].line.count);
		words = audit_map_words(&a, &map, cases[i].caller);
		ck_assert_uint_eq(strv_len(words), 1);
		ck_assert_str_eq(words[0], cases[i].words);
	}
}
END_TEST

START_TEST(test_places)
{
	cleanup_audit_accounts struct audit_accounts a = {0};
	cleanup_audit_places struct audit_places places = {0};
	static const struct {
		const char *path;
		enum audit_path_kind kind;
		enum audit_power power;
	} known[] = {
		{"/run/docker.sock", AUDIT_SOCKET, POWER_OWNER},
		{"/etc/shadow", AUDIT_SECRET, POWER_ROOT},
		{"/root/.ssh/id_rsa", AUDIT_SECRET, POWER_OWNER},
		{"/home/ann/.ssh/id_ed25519", AUDIT_SECRET, POWER_OWNER},
		{"/home/bob", AUDIT_VOLUME, POWER_NONE},
		{"/run/user/1000/bus", AUDIT_SOCKET, POWER_OWNER},
	};

	audit_accounts_parse(passwd, group, subuid, &a);
	audit_places_build(&a, 1000, &places);
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		const struct audit_place *p = audit_places_find(&places, known[i].path);

		ck_assert_msg(p != NULL, "%s", known[i].path);
		ck_assert_int_eq(p->kind, known[i].kind);
		ck_assert_int_eq(p->power, known[i].power);
	}
	ck_assert_ptr_null(audit_places_find(&places, "/"));
	ck_assert_ptr_null(audit_places_find(&places, "/home"));
}
END_TEST

START_TEST(test_devices)
{
	static const struct {
		const char *path;
		mode_t mode;
		enum audit_power power;
		const char *what;
	} cases[] = {
		{"/dev/sda", S_IFBLK, POWER_ROOT, "a disk"},
		{"/dev/anything", S_IFBLK, POWER_ROOT, "a disk"},
		{"/dev/mem", S_IFCHR, POWER_ROOT, "the machine's memory"},
		{"/dev/sg3", S_IFCHR, POWER_ROOT, "a disk"},
		{"/dev/input/event0", S_IFCHR, POWER_USER, "keyboards and mice"},
		{"/dev/tty1", S_IFCHR, POWER_USER, "the console"},
		{"/dev/ttyS0", S_IFCHR, POWER_NONE, "a device"},
		{"/dev/kvm", S_IFCHR, POWER_NONE, "the KVM hypervisor"},
		{"/dev/other", S_IFCHR, POWER_NONE, "a device"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *what;

		ck_assert_int_eq(audit_device_power(cases[i].path, cases[i].mode, &what),
				 cases[i].power);
		ck_assert_str_eq(what, cases[i].what);
	}
	ck_assert(audit_device_is_usual("null"));
	ck_assert(!audit_device_is_usual("sda"));
}
END_TEST

START_TEST(test_status)
{
	cleanup_audit_facts struct audit_facts f = {0};

	f.seccomp = xstrdup("default");
	audit_status_parse("Name:\tsh\nUid:\t0\t0\nCapPrm:\t0000000000000000\n"
			   "CapEff:\t00000000a80425fb\nCapBnd:\t000001ffffffffff\n"
			   "NoNewPrivs:\t1\nSeccomp:\t0\nSeccomp_filters:\t0\n",
			   &f);
	ck_assert_uint_eq(f.effective, 0xa80425fb);
	ck_assert_uint_eq(f.bounding, 0x1ffffffffff);
	ck_assert(f.no_new_privileges);
	ck_assert_str_eq(f.seccomp, "unconfined");
	/* what is not there, or no number, changes nothing */
	audit_status_parse("Name:\tCapEff:\t1\nCapBnd:\tzz\nSeccomp:\t2\n", &f);
	ck_assert_uint_eq(f.effective, 0xa80425fb);
	ck_assert_uint_eq(f.bounding, 0x1ffffffffff);
	ck_assert(f.no_new_privileges);
}
END_TEST

static struct spec *parse_spec(const char *text)
{
	cleanup_error struct error err = ERROR_INIT;
	struct spec *spec = NULL;

	ck_assert_msg(spec_parse(text, strlen(text), &spec, &err) == 0, "%s", err.text);
	return spec;
}

START_TEST(test_spec)
{
	cleanup(spec_freep) struct spec *spec = parse_spec(
		"{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"/r\",\"readonly\":true},"
		"\"process\":{\"cwd\":\"/\",\"args\":[\"sh\"],\"noNewPrivileges\":true,"
		"\"user\":{\"uid\":7,\"gid\":8,\"additionalGids\":[9,70000]},"
		"\"capabilities\":{\"bounding\":[\"CAP_CHOWN\",\"CAP_KILL\"],"
		"\"effective\":[\"CAP_KILL\"],\"permitted\":[\"CAP_KILL\"]}},"
		"\"linux\":{\"maskedPaths\":[\"/proc/kcore\"],"
		"\"namespaces\":[{\"type\":\"user\"},{\"type\":\"mount\"},{\"type\":\"pid\"}],"
		"\"uidMappings\":[{\"containerID\":0,\"hostID\":1000,\"size\":1},"
		"{\"containerID\":1,\"hostID\":100000,\"size\":65535}],"
		"\"gidMappings\":[{\"containerID\":0,\"hostID\":100000,\"size\":65536}]}}");
	cleanup_audit_facts struct audit_facts f = {0};

	audit_spec_facts(spec, &f);
	ck_assert(f.own_user_ns && f.no_new_privileges && f.read_only_root);
	ck_assert(f.root.is_mapped && f.user.is_mapped);
	ck_assert_uint_eq(f.root.host_uid, 1000);
	ck_assert_uint_eq(f.user.host_uid, 100006);
	ck_assert_uint_eq(f.user.host_gid, 100008);
	ck_assert_uint_eq(strv_len(f.user.groups), 1); /* 70000 is not mapped */
	ck_assert_str_eq(f.user.groups[0], "100009");
	ck_assert_uint_eq(f.bounding, BIT(CAP_CHOWN) | BIT(CAP_KILL));
	ck_assert_uint_eq(f.effective, BIT(CAP_KILL));
	ck_assert(!f.shares_ns[NS_MOUNT] && !f.shares_ns[NS_PID]);
	ck_assert(f.shares_ns[NS_NETWORK] && f.shares_ns[NS_IPC] && f.shares_ns[NS_UTS]);
	ck_assert(!f.shares_ns[NS_TIME]);
}
END_TEST

START_TEST(test_spec_without_user_namespace)
{
	cleanup(spec_freep) struct spec *spec = parse_spec(
		"{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"/r\"},"
		"\"process\":{\"cwd\":\"/\",\"args\":[\"sh\"],\"user\":{\"uid\":7,\"gid\":8}}}");
	cleanup_audit_facts struct audit_facts f = {0};

	audit_spec_facts(spec, &f);
	ck_assert(!f.own_user_ns && f.root.is_mapped);
	ck_assert_uint_eq(f.root.host_uid, 0);
	ck_assert_uint_eq(f.user.host_uid, 7);
	ck_assert_uint_eq(f.bounding, 0);
	ck_assert_ptr_null(f.masked_paths);
}
END_TEST

UNIT_MAIN("audit_facts", test_accounts, test_map_words, test_places, test_devices,
	  test_status, test_spec, test_spec_without_user_namespace)
