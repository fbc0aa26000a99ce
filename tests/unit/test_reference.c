/* SPDX-License-Identifier: Apache-2.0 */
#include "image/reference.h"
#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

#define HEX64  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SHA256 "sha256:" HEX64
#define A8     "aaaaaaaa"
#define A64    A8 A8 A8 A8 A8 A8 A8 A8
#define A128   A64 A64

START_TEST(test_parse)
{
	static const struct {
		const char *text, *registry, *repository, *tag, *digest;
	} cases[] = {
		{"debian", NULL, "debian", NULL, NULL},
		{"debian:12", NULL, "debian", "12", NULL},
		{"debian@" SHA256, NULL, "debian", NULL, SHA256},
		{"debian:12@" SHA256, NULL, "debian", "12", SHA256},
		{"debian@sha512:" HEX64 HEX64, NULL, "debian", NULL,
		 "sha512:" HEX64 HEX64},
		{"library/debian", NULL, "library/debian", NULL, NULL},
		{"foo/bar/baz:q", NULL, "foo/bar/baz", "q", NULL},
		/* a host only if a slash follows */
		{"foo.bar", NULL, "foo.bar", NULL, NULL},
		{"localhost", NULL, "localhost", NULL, NULL},
		{"localhost:5000", NULL, "localhost", "5000", NULL},
		{"127.0.0.1:5000", NULL, "127.0.0.1", "5000", NULL},
		{"localhost/foo", "localhost", "foo", NULL, NULL},
		{"localhost:5000/foo", "localhost:5000", "foo", NULL, NULL},
		{"localhost:5000/foo:5000", "localhost:5000", "foo", "5000", NULL},
		{"foo:80/bar", "foo:80", "bar", NULL, NULL},
		{"foo.com/bar", "foo.com", "bar", NULL, NULL},
		{"foo.com/bar/baz_a:T@" SHA256, "foo.com", "bar/baz_a", "T", SHA256},
		{"FOO.com/bar", "FOO.com", "bar", NULL, NULL},
		{"foo-bar.com:65535/bar", "foo-bar.com:65535", "bar", NULL, NULL},
		{"xn--n3h.com/myimage", "xn--n3h.com", "myimage", NULL, NULL},
		{"192.168.1.1/repo", "192.168.1.1", "repo", NULL, NULL},
		{"[::1]/repo", "[::1]", "repo", NULL, NULL},
		{"[2001:DB8::1]:5000/repo:tag@" SHA256, "[2001:DB8::1]:5000", "repo",
		 "tag", SHA256},
		{"docker.io/debian", "docker.io", "debian", NULL, NULL},
		{"index.docker.io/library/debian", "index.docker.io", "library/debian",
		 NULL, NULL},
		/* words and what stands between them */
		{"a/b.c/d_e/f__g/h-i/j---k/0", NULL, "a/b.c/d_e/f__g/h-i/j---k/0", NULL,
		 NULL},
		{"a:_x.-Y", NULL, "a", "_x.-Y", NULL},
		{"a:" A128, NULL, "a", A128, NULL},
		/* an image's id in hexadecimal has exactly 64 digits */
		{HEX64 ":x", NULL, HEX64, "x", NULL},
		{HEX64 "0", NULL, HEX64 "0", NULL, NULL},
		{"a/" HEX64, NULL, "a/" HEX64, NULL, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_reference struct reference r = {0};
		struct error err = ERROR_INIT;
		ck_assert_ok(reference_parse(cases[i].text, &r, &err), &err);
		ck_assert_msg(str_eq(r.registry, cases[i].registry), "%s: registry %s",
			      cases[i].text, r.registry);
		ck_assert_str_eq(r.repository, cases[i].repository);
		ck_assert_msg(str_eq(r.tag, cases[i].tag), "%s: tag %s", cases[i].text,
			      r.tag);
		ck_assert_msg(str_eq(r.digest, cases[i].digest), "%s: digest %s",
			      cases[i].text, r.digest);
		ck_assert(reference_is_short(&r) == !cases[i].registry);
		cleanup_free char *text = reference_text(&r);
		ck_assert_str_eq(text, cases[i].text);
	}
}
END_TEST

#define LOWERCASE "repository name must be lowercase"
#define WORDS                                                                   \
	"each part of the repository name is words of a-z and 0-9 with one of " \
	"'.', '_', '__' or dashes between them"
#define PORT "the registry's port is no number from 1 to 65535"
#define HOST "the registry is no host name"
#define IPV6 "the registry is no IPv6 address in brackets"
#define DIGEST                                                                   \
	"the digest is not \"sha256:\" and 64 digits of 0-9a-f (or \"sha512:\" " \
	"and 128)"

START_TEST(test_refused)
{
	static const struct {
		const char *text, *problem, *hint;
	} cases[] = {
		{"", "it is empty", NULL},
		{"Debian", LOWERCASE, "did you mean \"debian\"?"},
		{"foo.com/Bar:Tag", LOWERCASE, "did you mean \"foo.com/bar:Tag\"?"},
		{"Foo/bar", LOWERCASE, "did you mean \"foo/bar\"?"},
		{"Debian:", LOWERCASE, NULL},
		{HEX64, "cannot specify 64-byte hexadecimal strings", NULL},
		{"docker://debian", "a reference has no \"://\"", NULL},
		{"https://foo.com/bar", "a reference has no \"://\"", NULL},
		{":12", "the repository name is missing", NULL},
		{"@" SHA256, "the repository name is missing", NULL},
		{"foo.com/", "the repository name is missing", NULL},
		{"/foo", WORDS, NULL},
		{"foo/", WORDS, NULL},
		{"foo//bar", WORDS, NULL},
		{"-foo", WORDS, NULL},
		{"foo-", WORDS, NULL},
		{"foo..bar", WORDS, NULL},
		{"foo.-bar", WORDS, NULL},
		{"foo___bar", WORDS, NULL},
		{"foo._bar", WORDS, NULL},
		{"foo/.bar", WORDS, NULL},
		{"..", WORDS, NULL},
		{"foo bar", WORDS, NULL},
		{" foo", WORDS, NULL},
		{"foo\n", WORDS, NULL},
		{"f\xc3\xb6\xc3\xb6", WORDS, NULL},
		{"foo$", WORDS, NULL},
		{"foo\\bar", WORDS, NULL},
		{"foo:", "the tag after ':' is missing", NULL},
		{"foo:@" SHA256, "the tag after ':' is missing", NULL},
		{"foo:.x", "a tag begins with a letter, a digit or '_'", NULL},
		{"foo:-x", "a tag begins with a letter, a digit or '_'", NULL},
		{"foo:a:b", "a tag is of letters, digits, '_', '.' and '-'", NULL},
		{"foo:a/b", PORT, NULL},
		{"foo:1/b", NULL, NULL},
		{"foo/b:1/c", "a tag is of letters, digits, '_', '.' and '-'", NULL},
		{"a:" A128 "a", "the tag is longer than 128 characters", NULL},
		{"foo:0/bar", PORT, NULL},
		{"foo:65536/bar", PORT, NULL},
		{"foo:/bar", PORT, NULL},
		{"foo:+80/bar", PORT, NULL},
		{"[::1]x/bar", PORT, NULL},
		{"[::1]:/bar", PORT, NULL},
		{"::1/bar", HOST, NULL},
		{"-foo.com/bar", HOST, NULL},
		{"foo-.com/bar", HOST, NULL},
		{"foo..com/bar", HOST, NULL},
		{".foo/bar", HOST, NULL},
		{"foo.com./bar", HOST, NULL},
		{"foo_x.com/bar", HOST, NULL},
		{"a[::1]/bar", HOST, NULL},
		{"[::1/bar", IPV6, NULL},
		{"[]/bar", IPV6, NULL},
		{"[::1%25eth0]/bar", IPV6, NULL},
		{"[1:2:3]/bar", IPV6, NULL},
		{"[foo.com]/bar", IPV6, NULL},
		{"foo@", DIGEST, NULL},
		{"foo@sha256:", DIGEST, NULL},
		{"foo@sha256:" HEX64 "0", DIGEST, NULL},
		{"foo@sha256:" A64 "@" SHA256, DIGEST, NULL},
		{"foo@md5:" HEX64, DIGEST, NULL},
		{"foo@" HEX64, DIGEST, NULL},
		{"foo@" SHA256 ":tag", DIGEST, NULL},
		{"foo@sha256:ABCDEF0123456789" A8 A8 A8 A8 A8 A8, DIGEST, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_reference struct reference r = {0};
		struct error err = ERROR_INIT;
		int result = reference_parse(cases[i].text, &r, &err);
		if (!cases[i].problem) {
			ck_assert_int_eq(result, 0);
			continue;
		}
		ck_assert_msg(result == -EINVAL, "%s", cases[i].text);
		ck_assert_int_eq(err.kind, ERR_INVALID);
		ck_assert_ptr_null(r.repository);
		ck_assert_msg(str_eq(err.hint, cases[i].hint), "%s: hint %s",
			      cases[i].text, err.hint);
		cleanup_free char *quoted = str_quote(cases[i].text);
		cleanup_free char *want = xasprintf("%s: invalid reference format: %s",
						    quoted, cases[i].problem);
		ck_assert_message(&err, want);
	}
}
END_TEST

/* The name may have 255 characters, as it is when complete. */
START_TEST(test_name_length)
{
	static const struct {
		const char *prefix;
		size_t n, longest;
	} cases[] = {
		{"", 0, 255 - 18}, /* docker.io/library/ */
		{"docker.io/", 0, 255 - 18},
		{"index.docker.io/", 0, 255 - 18},
		{"a/", 0, 255 - 12}, /* docker.io/a/ */
		{"localhost:5000/", 0, 255 - 15},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (size_t more = 0; more <= 1; more++) {
			cleanup_reference struct reference r = {0};
			cleanup_error struct error err = ERROR_INIT;
			size_t n = cases[i].longest + more;
			cleanup_free char *name = xmalloc(n + 1);
			memset(name, 'x', n);
			name[n] = '\0';
			cleanup_free char *text =
				xasprintf("%s%s:tag@" SHA256, cases[i].prefix, name);
			int result = reference_parse(text, &r, &err);
			ck_assert_msg(result == (more ? -EINVAL : 0), "%s", text);
			if (more)
				ck_assert_ptr_nonnull(
					strstr(err.text,
					       "must not be more than 255 characters"));
		}
	}
}
END_TEST

/* However long the input is, the message is not. */
START_TEST(test_long_input)
{
	cleanup_reference struct reference r = {0};
	cleanup_error struct error err = ERROR_INIT;
	size_t n = 1 << 20;
	cleanup_free char *text = xmalloc(n + 1);

	memset(text, '$', n);
	text[n] = '\0';
	ck_assert_int_eq(reference_parse(text, &r, &err), -EINVAL);
	ck_assert_uint_lt(strlen(err.text), 1000);
}
END_TEST

START_TEST(test_complete)
{
	static const struct {
		const char *text, *complete, *repository;
	} cases[] = {
		{"debian", "docker.io/library/debian:latest", "docker.io/library/debian"},
		{"debian:12", "docker.io/library/debian:12", "docker.io/library/debian"},
		{"debian@" SHA256, "docker.io/library/debian@" SHA256,
		 "docker.io/library/debian"},
		{"debian:12@" SHA256, "docker.io/library/debian:12@" SHA256,
		 "docker.io/library/debian"},
		{"foo/bar", "docker.io/foo/bar:latest", "docker.io/foo/bar"},
		{"docker.io/debian", "docker.io/library/debian:latest",
		 "docker.io/library/debian"},
		{"index.docker.io/debian", "docker.io/library/debian:latest",
		 "docker.io/library/debian"},
		{"index.docker.io/foo/bar:1", "docker.io/foo/bar:1", "docker.io/foo/bar"},
		{"localhost/debian", "localhost/debian:latest", "localhost/debian"},
		{"quay.io/debian:x", "quay.io/debian:x", "quay.io/debian"},
		{"[::1]:5000/a/b", "[::1]:5000/a/b:latest", "[::1]:5000/a/b"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_reference struct reference r = {0};
		struct error err = ERROR_INIT;
		ck_assert_ok(reference_parse_complete(cases[i].text, &r, &err), &err);
		cleanup_free char *text = reference_text(&r);
		ck_assert_str_eq(text, cases[i].complete);
		cleanup_free char *repository = reference_repository(&r);
		ck_assert_str_eq(repository, cases[i].repository);
		reference_complete(&r); /* and nothing more */
		cleanup_free char *again = reference_text(&r);
		ck_assert_str_eq(again, cases[i].complete);
	}
	struct error err = ERROR_INIT;
	cleanup_reference struct reference r = {0};
	ck_assert_int_eq(reference_parse_complete("Debian", &r, &err), -EINVAL);
	error_release(&err);
}
END_TEST

UNIT_MAIN("reference", test_parse, test_refused, test_name_length, test_long_input,
	  test_complete)
