/* SPDX-License-Identifier: Apache-2.0 */
/* The records, as two commands at once and a killed one see them. */
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "store/container_record.h"
#include "store/exit_record.h"
#include "store/store.h"
#include "unit.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define ID_A "aa00000000000000000000000000000000000000000000000000000000000000"
#define ID_B "ab00000000000000000000000000000000000000000000000000000000000000"
#define ID_C "c000000000000000000000000000000000000000000000000000000000000000"

static struct store *open_store(const char *dir)
{
	struct error err = ERROR_INIT;
	struct store *s = NULL;

	ck_assert_ok(store_open(dir, &s, &err), &err);
	return s;
}

static int insert(struct store *s, const char *id, const char *name, int64_t created,
		  struct error *err)
{
	const struct container_record r = {
		.id = (char *)id,
		.name = (char *)name,
		.created_usec = created,
		.auto_remove = created == 2,
		.config = (char *)"{\"a\":1}",
	};

	return container_record_insert(s, &r, NULL, err);
}

START_TEST(test_a_record_comes_back_as_it_was)
{
	cleanup_store struct store *s = open_store(unit_dir());
	cleanup_container_record struct container_record r = {0};
	struct error err = ERROR_INIT;

	ck_assert_ok(insert(s, ID_A, "web", 2, &err), &err);
	ck_assert_ok(container_record_get(s, ID_A, &r, &err), &err);
	ck_assert_str_eq(r.id, ID_A);
	ck_assert_str_eq(r.name, "web");
	ck_assert_str_eq(r.config, "{\"a\":1}");
	ck_assert(r.auto_remove && !r.ended);
	ck_assert_int_eq(r.created_usec, 2);
	ck_assert_ptr_null(r.failure);
}
END_TEST

START_TEST(test_a_name_is_given_once)
{
	cleanup_store struct store *s = open_store(unit_dir());
	struct error err = ERROR_INIT;

	ck_assert_ok(insert(s, ID_A, "web", 1, &err), &err);
	ck_assert_int_lt(insert(s, ID_B, "web", 2, &err), 0);
	ck_assert_int_eq(err.kind, ERR_CONFLICT);
	ck_assert_message(
		&err,
		"the container name \"web\" is already in use by " ID_A
		". You have to remove that container to be able to reuse that name: "
		"that name is already in use");
	ck_assert_ok(container_record_delete(s, ID_A, &err), &err);
	ck_assert_ok(insert(s, ID_B, "web", 2, &err), &err);
}
END_TEST

START_TEST(test_find)
{
	static const struct {
		const char *typed, *want; /* want: id; "": none; NULL: several */
	} cases[] = {
		{"web", ID_A}, {ID_B, ID_B}, {"ab", ID_B},      {"c", ID_C},
		{"a", NULL},   {"", ""},     {"nosuch", ""},    {"d", ""},
		{"db", ""},    {"cc", ID_C}, {"WEB", ""},       {"c0000", ID_C},
		{"%", ""},     {"_eb", ""},  {"aa0' OR 1", ""},
	};
	cleanup_store struct store *s = open_store(unit_dir());
	struct error err = ERROR_INIT;

	ck_assert_ok(insert(s, ID_A, "web", 1, &err), &err);
	ck_assert_ok(insert(s, ID_B, "db2", 2, &err), &err);
	ck_assert_ok(insert(s, ID_C, "cc", 3, &err), &err);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_container_record struct container_record r = {0};
		int k;

		k = container_record_find(s, cases[i].typed, &r, &err);
		if (cases[i].want && cases[i].want[0]) {
			ck_assert_ok(k, &err);
			ck_assert_str_eq(r.id, cases[i].want);
			continue;
		}
		ck_assert_int_lt(k, 0);
		ck_assert_int_eq(err.kind, cases[i].want ? ERR_NOT_FOUND : ERR_CONFLICT);
		error_release(&err);
	}
}
END_TEST

START_TEST(test_an_end_is_written_once)
{
	cleanup_store struct store *s = open_store(unit_dir());
	cleanup_container_record struct container_record r = {0};
	struct container_record end = {.id = (char *)ID_A,
				       .started_usec = 5,
				       .finished_usec = 9,
				       .exit_code = 3,
				       .oom_killed = true,
				       .memory_peak = 1UL << 40};
	struct error err = ERROR_INIT;

	ck_assert_ok(insert(s, ID_A, "web", 1, &err), &err);
	ck_assert_ok(container_record_end(s, &end, &err), &err);
	end.exit_code = 137;
	end.oom_killed = false;
	end.failure = (char *)"too late";
	ck_assert_ok(container_record_end(s, &end, &err), &err);
	ck_assert_ok(container_record_get(s, ID_A, &r, &err), &err);
	ck_assert(r.ended);
	ck_assert_int_eq(r.exit_code, 3);
	ck_assert_int_eq(r.started_usec, 5);
	ck_assert_int_eq(r.finished_usec, 9);
	ck_assert_ptr_null(r.failure);
	ck_assert(r.oom_killed);
	ck_assert_uint_eq(r.memory_peak, 1UL << 40);
}
END_TEST

