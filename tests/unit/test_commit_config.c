/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "engine/commit_config.h"
#include "unit.h"
#include "util/json.h"
#include "util/str.h"

START_TEST(test_merge)
{
	static const struct {
		const char *config, *more, *want; /* want NULL: an error */
	} cases[] = {
		{"{}", "{}", "{}"},
		{"{\"Env\":[\"A=1\",\"B=2\"]}", "{\"Env\":[\"B=3\",\"C=4\"]}",
		 "{\"Env\":[\"A=1\",\"B=3\",\"C=4\"]}"},
		{"{\"Labels\":{\"a\":\"1\"}}", "{\"Labels\":{\"b\":\"2\"}}",
		 "{\"Labels\":{\"a\":\"1\",\"b\":\"2\"}}"},
		{"{\"User\":\"x\",\"Cmd\":[\"a\"]}", "{\"User\":\"\",\"Cmd\":[\"b\"]}",
		 "{\"User\":\"x\",\"Cmd\":[\"b\"]}"},
		{"{\"User\":\"x\"}", "{\"User\":null}", "{\"User\":\"x\"}"},
		{"{}", "{\"ExposedPorts\":{\"1/tcp\":{}}}",
		 "{\"ExposedPorts\":{\"1/tcp\":{}}}"},
		{"{\"OnBuild\":[\"a\"]}", "{\"OnBuild\":[\"a\"]}",
		 "{\"OnBuild\":[\"a\",\"a\"]}"},
		{"{}", "[]", NULL},
		{"{}", "{\"Nothing\":1}", NULL},
		{"{}", "{\"Env\":{}}", NULL},
		{"{}", "{\"Env\":[1]}", NULL},
		{"{}", "{\"Labels\":[]}", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_json struct json_object *config = NULL, *more = NULL;
		cleanup_error struct error err = ERROR_INIT;
		cleanup_free char *text = NULL;
		int r;

		ck_assert_ok(json_parse(cases[i].config, strlen(cases[i].config), "a",
					&config, &err),
			     &err);
		ck_assert_ok(json_parse(cases[i].more, strlen(cases[i].more), "b", &more,
					&err),
			     &err);
		r = commit_config_merge(config, more, &err);
		if (!cases[i].want) {
			ck_assert_msg(r < 0, "%s", cases[i].more);
			ck_assert(str_starts(err.text, "--config"));
			continue;
		}
		ck_assert_ok(r, &err);
		text = json_text(config, false);
		ck_assert_str_eq(text, cases[i].want);
	}
}
END_TEST

UNIT_MAIN("commit_config", test_merge)
