/* SPDX-License-Identifier: Apache-2.0 */
/* What a build's events look like: lines of podman's, JSON, and a terminal's picture. */
#include "cli/build_scene.h"
#include "cli/build_tail.h"
#include "cli/build_view_kind.h"
#include "unit.h"
#include "util/str.h"
#include "util/table.h"
#include "util/time.h"

#define ID  "sha256:3f2a1bc49d10aaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddd"
#define HEX (&ID[7])

/* of the first of n stages */
static struct build_event event(enum build_event_kind kind, size_t n, const char *text)
{
	return (struct build_event){
		.kind = kind,
		.n_stages = n,
		.step = 1,
		.n_steps = 3,
		.text = text,
		.size = text ? strlen(text) : 0,
		.total = -1,
		.at_usec = USEC_PER_SEC,
	};
}

struct told {
	const struct build_view_methods *methods;
	void *data;
	struct buf out;
};

static void begin(struct told *t, const struct build_view_methods *methods)
{
	t->methods = methods;
	t->data = methods->make(-1);
	buf_init(&t->out, 100000);
}

static void tell(struct told *t, const struct build_event *e)
{
	t->methods->event(t->data, e, &t->out);
}

static void tell_of(struct told *t, enum build_event_kind kind, size_t n,
		    const char *text)
{
	const struct build_event e = event(kind, n, text);

	tell(t, &e);
}

static void end(struct told *t, const char *want)
{
	if (t->methods->end)
		t->methods->end(t->data, true, &t->out);
	t->methods->drop(t->data);
	ck_assert_str_eq(t->out.data ? t->out.data : "", want);
	buf_release(&t->out);
}

START_TEST(test_plain)
{
	struct told t;
	struct build_event e;

	begin(&t, &build_view_plain);
	tell_of(&t, BUILD_EVENT_STEP, 1, "RUN echo \x1b[31m");
	tell_of(&t, BUILD_EVENT_OUTPUT, 1, "one\r\x1b[32mtwo");
	tell_of(&t, BUILD_EVENT_PROGRESS, 1, "copying");
	tell_of(&t, BUILD_EVENT_TICK, 0, NULL);
	e = event(BUILD_EVENT_DONE, 1, NULL);
	e.id = ID;
	tell(&t, &e);
	tell_of(&t, BUILD_EVENT_STEP, 1, "COPY a /");
	e.cached = true;
	tell(&t, &e);
	tell_of(&t, BUILD_EVENT_STEP, 1, "ENV a=b");
	tell_of(&t, BUILD_EVENT_DONE, 1, NULL);
	tell_of(&t, BUILD_EVENT_COMMIT, 1, "localhost/a:1");
	tell_of(&t, BUILD_EVENT_COMMIT, 1, "localhost/a:2");
	e = event(BUILD_EVENT_IMAGE, 1, NULL);
	e.id = HEX;
	tell(&t, &e);
	end(&t, "STEP 1/3: RUN echo \\x1b[31m\none\r\x1b[32mtwo\n--> 3f2a1bc49d10\n"
		"STEP 1/3: COPY a /\n--> Using cache "
		"3f2a1bc49d10aaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddd\n"
		"--> 3f2a1bc49d10\nSTEP 1/3: ENV a=b\n"
		"COMMIT localhost/a:1\nCOMMIT localhost/a:2\n--> 3f2a1bc49d10\n"
		"Successfully tagged localhost/a:1\nSuccessfully tagged localhost/a:2\n");
}
END_TEST

START_TEST(test_plain_stages)
{
	struct told t;
	struct build_event e;

	begin(&t, &build_view_plain);
	tell_of(&t, BUILD_EVENT_STEP, 2, "RUN make");
	tell_of(&t, BUILD_EVENT_OUTPUT, 2, "a");
	e = event(BUILD_EVENT_OUTPUT, 2, "other\n");
	e.stage = 1;
	tell(&t, &e);
	tell_of(&t, BUILD_EVENT_OUTPUT, 2, "b\n\nrest");
	tell_of(&t, BUILD_EVENT_FAILED, 2, "no");
	end(&t, "[1/2] STEP 1/3: RUN make\n[2/2] other\n[1/2] ab\n[1/2]\n[1/2] rest\n");
}
END_TEST

START_TEST(test_quiet)
{
	struct told t;

	begin(&t, &build_view_quiet);
	tell_of(&t, BUILD_EVENT_STEP, 1, "RUN one");
	tell_of(&t, BUILD_EVENT_OUTPUT, 1, "from one\n");
	tell_of(&t, BUILD_EVENT_DONE, 1, NULL);
	tell_of(&t, BUILD_EVENT_STEP, 1, "RUN two");
	tell_of(&t, BUILD_EVENT_OUTPUT, 1, "from two\n");
	tell_of(&t, BUILD_EVENT_FAILED, 1, "no");
	end(&t, "from two\n");
}
END_TEST

