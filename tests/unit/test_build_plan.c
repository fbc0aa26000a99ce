/* SPDX-License-Identifier: Apache-2.0 */
#include "build/plan.h"
#include "unit.h"
#include "util/buf.h"
#include "util/str.h"

static char *platforms[] = {(char *)"TARGETARCH=amd64", NULL};

struct plan_case {
	const char *file;
	const char *target, *from, *args[3], *contexts[2];
	bool all;
	const char *
		want; /* a word a stage: number, base or <number, needs; wanted ones with * */
	const char *error;
};

static const struct plan_case cases[] = {
	{.file = "FROM a\n", .want = "0:a:*"},
	{.file = "FROM a AS x\nFROM X\n", .want = "0:a:* 1:<0:0*"},
	{.file = "FROM a AS x\nFROM b\nCOPY --from=x / /\n", .want = "0:a:* 1:b:0*"},
	{.file = "FROM a AS x\nFROM b\nCOPY --from=X / /\n", .want = "0:a:* 1:b:0*"},
	{.file = "FROM a\nFROM b\nCOPY --from=0 / /\n", .want = "0:a:* 1:b:0*"},
	{.file = "FROM a\nFROM b\n", .want = "0:a: 1:b:*"},
	{.file = "FROM a\nFROM b\n", .all = true, .want = "0:a:* 1:b:*"},
	{.file = "FROM a AS x\nFROM b AS y\nFROM c\n",
	 .target = "Y",
	 .want = "0:a: 1:b:*"},
	{.file = "FROM a AS x\nFROM b\n", .target = "0", .want = "0:a:*"},
	{.file = "FROM a AS x\n", .target = "y", .error = "target \"y\" was not found"},
	{.file = "FROM a AS x\nFROM b AS y\nFROM x\nCOPY --from=y . .\nRUN --mount=type=bind,from=x,target=/x true\n",
	 .want = "0:a:* 1:b:* 2:<0:0,1*"},
	/* a later stage of the name replaces the earlier one for those below */
	{.file = "FROM a AS x\nFROM b AS x\nFROM x\n", .want = "0:a: 1:b:* 2:<1:1*"},
	/* what is no stage is an image */
	{.file = "FROM a\nCOPY --from=nginx / /\n", .want = "0:a:*"},
	{.file = "FROM nginx AS nginx\nCOPY --from=nginx / /\n", .want = "0:nginx:*"},
	{.file = "FROM y\nFROM b AS y\n", .want = "0:y: 1:b:*"},
	{.file = "FROM a\nFROM 0\n", .want = "0:a: 1:0:*"},
	{.file = "FROM a\nCOPY --from=0 / /\n",
	 .error = "stage 0 can't take files from itself"},
	{.file = "FROM a\nCOPY --from=y / /\nFROM b AS y\nCOPY --from=0 / /\n",
	 .error = "stage y begins only later, at line 3"},
	{.file = "FROM a\nCOPY --from=1 / /\nFROM b AS y\nCOPY --from=0 / /\n",
	 .error = "stage 1 begins only later"},
	{.file = "FROM a\nRUN --mount=type=bind,from=7 true\n", .error = "no stage 7"},
	/* ARG */
	{.file = "ARG V=12\nARG N=deb$V\nFROM $N\n", .want = "0:deb12:*"},
	{.file = "ARG V=12\nARG N=deb$V\nFROM $N\n",
	 .args = {"V=13"},
	 .want = "0:deb13:*"},
	{.file = "ARG N\nFROM ${N:-x}\n", .want = "0:x:*"},
	{.file = "ARG N\nFROM $N\n", .error = "$N is empty"},
	{.file = "FROM a-$TARGETARCH\n", .want = "0:a-amd64:*"},
	{.file = "ARG S=x\nFROM a AS x\nFROM b\nARG S\nCOPY --from=$S / /\n",
	 .want = "0:a:* 1:b:0*"},
	{.file = "FROM a AS x\nFROM b\nENV S=x\nCOPY --from=$S / /\n",
	 .want = "0:a:* 1:b:0*"},
	{.file = "FROM a AS x\nFROM b\nCOPY --from=$S / /\n",
	 .error = "from names nothing"},
	/* --from, --build-context */
	{.file = "FROM a AS x\nFROM x\n", .from = "z", .want = "0:z:* 1:<0:0*"},
	{.file = "FROM a AS x\nFROM b\nCOPY --from=x / /\n",
	 .contexts = {"x=/dir"},
	 .want = "0:a: 1:b:*"},
	{.file = "FROM a AS x\nFROM x\n",
	 .contexts = {"x=docker-image://q"},
	 .want = "0:a: 1:x:*"},
	/* ONBUILD of a stage counts for those who begin with it */
	{.file = "FROM a AS x\nFROM b AS y\nONBUILD COPY --from=x / /\nFROM y\n",
	 .want = "0:a:* 1:b:* 2:<1:0,1*"},
};

static char *show(const struct plan *p)
{
	struct buf b;

	buf_init(&b, 4096);
	for (size_t i = 0; i < p->n; i++) {
		const struct plan_stage *s = &p->stages[i];

		(void)!buf_printf(&b, "%s%zu:", i ? " " : "", i);
		if (s->base_stage != PLAN_NO_STAGE)
			(void)!buf_printf(&b, "<%zu:", s->base_stage);
		else
			(void)!buf_printf(&b, "%s:", s->base);
		for (size_t k = 0; k < s->n_needs; k++)
			(void)!buf_printf(&b, "%s%zu", k ? "," : "", s->needs[k]);
		(void)!buf_add_str(&b, s->wanted ? "*" : "");
	}
	return buf_take(&b);
}

START_TEST(test_plans)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct plan_case *c = &cases[i];
		cleanup_dockerfile struct dockerfile *d = NULL;
		cleanup_error struct error err = ERROR_INIT;
		cleanup_plan struct plan p = {0};
		const struct plan_options o = {
			.target = c->target,
			.from = c->from,
			.build_args = (char *const *)c->args,
			.platform_args = platforms,
			.contexts = (char *const *)c->contexts,
			.all_stages = c->all,
		};
		int r = dockerfile_parse(c->file, strlen(c->file), "Dockerfile", &d,
					 &err);

		ck_assert_ok(r, &err);
		r = plan_make(d, &o, &p, &err);
		if (c->error) {
			ck_assert_msg(r < 0, "%s", c->file);
			ck_assert_msg(strstr(err.text, c->error) != NULL, "%s", err.text);
			continue;
		}
		ck_assert_ok(r, &err);
		cleanup_free char *text = show(&p);
		ck_assert_str_eq(text, c->want);
	}
}
END_TEST

START_TEST(test_mount_from)
{
	static const char *const values[][2] = {
		{"type=bind,from=x,target=/y", "x"},
		{"from=x", "x"},
		{"type=cache,target=/from=x", NULL},
		{"", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		cleanup_free char *from = plan_mount_from(values[i][0]);

		ck_assert_pstr_eq(from, values[i][1]);
	}
}
END_TEST

UNIT_MAIN("build_plan", test_plans, test_mount_from)
