/* SPDX-License-Identifier: Apache-2.0 */
/* The label that says whether a container wants newer images. */
#include "unit.h"

#include "engine/auto_update.h"
#include "util/str.h"

START_TEST(policy)
{
	static const struct {
		const char *text;
		int policy; /* < 0: an error */
	} cases[] = {
		{NULL, AUTO_NONE},        {"", AUTO_NONE},
		{"disabled", AUTO_NONE},  {"registry", AUTO_REGISTRY},
		{"image", AUTO_REGISTRY}, {"local", AUTO_LOCAL},
		{"Registry", -1},         {"always", -1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_error struct error err = ERROR_INIT;
		enum auto_policy got = AUTO_NONE;
		int r = auto_policy_parse(cases[i].text, &got, &err);

		ck_assert_int_eq(r < 0, cases[i].policy < 0);
		if (r >= 0)
			ck_assert_int_eq(got, cases[i].policy);
	}
	ck_assert_str_eq(auto_policy_word(AUTO_REGISTRY), "registry");
	ck_assert_str_eq(auto_policy_word(AUTO_LOCAL), "local");
}
END_TEST

UNIT_MAIN("auto_update", policy)
