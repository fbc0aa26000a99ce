/* SPDX-License-Identifier: Apache-2.0 */
/* --secret, and its line in a record. */
#include "engine/secret_option.h"
#include "unit.h"
#include "util/str.h"

static const struct {
	const char *text, *name, *target, *error;
	bool is_env;
	uint32_t uid, gid, mode;
} secrets[] = {
	{"pw", "pw", "/run/secrets/pw", .mode = 0444},
	{"source=pw,target=x/../y", "pw", "/run/secrets/y", .mode = 0444},
	{"pw,target=../../etc/pw", "pw", "/etc/pw", .mode = 0444},
	{"pw,target=/a//b,uid=1,gid=2,mode=0400", "pw", "/a/b", NULL, false, 1, 2, 0400},
	{"pw,type=env", "pw", "pw", NULL, true, .mode = 0444},
	{"pw,type=env,target=PASS", "pw", "PASS", NULL, true, .mode = 0444},
	{"", .error = "no name"},
	{"pw,x=1", .error = "not a valid option"},
	{"pw,type=file", .error = "type file is invalid"},
	{"pw,mode=8", .error = "octal mode"},
	{"pw,mode=7777", .error = "octal mode"},
	{"pw,uid=4294967295", .error = "an id"},
	{"pw,uid", .error = "expected KEY=VALUE"},
	{"pw,type=env,mode=0400", .error = "cannot be set with secret type env"},
	{"pw,type=env,target=a=b", .error = "no name of a variable"},
	{"pw,target=/..", .error = "no such target"},
};

START_TEST(test_secrets)
{
	for (size_t i = 0; i < ARRAY_SIZE(secrets); i++) {
		cleanup_secret_uses struct secret_uses list = {0}, back = {0};
		cleanup_error struct error err = ERROR_INIT;
		int r = secret_use_parse(&list, secrets[i].text, &err);

		if (secrets[i].error) {
			ck_assert_msg(r < 0, "%s was accepted", secrets[i].text);
			ck_assert_msg(strstr(err.text, secrets[i].error) != NULL, "%s",
				      err.text);
			continue;
		}
		ck_assert_ok(r, &err);
		list.items[0].id = strdup("abc");
		cleanup_free char *line = secret_use_text(&list.items[0]);
		ck_assert(secret_use_read(&back, line));
		ck_assert_str_eq(back.items[0].name, secrets[i].name);
		ck_assert_str_eq(back.items[0].target, secrets[i].target);
		ck_assert_str_eq(back.items[0].id, "abc");
		ck_assert(back.items[0].is_env == secrets[i].is_env);
		ck_assert_uint_eq(back.items[0].uid, secrets[i].uid);
		ck_assert_uint_eq(back.items[0].gid, secrets[i].gid);
		ck_assert_uint_eq(back.items[0].mode, secrets[i].mode);
	}
}
END_TEST

START_TEST(test_one_target_once)
{
	cleanup_secret_uses struct secret_uses list = {0};
	cleanup_error struct error err = ERROR_INIT;

	ck_assert_ok(secret_use_parse(&list, "a", &err), &err);
	ck_assert_ok(secret_use_parse(&list, "a,type=env", &err), &err);
	ck_assert(secret_use_parse(&list, "b,target=a", &err) < 0);
	ck_assert(!secret_use_read(&list, "none of ours"));
}
END_TEST

UNIT_MAIN("secret_option", test_secrets, test_one_target_once)
