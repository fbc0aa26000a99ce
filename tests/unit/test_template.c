/* SPDX-License-Identifier: Apache-2.0 */
/* --format, the part of it that there is. */
#include "cli/template.h"
#include "unit.h"
#include "util/json.h"

static const char document[] =
	"{\"Name\":\"web\",\"State\":{\"Pid\":12,\"Running\":true,\"Error\":null},"
	"\"Args\":[\"a\",\"b c\"],\"Labels\":{\"x\":\"1\",\"y\":\"2\"}}";

static const struct {
	const char *format, *want, *error;
} cases[] = {
	{"{{.Name}}", "web", NULL},
	{"{{ .State.Pid }} {{.State.Running}}", "12 true", NULL},
	{"{{json .Args}}", "[\"a\",\"b c\"]", NULL},
	{"{{.Args}}", "[a b c]", NULL},
	{"{{.Labels}}", "map[x:1 y:2]", NULL},
	{"a\\tb\\n{{.Name}}", "a\tb\nweb", NULL},
	{"{{.State.Error}}|", "|", NULL},
	{"no field", "no field", NULL},
	{"{{json .State}}", "{\"Pid\":12,\"Running\":true,\"Error\":null}", NULL},
	{"", "", NULL},
	{"{{.Nam}}", NULL, "there is no field \"Nam\""},
	{"{{.Name.Sub}}", NULL, "there is no field \"Sub\""},
	{"{{.Name", NULL, "a {{ has no }}"},
	{"{{range .Args}}x{{end}}", NULL, "{{range .Args}} is not supported yet"},
	{"{{len .Args}}", NULL, "not supported yet"},
	{"{{}}", NULL, "not supported yet"},
};

START_TEST(test_cases)
{
	cleanup_json struct json_object *o = NULL;
	struct error err = ERROR_INIT;

	ck_assert_ok(json_parse(document, strlen(document), "test", &o, &err), &err);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_buf struct buf out = {0};
		int r;

		buf_init(&out, 4096);
		r = template_render(cases[i].format, o, &out, &err);
		if (cases[i].error) {
			ck_assert_msg(r < 0, "%s was accepted", cases[i].format);
			ck_assert_msg(strstr(err.text, cases[i].error) != NULL, "%s",
				      err.text);
			error_release(&err);
			continue;
		}
		ck_assert_ok(r, &err);
		ck_assert_str_eq(out.data ? out.data : "", cases[i].want);
	}
}
END_TEST

START_TEST(test_headings)
{
	cleanup_free char *text =
		template_headings("{{.ID}}\\t{{.CreatedAt}}\t{{ .Names }}");

	ck_assert_str_eq(text, "ID\tCREATED AT\tNAMES");
}
END_TEST

UNIT_MAIN("template", test_cases, test_headings)