START_TEST(test_list_is_oldest_first)
{
	cleanup_store struct store *s = open_store(unit_dir());
	cleanup_container_records struct container_records list = {0};
	struct error err = ERROR_INIT;

	ck_assert_ok(insert(s, ID_A, "young", 30, &err), &err);
	ck_assert_ok(insert(s, ID_B, "old", 10, &err), &err);
	ck_assert_ok(insert(s, ID_C, "middle", 20, &err), &err);
	ck_assert_ok(container_record_list(s, &list, &err), &err);
	ck_assert_uint_eq(list.n, 3);
	ck_assert_str_eq(list.items[0].name, "old");
	ck_assert_str_eq(list.items[1].name, "middle");
	ck_assert_str_eq(list.items[2].name, "young");
}
END_TEST

static void insert_many(const char *dir, char digit)
{
	cleanup_store struct store *s = open_store(dir);

	for (int i = 0; i < 50; i++) {
		cleanup_free char *id = xasprintf("%c%063d", digit, i);
		cleanup_free char *own = xasprintf("own-%c-%d", digit, i);
		cleanup_free char *shared = xasprintf("%c%063d", digit, i + 1000);
		cleanup_free char *contested = xasprintf("contested-%d", i);
		cleanup_error struct error err = ERROR_INIT;

		if (insert(s, id, own, 1, &err) < 0)
			_exit(1);
		if (insert(s, shared, contested, 1, &err) < 0 && err.kind != ERR_CONFLICT)
			_exit(2);
	}
}

START_TEST(test_two_processes_at_once)
{
	const char *dir = unit_dir();
	cleanup_container_records struct container_records list = {0};
	struct error err = ERROR_INIT;
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		insert_many(dir, 'a');
		_exit(0);
	}
	insert_many(dir, 'b');
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	cleanup_store struct store *s = open_store(dir);
	ck_assert_ok(container_record_list(s, &list, &err), &err);
	/* 50 of each one's own, and each contested name exactly once */
	ck_assert_uint_eq(list.n, 150);
}
END_TEST

START_TEST(test_a_killed_writer_leaves_whole_records)
{
	const char *dir = unit_dir();
	cleanup_container_records struct container_records list = {0};
	struct error err = ERROR_INIT;
	int status;

	store_close(open_store(dir));
	for (int round = 0; round < 10; round++) {
		pid_t pid = fork();

		ck_assert_int_ge(pid, 0);
		if (pid == 0) {
			struct store *s = open_store(dir);

			for (int i = 0;; i++) {
				char *id = xasprintf("%x%063d", round, i);
				char *name = xasprintf("n-%d-%d", round, i);

				(void)!insert(s, id, name, 1, &err);
			}
		}
		usleep(5000);
		kill(pid, SIGKILL);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	}
	cleanup_store struct store *s = open_store(dir);
	ck_assert_ok(container_record_list(s, &list, &err), &err);
	for (size_t i = 0; i < list.n; i++) {
		ck_assert_uint_eq(strlen(list.items[i].id), CONTAINER_ID_LEN);
		ck_assert_str_eq(list.items[i].config, "{\"a\":1}");
	}
}
END_TEST

START_TEST(test_what_is_no_database)
{
	const char *dir = unit_dir();
	cleanup_free char *path = fs_join(dir, STORE_FILE);
	struct error err = ERROR_INIT;
	struct store *s = NULL;
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	for (int i = 0; i < 1000; i++)
		fputs("no database at all ", f);
	fclose(f);
	ck_assert_int_lt(store_open(dir, &s, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "file is not a database"));
	ck_assert_ptr_nonnull(strstr(err.hint, "mv "));
	error_release(&err);
}
END_TEST

START_TEST(test_exit_statuses_for_waiters)
{
	cleanup_store struct store *s = open_store(unit_dir());
	struct error err = ERROR_INIT;
	int code;

	ck_assert_ok(exit_record_insert(s, ID_A, 7, 1000, &err), &err);
	ck_assert_ok(exit_record_get(s, ID_A, &code, &err), &err);
	ck_assert_int_eq(code, 7);
	ck_assert_ok(exit_record_insert(s, ID_B, 8, 1001 + EXIT_RECORD_KEEP_USEC, &err),
		     &err);
	ck_assert_int_lt(exit_record_get(s, ID_A, &code, &err), 0);
	ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
	error_release(&err);
	ck_assert_ok(exit_record_get(s, ID_B, &code, &err), &err);
}
END_TEST

/* Each command that only makes one record opens the store, writes once, and closes it. */
START_TEST(test_the_log_stays_short)
{
	const char *dir = unit_dir();
	cleanup_free char *log = fs_join(dir, "cubby.db-wal");
	off_t largest = 0;

	for (int i = 0; i < 400; i++) {
		cleanup_store struct store *s = open_store(dir);
		cleanup_free char *id = xasprintf("%064d", i);
		cleanup_free char *name = xasprintf("c%d", i);
		struct error err = ERROR_INIT;
		struct stat st = {0};

		ck_assert_ok(insert(s, id, name, i, &err), &err);
		if (stat(log, &st) == 0 && st.st_size > largest)
			largest = st.st_size;
	}
	ck_assert_int_gt(largest, 0);
	ck_assert_int_le(largest, 256 * 4096);
}
END_TEST

UNIT_MAIN("store", test_a_record_comes_back_as_it_was, test_a_name_is_given_once,
	  test_find, test_an_end_is_written_once, test_list_is_oldest_first,
	  test_two_processes_at_once, test_a_killed_writer_leaves_whole_records,
	  test_what_is_no_database, test_exit_statuses_for_waiters,
	  test_the_log_stays_short)
