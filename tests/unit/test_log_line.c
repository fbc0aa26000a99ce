/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/log_line.h"
#include "engine/log_option.h"
#include "unit.h"
#include "util/error.h"
#include "util/str.h"

/* text NULL: no record */
static const struct {
	enum log_driver driver;
	const char *line, *text, *time;
	bool is_error, ends;
} lines[] = {
	{LOG_DRIVER_JSON_FILE,
	 "{\"log\":\"a\\n\",\"stream\":\"stdout\",\"time\":\"2026-01-02T03:04:05.000000006Z\"}",
	 "a\n", "2026-01-02T03:04:05.000000006Z", false, true},
	{LOG_DRIVER_JSON_FILE,
	 "{\"log\":\"a\",\"stream\":\"stderr\",\"time\":\"2026-01-02T03:04:05Z\"}", "a",
	 "2026-01-02T03:04:05Z", true, false},
	{LOG_DRIVER_JSON_FILE, "{\"log\":\"a\\n\",\"stream\":\"stdout\",\"time\":\"x\"}",
	 NULL, NULL, false, true},
	{LOG_DRIVER_JSON_FILE,
	 "{\"log\":1,\"stream\":\"stdout\",\"time\":\"2026-01-02T03:04:05Z\"}", NULL,
	 NULL, false, false},
	{LOG_DRIVER_JSON_FILE, "[]", NULL, NULL, false, false},
	{LOG_DRIVER_JSON_FILE, "", NULL, NULL, false, false},
	{LOG_DRIVER_JSON_FILE, "{\"log\":\"a", NULL, NULL, false, false},
	{LOG_DRIVER_K8S_FILE, "2026-01-02T03:04:05.000000006Z stdout F a b ", "a b \n",
	 "2026-01-02T03:04:05.000000006Z", false, true},
	{LOG_DRIVER_K8S_FILE, "2026-01-02T03:04:05+01:00 stderr P a", "a",
	 "2026-01-02T03:04:05+01:00", true, false},
	{LOG_DRIVER_K8S_FILE, "2026-01-02T03:04:05Z stdout F ", "\n",
	 "2026-01-02T03:04:05Z", false, true},
	{LOG_DRIVER_K8S_FILE, "2026-01-02T03:04:05Z stdout F:x a", "a\n",
	 "2026-01-02T03:04:05Z", false, true},
	{LOG_DRIVER_K8S_FILE, "2026-01-02T03:04:05Z stdout F", NULL, NULL, false, false},
	{LOG_DRIVER_K8S_FILE, "2026-01-02T03:04:05Z stdout X a", NULL, NULL, false,
	 false},
	{LOG_DRIVER_K8S_FILE, "x stdout F a", NULL, NULL, false, true},
	{LOG_DRIVER_K8S_FILE, "  F a", NULL, NULL, false, true},
	{LOG_DRIVER_K8S_FILE, "", NULL, NULL, false, false},
	{LOG_DRIVER_JOURNALD,
	 "{\"MESSAGE\":\"a\",\"PRIORITY\":\"6\",\"__REALTIME_TIMESTAMP\":\"1000000\"}",
	 "a\n", "1970-01-01T00:00:01.000000Z", false, false},
	{LOG_DRIVER_JOURNALD,
	 "{\"MESSAGE\":[97,255],\"PRIORITY\":\"3\",\"__REALTIME_TIMESTAMP\":\"1\","
	 "\"CONTAINER_PARTIAL_MESSAGE\":\"true\"}",
	 "a\xff", "1970-01-01T00:00:00.000001Z", true, false},
	{LOG_DRIVER_JOURNALD, "{\"MESSAGE\":null,\"__REALTIME_TIMESTAMP\":\"1\"}", NULL,
	 NULL, false, false},
	{LOG_DRIVER_JOURNALD, "{\"MESSAGE\":\"a\"}", NULL, NULL, false, false},
};

START_TEST(test_lines)
{
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		cleanup_log_line struct log_line keep = {0};
		/* as in the file: an end of line follows, and nothing that is ours */
		cleanup_free char *line = NULL;
		size_t len = strlen(lines[i].line);
		struct log_record r;
		int k;

		ck_assert_int_ge(asprintf(&line, "%s\n", lines[i].line), 0);
		k = log_line_parse(lines[i].driver, line, len, &keep, &r);
		ck_assert_msg(k == (lines[i].text ? 0 : -EBADMSG), "line %zu: %d", i, k);
		if (lines[i].driver != LOG_DRIVER_JOURNALD)
			ck_assert_msg(log_line_ends(lines[i].driver, line, len) ==
					      lines[i].ends,
				      "line %zu", i);
		if (k < 0)
			continue;
		ck_assert_uint_eq(r.len, strlen(lines[i].text));
		ck_assert_mem_eq(r.text, lines[i].text, r.len);
		ck_assert_str_eq(r.time, lines[i].time);
		ck_assert_int_eq(r.is_error, lines[i].is_error);
	}
}
END_TEST

