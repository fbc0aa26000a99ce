/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/image_change.h"
#include "unit.h"
#include "util/json.h"

static const struct {
	const char *changes[4];
	const char *want, *error;
} cases[] = {
	{{"CMD [\"a\", \"b c\"]"}, "{\"Cmd\":[\"a\",\"b c\"]}", NULL},
	{{"cmd echo hi"}, "{\"Cmd\":[\"/bin/sh\",\"-c\",\"echo hi\"]}", NULL},
	{{"CMD=/bin/bash"}, "{\"Cmd\":[\"/bin/sh\",\"-c\",\"/bin/bash\"]}", NULL},
	{{"ENTRYPOINT [\"x\"]", "ENTRYPOINT [\"y\"]"}, "{\"Entrypoint\":[\"y\"]}", NULL},
	{{"ENV A=b C=\"d e\"", "ENV A=f", "ENV G  h i"},
	 "{\"Env\":[\"A=f\",\"C=d e\",\"G=h i\"]}",
	 NULL},
	{{"ENV A=b\\ c D='e\\f'"}, "{\"Env\":[\"A=b c\",\"D=e\\\\f\"]}", NULL},
	{{"LABEL a=b \"c d\"=e"}, "{\"Labels\":{\"a\":\"b\",\"c d\":\"e\"}}", NULL},
	{{"EXPOSE 80 53/udp"}, "{\"ExposedPorts\":{\"80/tcp\":{},\"53/udp\":{}}}", NULL},
	{{"VOLUME /a /b", "VOLUME [\"/c d\"]"},
	 "{\"Volumes\":{\"/a\":{},\"/b\":{},\"/c d\":{}}}",
	 NULL},
	{{"WORKDIR /srv", "WORKDIR www"}, "{\"WorkingDir\":\"/srv/www\"}", NULL},
	{{"USER 1000:100", "STOPSIGNAL SIGINT"},
	 "{\"User\":\"1000:100\",\"StopSignal\":\"SIGINT\"}",
	 NULL},
	{{"ONBUILD RUN make"}, "{\"OnBuild\":[\"RUN make\"]}", NULL},
	{{"RUN make"}, NULL, "\"RUN make\": not an instruction"},
	{{""}, NULL, "not an instruction"},
	{{"CMD"}, NULL, "it says nothing"},
	{{"EXPOSE 70000"}, NULL, "expected PORT"},
	{{"EXPOSE 80/x"}, NULL, "expected PORT"},
	{{"EXPOSE 80/tcp/udp"}, NULL, "expected PORT"},
	{{"ENV \"A=b"}, NULL, "a quote is not closed"},
	{{"LABEL =a"}, NULL, "expected NAME=VALUE"},
	{{"LABEL a=b c"}, NULL, "expected NAME=VALUE"},
	{{"USER a b"}, NULL, "expected one word"},
};

START_TEST(test_changes)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_json struct json_object *config = json_object_new_object();
		cleanup_error struct error err = ERROR_INIT;
		cleanup_free char *text = NULL;
		int r = image_change_apply((char *const *)cases[i].changes, config, &err);

		if (cases[i].error) {
			ck_assert_int_lt(r, 0);
			ck_assert_msg(strstr(err.text, cases[i].error) != NULL, "%s",
				      err.text);
			continue;
		}
		ck_assert_ok(r, &err);
		text = json_text(config, false);
		ck_assert_str_eq(text, cases[i].want);
	}
}
END_TEST

UNIT_MAIN("image_change", test_changes)
