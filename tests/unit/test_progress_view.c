/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/progress_view.h"
#include "unit.h"
#include "util/str.h"
#include "util/table.h"
#include "util/time.h"

#define A  "sha256:aaaaaaaaaaaabbbbbbbbbbbbccccccccccccdddddddddddd0000000000000000"
#define B  "sha256:bbbbbbbbbbbbaaaaaaaaaaaaccccccccccccdddddddddddd0000000000000000"
#define MB 1000000

static bool set(struct progress_view *v, const char *id, enum progress_state state,
		int64_t done, int64_t total)
{
	const struct progress_event e = {
		.id = id, .state = state, .done = done, .total = total};

	return progress_view_update(v, &e, 1, NULL);
}

static void check(const struct progress_view *v, size_t columns, size_t rows,
		  const char *want)
{
	cleanup_buf struct buf out = {0};
	size_t n, lines = 0;

	buf_init(&out, 100000);
	n = progress_view_render(v, columns, rows, &out);
	for (const char *c = out.data; c && *c; c++)
		lines += *c == '\n';
	ck_assert_uint_eq(n, lines);
	ck_assert_str_eq(out.data ? out.data : "", want);
}

START_TEST(test_states)
{
	cleanup_progress_view struct progress_view v = {0};
	const struct progress_event retry = {.id = A,
					     .state = PROGRESS_RETRY,
					     .total = -1,
					     .text = "connection \x1b[31mcut"};

	ck_assert(set(&v, A, PROGRESS_WAITING, 0, 78700000));
	check(&v, 79, 24, "aaaaaaaaaaaa  waiting    78.7 MB\n");
	ck_assert(set(&v, A, PROGRESS_FETCHING, 0, 78700000));
	ck_assert(!set(&v, A, PROGRESS_FETCHING, 39350000, 78700000));
	check(&v, 79, 24,
	      "aaaaaaaaaaaa  fetching   [=======>       ]  39.4 MB / 78.7 MB\n");
	ck_assert(progress_view_update(&v, &retry, 2, NULL));
	ck_assert(!progress_view_update(&v, &retry, 2, NULL));
	check(&v, 79, 24, "aaaaaaaaaaaa  trying again: connection \\x1b[31mcut\n");
	check(&v, 40, 24, "aaaaaaaaaaaa  trying again: connection \\\n");
	ck_assert(set(&v, A, PROGRESS_FETCHED, 78700000, 78700000));
	check(&v, 79, 24, "aaaaaaaaaaaa  fetched    78.7 MB\n");
	set(&v, B, PROGRESS_EXISTS, 0, -1);
	progress_view_finish(&v);
	check(&v, 79, 24,
	      "aaaaaaaaaaaa  done       78.7 MB\nbbbbbbbbbbbb  already there\n");
}
END_TEST

START_TEST(test_rate)
{
	cleanup_progress_view struct progress_view v = {0};
	struct progress_event e = {
		.id = A, .state = PROGRESS_FETCHING, .total = 100 * MB};

	for (int second = 1; second <= 10; second++) {
		e.done = (int64_t)second * 5 * MB;
		progress_view_update(&v, &e, second * USEC_PER_SEC, NULL);
	}
	check(&v, 90, 24,
	      "aaaaaaaaaaaa  fetching   [=============>            ]  50 MB / 100 MB     5 MB/s     0:11\n");
	/* anew, slower */
	e.done = 0;
	progress_view_update(&v, &e, 11 * USEC_PER_SEC, NULL);
	check(&v, 90, 24,
	      "aaaaaaaaaaaa  fetching   [>                         ]  0 B / 100 MB\n");
	e.total = -1;
	e.id = B;
	for (int second = 1; second < 3; second++) {
		e.done = second * MB;
		progress_view_update(&v, &e, second * USEC_PER_SEC, NULL);
	}
	check(&v, 90, 24,
	      "aaaaaaaaaaaa  fetching   [>                         ]  0 B / 100 MB\n"
	      "bbbbbbbbbbbb  fetching   2 MB               1 MB/s     -:--\n");
}
END_TEST

START_TEST(test_widths)
{
	cleanup_progress_view struct progress_view v = {0};
	struct progress_event e = {
		.id = A, .state = PROGRESS_FETCHING, .total = 999 * MB};

	for (int second = 1; second < 4; second++) {
		e.done = (int64_t)second * 123 * MB;
		progress_view_update(&v, &e, second * USEC_PER_SEC, NULL);
	}
	e.id = B;
	e.label =
		"\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97";
	progress_view_update(&v, &e, USEC_PER_SEC, NULL);
	for (size_t columns = 0; columns < 200; columns++) {
		cleanup_strv char **lines = NULL;
		cleanup_buf struct buf out = {0};

		buf_init(&out, 10000);
		ck_assert_uint_eq(progress_view_render(&v, columns, 9, &out), 2);
		lines = str_split(out.data, '\n');
		strv_foreach (line, lines)
			ck_assert_msg(text_width(*line) <= columns, "%zu: %s", columns,
				      *line);
	}
}
END_TEST

START_TEST(test_more_than_rows)
{
	cleanup_progress_view struct progress_view v = {0};

	for (int i = 0; i < 9; i++) {
		char id[80];

		snprintf(id, sizeof(id), "sha256:%012d", i);
		set(&v, id,
		    i < 4    ? PROGRESS_DONE
		    : i == 6 ? PROGRESS_UNPACKING
			     : PROGRESS_WAITING,
		    0, -1);
	}
	check(&v, 79, 3,
	      "000000000004  waiting\n"
	      "000000000006  unpacking\n"
	      "... and 4 done, 3 waiting\n");
	check(&v, 79, 1, "... and 4 done, 5 waiting\n");
	check(&v, 79, 0, "");
	check(&v, 79, 8,
	      "000000000000  done\n"
	      "000000000001  done\n"
	      "000000000004  waiting\n"
	      "000000000005  waiting\n"
	      "000000000006  unpacking\n"
	      "000000000007  waiting\n"
	      "000000000008  waiting\n"
	      "... and 2 done\n");
}
END_TEST

START_TEST(test_words)
{
	ck_assert_int_eq(progress_state_of("fetching"), PROGRESS_FETCHING);
	ck_assert_int_eq(progress_state_of("unpacked"), PROGRESS_DONE);
	ck_assert_int_eq(progress_state_of("done"), PROGRESS_FETCHED);
	ck_assert_int_eq(progress_state_of("nonsense"), PROGRESS_WAITING);
}
END_TEST

UNIT_MAIN("progress_view", test_states, test_rate, test_widths, test_more_than_rows,
	  test_words)