static char *words(const char *text)
{
	return (char *)text;
}

/* wrong: a piece of the message; NULL: it is right */
static const struct {
	enum log_driver driver;
	const char *option, *wrong;
} options[] = {
	{LOG_DRIVER_JSON_FILE, "max-size=10m", NULL},
	{LOG_DRIVER_JSON_FILE, "max-size=", "expected a size"},
	{LOG_DRIVER_JSON_FILE, "max-size", "no such option"},
	{LOG_DRIVER_JSON_FILE, "max-sizes=1", "no such option"},
	{LOG_DRIVER_K8S_FILE, "max-file=5", NULL},
	{LOG_DRIVER_K8S_FILE, "max-file=0", "from 1 to 1000"},
	{LOG_DRIVER_K8S_FILE, "path=/tmp/x.log", NULL},
	{LOG_DRIVER_K8S_FILE, "path=", "the path of a file"},
	{LOG_DRIVER_K8S_FILE, "path=/", "the path of a file"},
	{LOG_DRIVER_K8S_FILE, "path=/a/..", "the path of a file"},
	{LOG_DRIVER_JOURNALD, "max-size=1m", NULL},
	{LOG_DRIVER_JOURNALD, "path=/tmp/x", "no meaning with --log-driver journald"},
	{LOG_DRIVER_JOURNALD, "tag={{.Name}}-{{ .ID }}", NULL},
	{LOG_DRIVER_JOURNALD, "tag={{.Nonsense}}", "unknown field"},
	{LOG_DRIVER_JOURNALD, "tag={{.Name", "unknown field"},
	{LOG_DRIVER_JOURNALD, "tag=a\nEVIL=1", "one short line"},
	{LOG_DRIVER_JOURNALD, "label=TEAM=a=b", NULL},
	{LOG_DRIVER_JOURNALD, "label=_UID=0", "FIELD=value"},
	{LOG_DRIVER_JOURNALD, "label=team=a", "FIELD=value"},
	{LOG_DRIVER_JOURNALD, "label==a", "FIELD=value"},
	{LOG_DRIVER_JOURNALD, "label=A=b\nMESSAGE=x", "FIELD=value"},
	{LOG_DRIVER_NONE, "label=A=b", "no meaning with --log-driver none"},
};

START_TEST(test_options)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		cleanup_log_settings struct log_settings s = LOG_SETTINGS_INIT;
		cleanup_error struct error err = ERROR_INIT;
		char *list[] = {words(options[i].option), NULL};
		int r = log_settings_parse(options[i].driver, list, &s, &err);

		ck_assert_msg((r < 0) == (options[i].wrong != NULL), "%s: %d",
			      options[i].option, r);
		if (options[i].wrong)
			ck_assert_msg(strstr(err.text, options[i].wrong) != NULL,
				      "%s: %s", options[i].option, err.text);
	}
}
END_TEST

START_TEST(test_fields)
{
	const struct log_identity who = {
		.id = "0123456789abcdef", .name = "web", .image_name = "httpd"};
	cleanup_log_settings struct log_settings s = LOG_SETTINGS_INIT;
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *plain = NULL, *tagged = NULL;
	char *list[] = {words("tag=x-{{.ImageName}}-{{.ID}}"), words("label=TEAM=a b"),
			NULL};

	s.driver = LOG_DRIVER_JOURNALD;
	plain = log_journal_fields(&s, &who);
	ck_assert_str_eq(plain,
			 "CONTAINER_ID=0123456789ab\nCONTAINER_ID_FULL=0123456789abcdef\n"
			 "CONTAINER_NAME=web\nSYSLOG_IDENTIFIER=web\n");
	ck_assert_int_eq(log_settings_parse(LOG_DRIVER_JOURNALD, list, &s, &err), 0);
	tagged = log_journal_fields(&s, &who);
	ck_assert_ptr_nonnull(strstr(tagged,
				     "\nSYSLOG_IDENTIFIER=x-httpd-0123456789ab\n"
				     "CONTAINER_TAG=x-httpd-0123456789ab\nTEAM=a b\n"));
}
END_TEST

UNIT_MAIN("log_line", test_lines, test_options, test_fields)
