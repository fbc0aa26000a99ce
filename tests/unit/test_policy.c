/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/policy.h"

#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

#define ACCEPT "[{\"type\":\"insecureAcceptAnything\"}]"
#define REJECT "[{\"type\":\"reject\"}]"
#define SIGNED "[{\"type\":\"signedBy\",\"keyType\":\"GPGKeys\",\"keyPath\":\"/k\"}]"
#define HEX    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST "sha256:" HEX

static struct policy *parse(const char *text)
{
	struct error err = ERROR_INIT;
	struct policy *p = NULL;

	ck_assert_ok(policy_parse(text, strlen(text), "/etc/p.json", &p, &err), &err);
	return p;
}

/* ERR_NONE, ERR_DENIED or ERR_UNSUPPORTED */
static enum error_kind ask(const struct policy *p, const char *name)
{
	cleanup_reference struct reference r = {0};
	cleanup_error struct error err = ERROR_INIT;

	ck_assert_ok(reference_parse_complete(name, &r, &err), &err);
	int result = policy_check_registry(p, &r, &err);
	ck_assert(result == 0 || err.kind != ERR_NONE);
	return err.kind;
}

START_TEST(test_most_specific)
{
	static const char text[] =
		"{\"default\":" REJECT ",\"transports\":{\"docker\":{"
		"\"docker.io\":" ACCEPT ",\"docker.io/library\":" SIGNED
		",\"docker.io/library/debian\":" ACCEPT
		",\"docker.io/library/debian:11\":" REJECT
		",\"docker.io/library/debian@" DIGEST "\":" SIGNED
		",\"a.example:5000\":" ACCEPT ",\"*.wild.example\":" ACCEPT
		",\"no.wild.example\":" REJECT ",\"*.no.wild.example\":" SIGNED
		",\"both.example\":[{\"type\":\"sigstoreSigned\"},{\"type\":\"reject\"}]"
		"}}}";
	static const struct {
		const char *name;
		enum error_kind want;
	} cases[] = {
		{"debian", ERR_NONE},
		{"debian:11", ERR_DENIED},
		{"debian:110", ERR_NONE},
		{"debian@" DIGEST, ERR_UNSUPPORTED},
		{"debian:11@" DIGEST, ERR_UNSUPPORTED},
		{"busybox", ERR_UNSUPPORTED},
		{"me/mine", ERR_NONE},
		{"quay.io/a", ERR_DENIED},
		{"a.example:5000/x/y", ERR_NONE},
		{"a.example/x/y", ERR_DENIED},
		{"b.wild.example/x", ERR_NONE},
		{"b.c.wild.example:5000/x", ERR_NONE},
		{"wild.example/x", ERR_DENIED},
		{"no.wild.example/x", ERR_DENIED},
		{"x.no.wild.example/x", ERR_UNSUPPORTED},
		{"both.example/x", ERR_DENIED},
	};
	cleanup_policy struct policy *p = parse(text);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ck_assert_msg(ask(p, cases[i].name) == cases[i].want, "%s",
			      cases[i].name);
}
END_TEST

/* The transport's default before the global one. */
START_TEST(test_defaults)
{
	cleanup_policy struct policy *one = parse(
		"{\"default\":" REJECT ",\"transports\":{\"docker\":{\"\":" ACCEPT "}}}");
	cleanup_policy struct policy *other = parse(
		"{\"default\":" ACCEPT ",\"transports\":{\"oci\":{\"\":" REJECT "}}}");
	cleanup_error struct error err = ERROR_INIT;

	ck_assert_int_eq(ask(one, "x.example/y"), ERR_NONE);
	ck_assert_int_lt(policy_check_path(one, "docker-archive", "/x", NULL, &err), 0);
	ck_assert_int_eq(ask(other, "x.example/y"), ERR_NONE);
	ck_assert_int_eq(policy_check_path(other, "docker-archive", NULL, NULL, &err), 0);
	ck_assert_int_lt(policy_check_path(other, "oci", "/x", NULL, &err), 0);
}
END_TEST

START_TEST(test_paths)
{
	const char *dir = unit_dir();
	cleanup_free char *sub = fs_join(dir, "sub"), *link = fs_join(dir, "link");
	cleanup_free char *text = xasprintf(
		"{\"default\":" ACCEPT ",\"transports\":{"
		"\"oci\":{\"%s\":" REJECT ",\"%s:good\":" ACCEPT "},"
		"\"dir\":{\"%s\":" REJECT "},\"docker-archive\":{\"%s\":" REJECT "}}}",
		dir, sub, sub, sub);
	cleanup_policy struct policy *p = parse(text);
	const struct {
		const char *transport, *path, *name;
		bool good;
	} cases[] = {
		{"oci", sub, NULL, false},        {"oci", sub, "good", true},
		{"oci", sub, "bad", false},       {"oci", link, "good", true},
		{"oci", link, NULL, false},       {"oci", dir, NULL, false},
		{"oci", "/", NULL, true},         {"oci", "/nonexistent", NULL, true},
		{"dir", sub, NULL, false},        {"dir", link, NULL, false},
		{"dir", dir, NULL, true},         {"docker-archive", sub, NULL, true},
		{"oci-archive", sub, NULL, true},
	};

	ck_assert_int_eq(mkdir(sub, 0700), 0);
	ck_assert_int_eq(symlink("sub", link), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_error struct error err = ERROR_INIT;
		int r = policy_check_path(p, cases[i].transport, cases[i].path,
					  cases[i].name, &err);
		ck_assert_msg((r == 0) == cases[i].good, "%zu", i);
	}
}
END_TEST

