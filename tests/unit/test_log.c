/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"
#include "util/fd.h"
#include "util/json.h"
#include "util/log.h"

/* What was logged since the last call. */
static char *logged(int fd)
{
	struct buf b;
	buf_init(&b, 1 << 20);
	ck_assert_int_eq(fd_read_all(fd, &b), 0);
	return buf_take(&b);
}

static void start(enum log_level level, enum log_format format, int fds[2])
{
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	log_set(level, format, fds[1]);
}

START_TEST(test_off_by_default)
{
	ck_assert_int_eq(log_get_level(), LOG_LEVEL_OFF);
}
END_TEST

START_TEST(test_text)
{
	int fds[2];

	start(LOG_LEVEL_INFO, LOG_TEXT, fds);
	errno = EXDEV;
	log_debug("not this");
	log_info("mount %s \"x\"\n\x1b[0m caf\xc3\xa9 \xff", "/proc");
	log_error("again");
	ck_assert_int_eq(errno, EXDEV);
	close(fds[1]);
	cleanup_free char *text = logged(fds[0]);
	ck_assert(strncmp(text, "time=\"2", 7) == 0);
	char *rest = strstr(text, "Z\" ");
	ck_assert_ptr_nonnull(rest);
	char *end = strchr(rest, '\n');
	*end = '\0';
	ck_assert_str_eq(
		rest, "Z\" level=info msg=\"mount /proc \\\"x\\\"\\n\\x1b[0m caf\xc3\xa9 "
		      "\\xff\"");
	ck_assert_ptr_nonnull(strstr(end + 1, "level=error msg=\"again\"\n"));
}
END_TEST

START_TEST(test_json)
{
	int fds[2];
	struct error err = ERROR_INIT;
	cleanup_json struct json_object *o = NULL;

	start(LOG_LEVEL_WARN, LOG_JSON, fds);
	log_warn("a \"b\" \\ \n \x01 \xff end");
	close(fds[1]);
	cleanup_free char *text = logged(fds[0]);
	ck_assert_ok(json_parse(text, strlen(text), "log", &o, &err), &err);
	ck_assert_str_eq(json_object_get_string(json_get(o, "level")), "warning");
	ck_assert_str_eq(json_object_get_string(json_get(o, "msg")),
			 "a \"b\" \\ \n \x01 \xef\xbf\xbd end");
	ck_assert_ptr_nonnull(json_get(o, "time"));
}
END_TEST

START_TEST(test_dropped_errors_are_logged)
{
	int fds[2];
	struct error err = ERROR_INIT;

	start(LOG_LEVEL_DEBUG, LOG_TEXT, fds);
	error_set(&err, ERR_SYSTEM, ENOENT, "remove x");
	error_drop(&err, "it is gone anyway");
	ck_assert(!error_is_set(&err));
	error_drop(&err, "nothing there");
	close(fds[1]);
	cleanup_free char *text = logged(fds[0]);
	ck_assert_ptr_nonnull(strstr(
		text,
		"remove x: no such file or directory (ignored: it is gone anyway)"));
	ck_assert_ptr_null(strstr(text, "nothing there"));
}
END_TEST

START_TEST(test_levels)
{
	static const struct {
		const char *word;
		enum log_level want;
	} cases[] = {{"trace", LOG_LEVEL_TRACE},  {"debug", LOG_LEVEL_DEBUG},
		     {"INFO", LOG_LEVEL_INFO},    {"warn", LOG_LEVEL_WARN},
		     {"warning", LOG_LEVEL_WARN}, {"error", LOG_LEVEL_ERROR},
		     {"fatal", LOG_LEVEL_ERROR},  {"panic", LOG_LEVEL_ERROR}};
	enum log_level level = LOG_LEVEL_OFF;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		ck_assert_int_eq(log_level_parse(cases[i].word, &level), 0);
		ck_assert_int_eq(level, cases[i].want);
	}
	ck_assert_int_eq(log_level_parse("loud", &level), -EINVAL);
	ck_assert_int_eq(log_level_parse("", &level), -EINVAL);
}
END_TEST

UNIT_MAIN("log", test_off_by_default, test_text, test_json,
	  test_dropped_errors_are_logged, test_levels)
