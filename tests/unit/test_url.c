/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/url.h"

#include "unit.h"
#include "util/str.h"

START_TEST(test_parse)
{
	static const struct {
		const char *text, *want, *host_port;
	} cases[] = {
		{"https://Example.ORG/v2/", "https://Example.ORG/v2/", "example.org"},
		{"http://localhost:5000/v2/", "http://localhost:5000/v2/",
		 "localhost:5000"},
		{"https://[::1]:443/x", "https://[::1]:443/x", "[::1]"},
		{"https://user:secret@host/x#y", "https://host/x", "host"},
		{"https://host/a b", "https://host/a%20b", "host"},
		{"ftp://host/x", NULL, NULL},
		{"file:///etc/passwd", NULL, NULL},
		{"https://", NULL, NULL},
		{"https://host:99999/", NULL, NULL},
		{"/x", NULL, NULL},
		{"", NULL, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_error struct error err = ERROR_INIT;
		cleanup_url struct url u = {0};
		int r = url_parse(cases[i].text, &u, &err);

		ck_assert_msg((r == 0) == (cases[i].want != NULL), "%s", cases[i].text);
		if (r < 0)
			continue;
		cleanup_free char *host_port = url_host_port(&u);
		ck_assert_str_eq(u.text, cases[i].want);
		ck_assert_str_eq(host_port, cases[i].host_port);
	}
}
END_TEST

START_TEST(test_resolve)
{
	static const struct {
		const char *reference, *want;
		bool same;
	} cases[] = {
		{"/v2/x?a=b", "https://host:5000/v2/x?a=b", true},
		{"y", "https://host:5000/v2/y", true},
		{"https://host:5000/z", "https://host:5000/z", true},
		{"https://HOST:5000/z", "https://HOST:5000/z", true},
		{"http://host:5000/z", "http://host:5000/z", false},
		{"https://host/z", "https://host/z", false},
		{"//other/z", "https://other/z", false},
		{"https://u:p@other/z", "https://other/z", false},
		{"gopher://other/z", NULL, false},
	};
	cleanup_error struct error err = ERROR_INIT;
	cleanup_url struct url base = {0};

	ck_assert_ok(url_parse("https://host:5000/v2/a", &base, &err), &err);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_url struct url u = {0};
		int r = url_resolve(&base, cases[i].reference, &u, &err);

		ck_assert_msg((r == 0) == (cases[i].want != NULL), "%s",
			      cases[i].reference);
		if (r == 0) {
			ck_assert_str_eq(u.text, cases[i].want);
			ck_assert_int_eq(url_same_origin(&base, &u), cases[i].same);
		}
		error_release(&err);
	}
}
END_TEST

START_TEST(test_loopback)
{
	static const struct {
		const char *host;
		bool loopback;
	} cases[] = {
		{"localhost", true},
		{"LOCALHOST:5000", true},
		{"127.0.0.1", true},
		{"127.9.8.7:1", true},
		{"[::1]:5000", true},
		{"[::1]", true},
		{"a.localhost", true},
		{"128.0.0.1", false},
		{"127.0.0.1.evil.org", false},
		{"localhost.org", false},
		{"xlocalhost", false},
		{"[::2]:5000", false},
		{"", false},
		{"[", false},
		{":", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ck_assert_msg(url_host_is_loopback(cases[i].host) == cases[i].loopback,
			      "%s", cases[i].host);
}
END_TEST

START_TEST(test_text)
{
	cleanup_free char *encoded = url_encode("a/b c:\377~", false);
	cleanup_free char *path = url_encode("a/b", true);
	cleanup_free char *one = url_add_query("/x", "digest", "sha256:1");
	cleanup_free char *two = url_add_query("/x?a=b", "n", "1");
	cleanup_free char *three = url_add_query("/x?", "n", "1");
	cleanup_free char *shown = url_shown("https://u:p@host/x?signature=1");

	ck_assert_str_eq(encoded, "a%2Fb%20c%3A%FF~");
	ck_assert_str_eq(path, "a/b");
	ck_assert_str_eq(one, "/x?digest=sha256%3A1");
	ck_assert_str_eq(two, "/x?a=b&n=1");
	ck_assert_str_eq(three, "/x?n=1");
	ck_assert_str_eq(shown, "https://host/x");
}
END_TEST

UNIT_MAIN("url", test_parse, test_resolve, test_loopback, test_text)