START_TEST(test_messages)
{
	cleanup_policy struct policy *p =
		parse("{\"default\":" REJECT
		      ",\"transports\":{\"docker\":{\"a.example\":" SIGNED "}}}");
	cleanup_reference struct reference a = {0}, b = {0};
	struct error err = ERROR_INIT;

	ck_assert_ok(reference_parse_complete("a.example/x:1", &a, &err), &err);
	ck_assert_ok(reference_parse_complete("b.example/x:1", &b, &err), &err);
	ck_assert_int_lt(policy_check_registry(p, &b, &err), 0);
	ck_assert_str_eq(err.hint, "/etc/p.json: default says so");
	ck_assert_message(&err, "b.example/x:1: the policy rejects it");
	ck_assert_int_lt(policy_check_registry(p, &a, &err), 0);
	ck_assert(str_starts(
		err.hint, "/etc/p.json: transports.docker[\"a.example\"] says so; if"));
	ck_assert_message(&err, "a.example/x:1: the policy demands signatures "
				"(signedBy), which are not supported");
}
END_TEST

START_TEST(test_wrong)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"[]", "/p: policy: expected an object"},
		{"{}", "/p: default: expected an array of one or more requirements"},
		{"{\"default\":[]}",
		 "/p: default: expected an array of one or more requirements"},
		{"{\"default\":" ACCEPT ",\"defaults\":[]}",
		 "/p: defaults: there is no such member"},
		{"{\"default\":[1]}", "/p: default[0]: expected an object with a type"},
		{"{\"default\":[{\"type\":\"accept\"}]}",
		 "/p: default[0]: unknown type \"accept\""},
		{"{\"default\":[{\"type\":\"reject\",\"x\":1}]}",
		 "/p: default[0]: there is more than the type"},
		{"{\"default\":" ACCEPT ",\"transports\":[]}",
		 "/p: transports: expected an object"},
		{"{\"default\":" ACCEPT ",\"transports\":{\"docker\":1}}",
		 "/p: transports[\"docker\"]: expected an object"},
		{"{\"default\":" ACCEPT ",\"transports\":{\"docker\":{\"a\":[]}}}",
		 "/p: transports[\"docker\"][\"a\"]: expected an array of one or more "
		 "requirements"},
		{"{\"default\":" ACCEPT ",\"default\":" REJECT "}",
		 "/p: line 1, column 48: the key \"default\" stands twice"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct policy *p = NULL;
		struct error err = ERROR_INIT;
		int r = policy_parse(cases[i].text, strlen(cases[i].text), "/p", &p,
				     &err);
		ck_assert_msg(r < 0, "%s", cases[i].text);
		ck_assert_ptr_null(p);
		ck_assert_int_eq(err.kind, ERR_INVALID);
		ck_assert_message(&err, cases[i].message);
	}
}
END_TEST

START_TEST(test_load)
{
	cleanup_policy struct policy *user = NULL, *named = NULL, *none = NULL;
	cleanup_free char *path = fs_join(unit_dir(), "containers/policy.json");
	struct error err = ERROR_INIT;

	setenv("XDG_CONFIG_HOME", unit_dir_path, 1);
	ck_assert_ok(policy_load(NULL, &none, &err), &err); /* this machine's, or none */
	cleanup_free char *parent = fs_join(unit_dir_path, "containers");
	ck_assert_int_eq(mkdir(parent, 0700), 0);
	ck_assert_ok(fs_write_atomic(AT_FDCWD, path, "{\"default\":" REJECT "}",
				     strlen("{\"default\":" REJECT "}"), 0600, 0, &err),
		     &err);
	ck_assert_ok(policy_load(NULL, &user, &err), &err);
	ck_assert_int_eq(ask(user, "debian"), ERR_DENIED);
	ck_assert_ok(policy_load(path, &named, &err), &err);
	ck_assert_int_eq(ask(named, "debian"), ERR_DENIED);
	struct policy *missing = NULL;
	ck_assert_int_lt(policy_load("/nonexistent/policy.json", &missing, &err), 0);
	ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
	error_release(&err);
}
END_TEST

UNIT_MAIN("policy", test_most_specific, test_defaults, test_paths, test_messages,
	  test_wrong, test_load)
