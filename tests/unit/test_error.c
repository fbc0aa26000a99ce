/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"
#include "util/error.h"

START_TEST(test_sentence)
{
	struct error err = ERROR_INIT;

	ck_assert(!error_is_set(&err));
	ck_assert_int_eq(error_set(&err, ERR_DENIED, EACCES, "mount %s", "/proc"),
			 -EACCES);
	ck_assert_int_eq(error_wrap(&err, "start container %s", "web"), -EACCES);
	ck_assert_int_eq(error_hint(&err, "run as %s", "root"), -EACCES);
	ck_assert(error_is_set(&err));
	ck_assert_int_eq(err.kind, ERR_DENIED);
	ck_assert_str_eq(err.hint, "run as root");
	ck_assert_message(&err, "start container web: mount /proc: permission denied");
	ck_assert(!error_is_set(&err));
	ck_assert_ptr_null(err.hint);
}
END_TEST

START_TEST(test_without_errno)
{
	struct error err = ERROR_INIT;

	ck_assert_int_eq(error_set(&err, ERR_INVALID, 0, "no such option --frob"),
			 -EINVAL);
	ck_assert_int_eq(error_wrap(&err, "run"), -EINVAL);
	ck_assert_message(&err, "run: no such option --frob");
}
END_TEST

START_TEST(test_set_replaces_and_may_quote_the_old_text)
{
	struct error err = ERROR_INIT;

	error_set(&err, ERR_SYSTEM, EIO, "first");
	error_hint(&err, "old hint");
	error_set(&err, ERR_CONFLICT, EBUSY, "second after %s", err.text);
	ck_assert_ptr_null(err.hint);
	ck_assert_int_eq(err.kind, ERR_CONFLICT);
	ck_assert_message(&err, "second after first: device or resource busy");
}
END_TEST

START_TEST(test_errno_words)
{
	static const struct {
		int code;
		const char *want;
	} cases[] = {
		{ENOENT, "no such file or directory"},
		{EIO, "input/output error"},
		{ELOOP, "too many levels of symbolic links"},
		{EDOTDOT, "RFS specific error"},
		{E2BIG, "argument list too long"},
		{524, "operation not supported"},
		{0, "success"},
		{-3, "unknown error"},
		{4711, "unknown error"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ck_assert_str_eq(error_errno_text(cases[i].code), cases[i].want);
	for (int code = 1; code < 134; code++) {
		const char *text = error_errno_text(code);
		ck_assert(strerrorname_np(code) == NULL ||
			  strcmp(text, "unknown error") != 0);
		ck_assert_int_ne(text[strlen(text) - 1], '.');
	}
}
END_TEST

START_TEST(test_unknown_errno_shows_its_number)
{
	struct error err = ERROR_INIT;

	error_set(&err, ERR_SYSTEM, 4711, "mount /x");
	ck_assert_message(&err, "mount /x: unknown error 4711");
}
END_TEST

START_TEST(test_move)
{
	struct error from = ERROR_INIT, to = ERROR_INIT;

	error_set(&to, ERR_SYSTEM, EIO, "old");
	error_set(&from, ERR_NOT_FOUND, ENOENT, "open x");
	ck_assert_int_eq(error_move(&to, &from), -ENOENT);
	ck_assert(!error_is_set(&from));
	ck_assert_int_eq(error_move(&to, &to), -ENOENT);
	ck_assert_message(&to, "open x: no such file or directory");
}
END_TEST

START_TEST(test_exit_status)
{
	ck_assert_int_eq(error_exit_status(&(struct error){.kind = ERR_SYSTEM}), 125);
	ck_assert_int_eq(error_exit_status(&(struct error){.kind = ERR_NOT_FOUND}), 125);
	ck_assert_int_eq(error_exit_status(&(struct error){.kind = ERR_NOT_EXECUTABLE}),
			 126);
	ck_assert_int_eq(error_exit_status(&(struct error){.kind = ERR_NO_PROGRAM}), 127);
}
END_TEST

START_TEST(test_pack_round_trip)
{
	struct error err = ERROR_INIT, back = ERROR_INIT;
	char buf[ERROR_PACK_MAX];

	error_set(&err, ERR_NO_PROGRAM, ENOENT, "exec /bin/frob");
	error_hint(&err, "is it in the image?");
	size_t len = error_pack(&err, buf);
	ck_assert_int_eq(error_unpack(&back, buf, len), 0);
	ck_assert_int_eq(back.kind, ERR_NO_PROGRAM);
	ck_assert_int_eq(back.code, ENOENT);
	ck_assert_str_eq(back.hint, "is it in the image?");
	ck_assert_message(&back, "exec /bin/frob: no such file or directory");

	error_set(&err, ERR_SYSTEM, 0, "no hint");
	len = error_pack(&err, buf);
	ck_assert_int_eq(error_unpack(&back, buf, len), 0);
	ck_assert_ptr_null(back.hint);
	error_release(&back);
	error_release(&err);
}
END_TEST

START_TEST(test_pack_cuts_long_texts_between_characters)
{
	struct error err = ERROR_INIT, back = ERROR_INIT;
	char buf[ERROR_PACK_MAX], text[2 * ERROR_PACK_TEXT + 2];

	/* The byte at the limit is the second of a two-byte character. */
	text[0] = 'x';
	for (size_t i = 1; i + 1 < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xa9", 2);
	text[sizeof(text) - 1] = '\0';
	error_set(&err, ERR_SYSTEM, EIO, "%s", text);
	error_hint(&err, "%s", text);
	size_t len = error_pack(&err, buf);
	ck_assert_uint_le(len, ERROR_PACK_MAX);
	ck_assert_int_eq(error_unpack(&back, buf, len), 0);
	ck_assert_uint_eq(strlen(back.text), ERROR_PACK_TEXT - 1);
	error_release(&back);
	error_release(&err);
}
END_TEST

START_TEST(test_unpack_refuses_malformed_records)
{
	struct error err = ERROR_INIT, back = ERROR_INIT;
	char good[ERROR_PACK_MAX], bad[ERROR_PACK_MAX];

	error_set(&err, ERR_SYSTEM, EIO, "text");
	error_hint(&err, "hint");
	size_t len = error_pack(&err, good);
	error_release(&err);

	for (size_t cut = 0; cut < len; cut++)
		ck_assert_int_eq(error_unpack(&back, good, cut), -EBADMSG);
	ck_assert(error_is_set(&back));
	memcpy(bad, good, len);
	bad[len] = '\0'; /* something after the end */
	ck_assert_int_eq(error_unpack(&back, bad, len + 1), -EBADMSG);
	bad[len - 1] = 'x'; /* no NUL at the end */
	ck_assert_int_eq(error_unpack(&back, bad, len), -EBADMSG);

	static const int numbers[][2] = {
		{ERR_NONE, 5}, {99, 5}, {-1, 5}, {ERR_SYSTEM, -5}};
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		memcpy(bad, good, len);
		memcpy(bad, numbers[i], sizeof(numbers[i]));
		ck_assert_int_eq(error_unpack(&back, bad, len), -EBADMSG);
	}
	error_release(&back);
}
END_TEST

UNIT_MAIN("error", test_sentence, test_without_errno,
	  test_set_replaces_and_may_quote_the_old_text, test_errno_words,
	  test_unknown_errno_shows_its_number, test_move, test_exit_status,
	  test_pack_round_trip, test_pack_cuts_long_texts_between_characters,
	  test_unpack_refuses_malformed_records)
