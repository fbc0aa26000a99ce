/* SPDX-License-Identifier: Apache-2.0 */
/* Which container we are in, and how to start it so that it can have others. */
#include "runtime/outer_container.h"
#include "unit.h"
#include "util/str.h"

START_TEST(test_remedy)
{
	static const struct {
		const char *containerenv;
		bool has_dockerenv;
		const char *want; /* part of it; NULL: none */
	} cases[] = {
		{NULL, false, NULL},
		{"engine=\"cubby-0.1.0\"\nname=\"x\"\nrootless=1\n", false,
		 "cubby run --nested"},
		{"engine=\"cubby-0.1.0\"\nname=\"x\"\nrootless=1\nnested=1\n", false,
		 NULL},
		/* only whole lines count */
		{"engine=\"cubby-0.1.0\"\nname=\"nested=1\"\n", false,
		 "cubby run --nested"},
		{"engine=\"podman-4.3.1\"\nname=\"engine=\\\"cubby-\"\n", false,
		 "podman run"},
		{"", false, "podman run"}, /* rootless podman of old */
		{NULL, true, "docker run"},
		{"engine=\"cubby-1\"\nnested=1\n", true, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *got = outer_container_remedy(cases[i].containerenv,
							 cases[i].has_dockerenv);

		if (!cases[i].want)
			ck_assert_msg(!got, "case %zu: %s", i, got);
		else
			ck_assert_msg(got && strstr(got, cases[i].want), "case %zu: %s",
				      i, got ? got : "NULL");
	}
}
END_TEST

UNIT_MAIN("outer_container", test_remedy)