START_TEST(test_json)
{
	struct told t;
	struct build_event e = event(BUILD_EVENT_OUTPUT, 2, "a\n\xff");
	const char *rest;

	begin(&t, &build_view_json);
	e.stage_name = "base";
	e.stream = 2;
	tell(&t, &e);
	tell_of(&t, BUILD_EVENT_TICK, 0, NULL);
	ck_assert_ptr_nonnull(t.out.data);
	ck_assert(str_starts(t.out.data, "{\"event\":\"output\",\"time\":\""));
	rest = strstr(t.out.data, "Z\",");
	ck_assert_ptr_nonnull(rest);
	ck_assert_str_eq(
		rest + 3,
		"\"stage\":1,\"stages\":2,\"stageName\":\"base\",\"step\":1,\"steps\":3,"
		"\"stream\":2,\"text\":\"a\\n\\\\xff\"}\n");
	t.methods->drop(t.data);
	buf_release(&t.out);
}
END_TEST

static void check_tail(const char *bytes, size_t i, const char *want)
{
	cleanup_build_tail struct build_tail t = {0};
	cleanup_free char *line = NULL;

	/* in pieces, as a pipe may give it */
	for (const char *c = bytes; *c; c++)
		build_tail_add(&t, c, 1);
	line = build_tail_line(&t, i);
	if (want)
		ck_assert_str_eq(line ? line : "NULL", want);
	else
		ck_assert_ptr_null(line);
}

START_TEST(test_tail)
{
	cleanup_build_tail struct build_tail many = {0};
	cleanup_free char *oldest = NULL, *none = NULL;

	check_tail("", 0, NULL);
	check_tail("one\ntwo\nthree", 0, "three");
	check_tail("one\ntwo\nthree", 2, "one");
	check_tail("one\ntwo\nthree", 3, NULL);
	check_tail("one\r\ntwo\r\n", 1, "one");
	check_tail("10%\r20%\r100%", 0, "100%");
	check_tail("100%\r", 0, "100%");
	check_tail("\x1b[1;31mred\x1b[0m\x1b]0;title\x07 \x1b(Bplain", 0, "red plain");
	check_tail("\x1b]0;never ended\nnext", 0, "next");
	check_tail("a\tb", 0, "a       b");
	check_tail("bell\x07 \xff", 0, "bell\\x07 \\xff");
	for (int i = 0; i < 1000; i++)
		build_tail_add(&many, "x\n", 2);
	oldest = build_tail_line(&many, BUILD_TAIL_LINES - 1);
	none = build_tail_line(&many, BUILD_TAIL_LINES);
	ck_assert_str_eq(oldest, "x");
	ck_assert_ptr_null(none);
}
END_TEST

static const struct build_scene_style narrow = {.columns = 40, .rows = 10};

static void check_scene(const struct build_scene *s,
			const struct build_scene_style *style, int64_t now_usec,
			const char *want)
{
	cleanup_buf struct buf out = {0};
	size_t n, lines = 0;

	buf_init(&out, 100000);
	n = build_scene_render(s, now_usec, style, &out);
	for (const char *c = out.data; c && *c; c++)
		lines += *c == '\n';
	ck_assert_uint_eq(n, lines);
	ck_assert_uint_le(n, style->rows);
	ck_assert_str_eq(out.data ? out.data : "", want);
}

START_TEST(test_scene)
{
	cleanup_build_scene struct build_scene s = {0};
	cleanup_buf struct buf above = {0};
	struct build_event e =
		event(BUILD_EVENT_STEP, 1, "RUN one \\\n\t  two three four five");

	buf_init(&above, 10000);
	build_scene_event(&s, &e, &narrow, &above);
	check_scene(&s, &narrow, 3 * USEC_PER_SEC + 250000,
		    "- [1/3] RUN one \\ two three fou...  2.2s\n");
	e = event(BUILD_EVENT_OUTPUT, 1,
		  "first\nsecond line that is much too long for it\n");
	build_scene_event(&s, &e, &narrow, &above);
	check_scene(&s, &narrow, 3 * USEC_PER_SEC,
		    "| [1/3] RUN one \\ two three fou...  2.0s\n"
		    "  | first\n"
		    "  | second line that is much too long...\n");
	e = event(BUILD_EVENT_PROGRESS, 1, "copying");
	e.done = 1500000;
	e.total = 3000000;
	build_scene_event(&s, &e, &narrow, &above);
	check_scene(&s, &(struct build_scene_style){.columns = 40, .rows = 2},
		    3 * USEC_PER_SEC,
		    "| [1/3] RUN one \\ two three fou...  2.0s\n"
		    "    copying  1.5 MB / 3 MB\n");
	ck_assert_uint_eq(above.len, 0);
	e = event(BUILD_EVENT_DONE, 1, NULL);
	e.at_usec = 4 * USEC_PER_SEC;
	build_scene_event(&s, &e, &narrow, &above);
	ck_assert_str_eq(above.data, "+ [1/3] RUN one \\ two three fou...  3.0s\n");
	check_scene(&s, &narrow, 5 * USEC_PER_SEC, "");
}
END_TEST

