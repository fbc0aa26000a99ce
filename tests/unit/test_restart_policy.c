/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/restart_policy.h"
#include "unit.h"
#include "util/cleanup.h"
#include "util/str.h"
#include "util/time.h"

static const struct {
	const char *typed, *text; /* text NULL: no policy; "": refused */
	enum restart_when when;
	int64_t max;
} words[] = {
	{"no", NULL, RESTART_NO, 0},
	{"never", NULL, RESTART_NO, 0},
	{"", NULL, RESTART_NO, 0},
	{"always", "always", RESTART_ALWAYS, 0},
	{"unless-stopped", "unless-stopped", RESTART_UNLESS_STOPPED, 0},
	{"on-failure", "on-failure", RESTART_ON_FAILURE, 0},
	{"on-failure:3", "on-failure:3", RESTART_ON_FAILURE, 3},
	{"on-failure:x", "", RESTART_NO, 0},
	{"on-failure:-1", "", RESTART_NO, 0},
	{"on-failure:99999999999999999999", "", RESTART_NO, 0},
	{"always:3", "", RESTART_NO, 0},
	{"sometimes", "", RESTART_NO, 0},
};

START_TEST(test_words)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		cleanup_error struct error err = ERROR_INIT;
		cleanup_free char *text = NULL;
		struct restart_policy p;
		int r = restart_policy_parse(words[i].typed, &p, &err);

		if (words[i].text && !*words[i].text) {
			ck_assert_msg(r < 0 && err.hint, "%s is taken", words[i].typed);
			continue;
		}
		ck_assert_msg(r == 0, "%s: %s", words[i].typed, err.text);
		text = restart_policy_text(&p);
		ck_assert_msg(p.when == words[i].when && p.max == words[i].max, "%s",
			      words[i].typed);
		ck_assert(words[i].text ? str_eq(text, words[i].text) : !text);
	}
}
END_TEST

START_TEST(test_applies)
{
	const struct restart_policy no = {0}, always = {RESTART_ALWAYS, 0},
				    three = {RESTART_ON_FAILURE, 3},
				    any = {RESTART_ON_FAILURE, 0};

	ck_assert(!restart_policy_applies(&no, 1, 0));
	ck_assert(restart_policy_applies(&always, 0, 1000));
	ck_assert(!restart_policy_applies(&three, 0, 0));
	ck_assert(restart_policy_applies(&three, 1, 2));
	ck_assert(!restart_policy_applies(&three, 1, 3));
	ck_assert(restart_policy_applies(&any, 137, 1000));
}
END_TEST

START_TEST(test_pause)
{
	int64_t pause = 0, sum = 0;

	for (int i = 0; i < 20; i++) {
		int64_t next = restart_policy_pause(pause, 0);

		ck_assert(next >= pause && next <= 60 * USEC_PER_SEC);
		pause = next;
		sum += next;
	}
	ck_assert_int_eq(pause, 60 * USEC_PER_SEC);
	ck_assert(sum > 0);
	ck_assert_int_eq(restart_policy_pause(pause, 20 * USEC_PER_SEC),
			 USEC_PER_SEC / 10);
}
END_TEST

UNIT_MAIN("restart_policy", test_words, test_applies, test_pause)
