/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/certs.h"

#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

#define CERT(name) "-----BEGIN CERTIFICATE-----\n" name "\n-----END CERTIFICATE-----\n"
#define KEY        "-----BEGIN PRIVATE KEY-----\nk\n-----END PRIVATE KEY-----\n"

static const char *dir;

static void write_file(const char *name, const char *text)
{
	cleanup_free char *path = fs_join(dir, name);
	cleanup_free char *parent = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	struct error err = ERROR_INIT;

	ck_assert_ok(fs_mkdirs(AT_FDCWD, parent, 0700, &err), &err);
	ck_assert_ok(fs_write_atomic(AT_FDCWD, path, text, strlen(text), 0600, 0, &err),
		     &err);
}

static void setup(void)
{
	dir = unit_dir();
	setenv("XDG_CONFIG_HOME", dir, 1);
}

START_TEST(test_load)
{
	cleanup_http_tls struct http_tls tls = {.insecure = true}, other = {0},
					 bare = {0};
	struct error err = ERROR_INIT;

	setup();
	write_file("containers/certs.d/a.example:5000/b.crt", CERT("b"));
	write_file("containers/certs.d/a.example:5000/a.crt",
		   "a comment\n-----BEGIN CERTIFICATE-----\na");
	write_file("containers/certs.d/a.example:5000/client.cert", CERT("c"));
	write_file("containers/certs.d/a.example:5000/client.key", KEY);
	write_file("containers/certs.d/a.example:5000/README", "what is this");
	ck_assert_ok(certs_load("a.example:5000", NULL, &tls, &err), &err);
	ck_assert_str_eq(tls.ca, "a comment\n-----BEGIN CERTIFICATE-----\na\n" CERT("b"));
	ck_assert_uint_eq(tls.ca_len, strlen(tls.ca));
	ck_assert_str_eq(tls.cert, CERT("c"));
	ck_assert_uint_eq(tls.cert_len, strlen(tls.cert));
	ck_assert_str_eq(tls.key, KEY);
	ck_assert_uint_eq(tls.key_len, strlen(tls.key));
	ck_assert(tls.insecure);
	ck_assert_ok(certs_load("a.example", NULL, &other, &err), &err);
	ck_assert_ok(certs_load("..", NULL, &other, &err), &err);
	ck_assert_ok(certs_load("../certs.d/a.example:5000", NULL, &other, &err), &err);
	ck_assert_ptr_null(other.ca);
	ck_assert_ptr_null(other.cert);
	cleanup_free char *given = fs_join(dir, "containers/certs.d/a.example:5000");
	ck_assert_ok(certs_load("whoever", given, &bare, &err), &err);
	ck_assert_ptr_nonnull(bare.key);
}
END_TEST

START_TEST(test_wrong)
{
	static const struct {
		const char *host;
		const char *files[4]; /* name, text, name, text */
		const char *message;  /* behind the directory */
		const char *hint;
		enum error_kind kind;
	} cases[] = {
		{"nokey",
		 {"c.cert", CERT("c")},
		 "/c.cert: c.key, which belongs to it, is not there",
		 "a CA's certificate must be called *.crt",
		 ERR_NOT_FOUND},
		{"nocert",
		 {"c.key", KEY},
		 "/c.key: c.cert, which belongs to it, is not there",
		 NULL,
		 ERR_NOT_FOUND},
		{"othername",
		 {"a.cert", CERT("c"), "b.key", KEY},
		 "/a.cert: a.key, which belongs to it, is not there",
		 "a CA's certificate must be called *.crt",
		 ERR_NOT_FOUND},
		{"der",
		 {"ca.crt", "0\x82\x01"},
		 "/ca.crt: not in PEM, there is no line \"-----BEGIN ...\"",
		 NULL,
		 ERR_INVALID},
		{"empty",
		 {"c.cert", CERT("c"), "c.key", ""},
		 "/c.key: not in PEM, there is no line \"-----BEGIN ...\"",
		 NULL,
		 ERR_INVALID},
	};

	setup();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_http_tls struct http_tls tls = {0};
		struct error err = ERROR_INIT;
		for (size_t k = 0; k < 4 && cases[i].files[k]; k += 2) {
			cleanup_free char *name =
				xasprintf("containers/certs.d/%s/%s", cases[i].host,
					  cases[i].files[k]);
			write_file(name, cases[i].files[k + 1]);
		}
		ck_assert_int_lt(certs_load(cases[i].host, NULL, &tls, &err), 0);
		ck_assert_int_eq(err.kind, cases[i].kind);
		ck_assert_msg(str_eq(err.hint, cases[i].hint), "%s", err.hint);
		cleanup_free char *want = xasprintf("%s/containers/certs.d/%s%s", dir,
						    cases[i].host, cases[i].message);
		ck_assert_message(&err, want);
	}
}
END_TEST

START_TEST(test_ambiguous_and_missing)
{
	cleanup_http_tls struct http_tls tls = {0};
	struct error err = ERROR_INIT;

	setup();
	write_file("containers/certs.d/h/a.cert", CERT("a"));
	write_file("containers/certs.d/h/a.key", KEY);
	write_file("containers/certs.d/h/b.cert", CERT("b"));
	write_file("containers/certs.d/h/b.key", KEY);
	ck_assert_int_lt(certs_load("h", NULL, &tls, &err), 0);
	ck_assert_int_eq(err.kind, ERR_UNSUPPORTED);
	error_release(&err);
	ck_assert_int_lt(certs_load("h", "/nonexistent/certs", &tls, &err), 0);
	ck_assert_message(&err, "read the certificates in /nonexistent/certs: no such "
				"file or directory");
}
END_TEST

UNIT_MAIN("certs", test_load, test_wrong, test_ambiguous_and_missing)