START_TEST(test_scene_layers)
{
	cleanup_build_scene struct build_scene s = {0};
	cleanup_buf struct buf above = {0};
	const struct build_scene_style style = {.columns = 60, .rows = 10};
	struct build_event e = event(BUILD_EVENT_STEP, 1, "FROM debian");

	buf_init(&above, 10000);
	build_scene_event(&s, &e, &style, &above);
	e = event(BUILD_EVENT_PROGRESS, 1, "fetching");
	e.id = ID;
	e.done = 1500000;
	e.total = 3000000;
	build_scene_event(&s, &e, &style, &above);
	e.id = "sha256:aaaaaaaaaaaabbbb";
	e.text = "exists";
	build_scene_event(&s, &e, &style, &above);
	check_scene(&s, &style, USEC_PER_SEC,
		    "| [1/3] FROM debian                                     0.0s\n"
		    "    3f2a1bc49d10  fetching   1.5 MB / 3 MB\n"
		    "    aaaaaaaaaaaa  already there\n");
	e = event(BUILD_EVENT_DONE, 1, NULL);
	build_scene_event(&s, &e, &style, &above);
	check_scene(&s, &style, USEC_PER_SEC, "");
}
END_TEST

START_TEST(test_scene_failed)
{
	cleanup_build_scene struct build_scene s = {0};
	cleanup_buf struct buf above = {0};
	const struct build_scene_style style = {
		.columns = 40, .rows = 2, .utf8 = true, .colors = true};
	struct build_event e = event(BUILD_EVENT_STEP, 3, "RUN false");

	buf_init(&above, 10000);
	e.stage_name = "base";
	build_scene_event(&s, &e, &style, &above);
	e.stage = 1;
	e.stage_name = NULL;
	build_scene_event(&s, &e, &style, &above);
	e.stage = 2;
	build_scene_event(&s, &e, &style, &above);
	check_scene(&s, &(struct build_scene_style){.columns = 40, .rows = 2},
		    USEC_PER_SEC,
		    "| [base 1/3] RUN false              0.0s\n"
		    "| [#2 1/3] RUN false                0.0s\n");
	e = event(BUILD_EVENT_OUTPUT, 3, "why\n");
	build_scene_event(&s, &e, &style, &above);
	e = event(BUILD_EVENT_FAILED, 3, "exit status 1");
	build_scene_event(&s, &e, &style, &above);
	ck_assert_str_eq(above.data,
			 "\x1b[31m\u2717\x1b[0m [base 1/3] RUN false              "
			 "\x1b[2m0.0s\x1b[0m\n  \u2502 why\n");
}
END_TEST

START_TEST(test_scene_interrupted)
{
	cleanup_build_scene struct build_scene s = {0};
	cleanup_buf struct buf above = {0};
	struct build_event e = event(BUILD_EVENT_STEP, 1, "RUN sleep");

	buf_init(&above, 10000);
	build_scene_event(&s, &e, &narrow, &above);
	e = event(BUILD_EVENT_FAILED, 1, "interrupted");
	e.step = e.n_steps = 0;
	build_scene_event(&s, &e, &narrow, &above);
	ck_assert_str_eq(above.data,
			 "x [1/3] RUN sleep                   0.0s\nx interrupted\n");
	check_scene(&s, &narrow, USEC_PER_SEC, "");
}
END_TEST

START_TEST(test_scene_image)
{
	cleanup_build_scene struct build_scene s = {0};
	cleanup_buf struct buf above = {0};
	struct build_event e = event(BUILD_EVENT_COMMIT, 1, "localhost/app:1");

	buf_init(&above, 10000);
	build_scene_event(&s, &e, &narrow, &above);
	e = event(BUILD_EVENT_IMAGE, 1, NULL);
	e.id = ID;
	e.at_usec = 126 * USEC_PER_SEC;
	build_scene_event(&s, &e, &narrow, &above);
	ck_assert_str_eq(above.data, "+ 3f2a1bc49d10  localhost/app:1     2:05\n");
}
END_TEST

UNIT_MAIN("build_view", test_plain, test_plain_stages, test_quiet, test_json, test_tail,
	  test_scene, test_scene_layers, test_scene_failed, test_scene_interrupted,
	  test_scene_image)
