/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"
#include "util/table.h"

#define ROW(...)              \
	(const char *const[]) \
	{                     \
		__VA_ARGS__   \
	}

static void check_print(struct table *t, bool with_heading, const char *want)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	ck_assert_int_eq(table_print(t, out, with_heading), 0);
	fclose(out);
	ck_assert_str_eq(text, want);
	free(text);
}

START_TEST(test_fit)
{
	struct table *t = table_new(NULL, 3);
	const size_t least[] = {SIZE_MAX, 9, 9};

	table_add(t, ROW("ID", "IMAGE", "STATUS"));
	table_add(t, ROW("0123456789abcdef", "localhost/a/very/long/name:1",
			 "Exited (0) now"));
	table_add(t, ROW("x", "\u65e5\u672c\u8a9e\u65e5\u672c\u8a9e\u65e5\u672c\u8a9e",
			 "Up"));
	table_fit(t, 44, least);
	check_print(t, false,
		    "ID                IMAGE         STATUS\n"
		    "0123456789abcdef  localhost/a\u2026  Exited (0)\u2026\n"
		    "x                 \u65e5\u672c\u8a9e\u65e5\u672c\u2026   Up\n");
	table_fit(t, 10, least); /* as narrow as it gets */
	check_print(t, false,
		    "ID                IMAGE      STATUS\n"
		    "0123456789abcdef  localhos\u2026  Exited (\u2026\n"
		    "x                 \u65e5\u672c\u8a9e\u65e5\u2026  Up\n");
	table_free(t);
}
END_TEST

START_TEST(test_columns)
{
	struct table *t = table_new(ROW("NAME", "STATUS", "PORTS", NULL), 3);

	check_print(t, true, "NAME  STATUS  PORTS\n");
	table_add(t, ROW("web", "Up 5 seconds", "80/tcp"));
	table_add(t, ROW("a-long-name", "Exited", NULL));
	table_add(t, ROW("", NULL, "443/tcp"));
	table_add(t, ROW("x", "", ""));
	check_print(t, true,
		    "NAME         STATUS        PORTS\n"
		    "web          Up 5 seconds  80/tcp\n"
		    "a-long-name  Exited\n"
		    "                           443/tcp\n"
		    "x\n");
	check_print(t, false,
		    "web          Up 5 seconds  80/tcp\n"
		    "a-long-name  Exited\n"
		    "                           443/tcp\n"
		    "x\n");
	table_free(t);
	table_free(NULL);
}
END_TEST

START_TEST(test_no_headings)
{
	struct table *t = table_new(NULL, 2);

	for (int i = 0; i < 100; i++)
		table_add(t, ROW("a", "b"));
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	ck_assert_int_eq(table_print(t, out, true), 0);
	fclose(out);
	ck_assert_uint_eq(len, 500);
	free(text);
	table_free(t);
}
END_TEST

START_TEST(test_wide_and_hostile_cells)
{
	struct table *t = table_new(NULL, 2);

	table_add(t, ROW("\xe6\x97\xa5\xe6\x9c\xac", "1")); /* two wide characters */
	table_add(t, ROW("e\xcc\x81t\xc3\xa9", "2"));       /* a combining accent */
	table_add(t, ROW("\x1b[2J\n", "3"));                /* would clear the screen */
	table_add(t, ROW("\xff", "4"));                     /* no UTF-8 */
	table_add(t, ROW("\xc2\x9b", "5"));                 /* C1 control */
	check_print(t, false,
		    "\xe6\x97\xa5\xe6\x9c\xac       1\n"
		    "e\xcc\x81t\xc3\xa9        2\n"
		    "\\x1b[2J\\n  3\n"
		    "\\xff       4\n"
		    "\\x9b       5\n");
	table_free(t);
}
END_TEST

START_TEST(test_width)
{
	static const struct {
		const char *text;
		size_t want;
	} cases[] = {
		{"", 0},
		{"plain", 5},
		{"caf\xc3\xa9", 4},
		{"e\xcc\x81", 1},
		{"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 6},
		{"\xf0\x9f\x90\xb3", 2}, /* a whale */
		{"\xef\xbc\xa1", 2},     /* full-width A */
		{"\xef\xbd\xb1", 1},     /* half-width katakana */
		{"a\xe2\x80\x8b"
		 "b",
		 2},                                         /* zero width space */
		{"\xed\x95\x9c", 2},                         /* a Hangul syllable */
		{"\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", 2}, /* the same in its parts */
		{"\xc2\xad", 1},                             /* soft hyphen */
		{"\xe2\x94\x80", 1},                         /* box drawing */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ck_assert_msg(text_width(cases[i].text) == cases[i].want, "%s: %zu",
			      cases[i].text, text_width(cases[i].text));
}
END_TEST

START_TEST(test_write_error)
{
	struct table *t = table_new(ROW("NAME", NULL), 1);
	FILE *full = fopen("/dev/full", "we");

	ck_assert_ptr_nonnull(full);
	ck_assert_int_eq(table_print(t, full, true), -ENOSPC);
	fclose(full);
	table_free(t);
}
END_TEST

UNIT_MAIN("table", test_fit, test_columns, test_no_headings, test_wide_and_hostile_cells,
	  test_width, test_write_error)
