/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/oom.h"
#include "unit.h"

START_TEST(test_words)
{
	static const struct {
		struct cgroup_oom oom;
		int exit_code;
		const char *want; /* NULL: nothing to say */
	} cases[] = {
		{{.limit = 64 << 20}, 137, NULL},
		{{.at_limit = 3, .limit = 64 << 20}, 137, NULL},
		{{.kills = 1, .at_limit = 1, .limit = 64 << 20},
		 137,
		 "killed: out of memory (limit 64 MiB). Give it more: --memory 128m"},
		{{.kills = 2, .at_limit = 1, .limit = 3UL << 29},
		 1,
		 "a process of the container was killed: out of memory (limit 1536 MiB). Give "
		 "it more: --memory 3g"},
		{{.kills = 1, .at_limit = 1, .limit = 10000384},
		 137,
		 "killed: out of memory (limit 9766 KiB). Give it more: --memory 19532k"},
		{{.kills = 1, .at_limit = 1, .limit = CGROUP_NO_LIMIT},
		 137,
		 "killed: out of memory (limit of a cgroup inside of the container)"},
		{{.kills = 1, .inside = 1, .limit = 64 << 20},
		 1,
		 "a process of the container was killed: out of memory (limit of a cgroup "
		 "inside of the container)"},
		{{.kills = 1, .limit = 64 << 20},
		 137,
		 "killed: out of memory (not at a limit of its own: the host's memory, or "
		 "that of a group it is in, ran out)"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *words = oom_words(&cases[i].oom, cases[i].exit_code);

		if (cases[i].want)
			ck_assert_str_eq(words, cases[i].want);
		else
			ck_assert_ptr_null(words);
	}
}
END_TEST

UNIT_MAIN("oom", test_words)
