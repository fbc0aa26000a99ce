/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/header.h"

#include "unit.h"
#include "util/str.h"
#include "util/time.h"

/* Sun, 06 Nov 1994 08:49:37 GMT, the RFC's example */
#define EXAMPLE_SEC INT64_C(784111777)
#define NOW_USEC    ((EXAMPLE_SEC - 100) * USEC_PER_SEC)

START_TEST(test_get)
{
	cleanup_strv char **headers = NULL;
	size_t index = 0;

	strv_add(&headers, "Link: <a>");
	strv_add(&headers, "WWW-Authenticate:   Basic ");
	strv_add(&headers, "Links: no");
	strv_add(&headers, "www-authenticate:Bearer");
	ck_assert_str_eq(header_get(headers, "link"), "<a>");
	ck_assert_ptr_null(header_get(headers, "lin"));
	ck_assert_ptr_null(header_get(NULL, "link"));
	ck_assert_str_eq(header_next(headers, "www-Authenticate", &index), "Basic ");
	ck_assert_str_eq(header_next(headers, "www-Authenticate", &index), "Bearer");
	ck_assert_ptr_null(header_next(headers, "www-Authenticate", &index));
}
END_TEST

START_TEST(test_date)
{
	static const struct {
		const char *value;
		int64_t sec; /* -1: malformed */
	} cases[] = {
		{"Sun, 06 Nov 1994 08:49:37 GMT", EXAMPLE_SEC},
		{"Sunday, 06-Nov-94 08:49:37 GMT", EXAMPLE_SEC},
		{"Sun Nov  6 08:49:37 1994", EXAMPLE_SEC},
		{"Sun Nov 06 08:49:37 1994", EXAMPLE_SEC},
		{"Thu, 01 Jan 1970 00:00:00 GMT", 0},
		{"Sun, 06 Nov 1994 08:49:37", -1},
		{"Sun, 06 Nov 1994 08:49:37 CET", -1},
		{"Sun, 6 Nov 1994 08:49:37 GMT", -1},
		{"Sun, 06 nov 1994 08:49:37 GMT", -1},
		{"Sun, 00 Nov 1994 08:49:37 GMT", -1},
		{"Sun, 06 Nov 1994 24:49:37 GMT", -1},
		{"Sun, 06 Nov 1994 08:49:37 GMT ", -1},
		{"Sun,", -1},
		{" ", -1},
		{"", -1},
		{"120", -1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t usec = -1;
		int r = header_date(cases[i].value, NOW_USEC, &usec);

		ck_assert_msg((r < 0) == (cases[i].sec < 0), "%s: %d", cases[i].value, r);
		if (r == 0)
			ck_assert_int_eq(usec, cases[i].sec * USEC_PER_SEC);
	}
}
END_TEST

START_TEST(test_retry_after)
{
	static const struct {
		const char *value;
		int64_t sec; /* -1: malformed */
	} cases[] = {
		{"0", 0},
		{"7", 7},
		{"301", 300},
		{"99999999999999999999999", 300},
		{"Sun, 06 Nov 1994 08:49:37 GMT", 100},
		{"Sun, 06 Nov 1994 08:40:37 GMT", 0},
		{"Sun, 06 Nov 2094 08:40:37 GMT", 300},
		{"-1", -1},
		{"1.5", -1},
		{"7 seconds", -1},
		{"soon", -1},
		{"", -1},
		{NULL, -1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t usec = -1;
		int r = header_retry_after(cases[i].value, NOW_USEC, &usec);

		ck_assert_msg((r < 0) == (cases[i].sec < 0), "%s: %d", cases[i].value, r);
		if (r == 0)
			ck_assert_int_eq(usec, cases[i].sec * USEC_PER_SEC);
	}
}
END_TEST

START_TEST(test_link)
{
	static const struct {
		const char *value, *next; /* NULL: none */
	} cases[] = {
		{"</v2/a/tags/list?last=b&n=1>; rel=\"next\"",
		 "/v2/a/tags/list?last=b&n=1"},
		{"<x>;rel=next", "x"},
		{"<x> ; title=\"a, <b>; rel=next\" ; REL = \"prev Next\"", "x"},
		{"<a>; rel=prev, <b>; rel=next", "b"},
		{"<a>; rel=\"nexter\"", NULL},
		{"<a>; rel=\"pre\\\"v\", <b>;x;rel=next", "b"},
		{"<a", NULL},
		{"<>; rel=next", NULL},
		{"<a>; rel=\"next", "a"},
		{"<a>; rel", NULL},
		{"a; rel=next", NULL},
		{"", NULL},
		{NULL, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *next = header_link_next(cases[i].value);

		ck_assert_msg(str_eq(next, cases[i].next), "%s: %s", cases[i].value,
			      next ? next : "none");
	}
}
END_TEST

START_TEST(test_content_range)
{
	static const struct {
		const char *value;
		int64_t first, last, total;
		bool ok;
	} cases[] = {
		{"bytes 0-99/200", 0, 99, 200, true},
		{"Bytes 5-5/6", 5, 5, 6, true},
		{"bytes 0-99/*", 0, 99, -1, true},
		{"bytes 9-8/20", 0, 0, 0, false},
		{"bytes 0-20/20", 0, 0, 0, false},
		{"bytes */20", 0, 0, 0, false},
		{"bytes 0-99", 0, 0, 0, false},
		{"bytes=0-99/100", 0, 0, 0, false},
		{"bytes 0-99999999999999999999/*", 0, 0, 0, false},
		{"", 0, 0, 0, false},
		{NULL, 0, 0, 0, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t first, last, total;
		int r = header_content_range(cases[i].value, &first, &last, &total);

		ck_assert_msg((r == 0) == cases[i].ok, "%s: %d", cases[i].value, r);
		ck_assert(r < 0 || (first == cases[i].first && last == cases[i].last &&
				    total == cases[i].total));
	}
}
END_TEST

START_TEST(test_upload_range)
{
	static const struct {
		const char *value;
		int64_t have; /* -1: malformed */
	} cases[] = {
		{"0-99", 100}, {"bytes=0-99", 100},           {"0-0", 0}, {"1-99", -1},
		{"0-", -1},    {"0-9223372036854775807", -1}, {"", -1},   {NULL, -1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t have = -1;
		int r = header_upload_range(cases[i].value, &have);

		ck_assert_msg(r < 0 ? cases[i].have < 0 : have == cases[i].have, "%s: %d",
			      cases[i].value, r);
	}
}
END_TEST

START_TEST(test_media_type)
{
	static const struct {
		const char *value, *type;
	} cases[] = {
		{"application/vnd.oci.image.manifest.v1+json",
		 "application/vnd.oci.image.manifest.v1+json"},
		{"Application/JSON; charset=utf-8", "application/json"},
		{"text/html;x", "text/html"},
		{"text", NULL},
		{"/x", NULL},
		{"x/", NULL},
		{"a/b/c", NULL},
		{"a/b\033[2J", NULL},
		{"", NULL},
		{NULL, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *type = header_media_type(cases[i].value);

		ck_assert_msg(str_eq(type, cases[i].type), "%s", cases[i].value);
	}
}
END_TEST

UNIT_MAIN("header", test_get, test_date, test_retry_after, test_link, test_content_range,
	  test_upload_range, test_media_type)
