/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/detach_keys.h"

#include "unit.h"

static void check_refused(const char *text, const char *want)
{
	struct detach_keys d;
	struct error err = ERROR_INIT;

	ck_assert_int_lt(detach_keys_parse(&d, text, &err), 0);
	ck_assert_int_eq(err.kind, ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(err.text, want));
	error_release(&err);
}

START_TEST(test_words)
{
	static const struct {
		const char *text, *keys;
	} cases[] = {
		{NULL, "\x10\x11"},
		{"", ""},
		{"ctrl-p,ctrl-q", "\x10\x11"},
		{"ctrl-P", "\x10"},
		{"a,ctrl-[,z", "a\x1bz"},
		{"ctrl-\\,ctrl-],ctrl-^,ctrl-_", "\x1c\x1d\x1e\x1f"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct detach_keys d;
		struct error err = ERROR_INIT;

		ck_assert_ok(detach_keys_parse(&d, cases[i].text, &err), &err);
		ck_assert_uint_eq(d.len, strlen(cases[i].keys));
		ck_assert_mem_eq(d.keys, cases[i].keys, d.len);
	}
	check_refused("ctrl-1", "\"ctrl-1\" is no key");
	check_refused("ctrl-", "\"ctrl-\" is no key");
	check_refused("ab", "\"ab\" is no key");
	check_refused("a,,b", "\"\" is no key");
	check_refused("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q", "more than 16");
}
END_TEST

START_TEST(test_nul_is_a_key)
{
	struct detach_keys d;
	struct error err = ERROR_INIT;

	ck_assert_ok(detach_keys_parse(&d, "ctrl-@", &err), &err);
	ck_assert_uint_eq(d.len, 1);
	ck_assert_int_eq(d.keys[0], 0);
}
END_TEST

/* The text is given whole, then byte by byte: the result is the same. */
static void check_scan(const char *keys, const char *in, const char *want,
		       bool want_found)
{
	for (size_t step = strlen(in); step > 0; step = step > 1 ? 1 : 0) {
		unsigned char out[256];
		size_t total = 0;
		bool found = false;
		struct detach_keys d;
		struct error err = ERROR_INIT;

		ck_assert_ok(detach_keys_parse(&d, keys, &err), &err);
		for (size_t i = 0; i < strlen(in) && !found; i += step) {
			size_t n;

			found = detach_keys_scan(&d, (const unsigned char *)in + i, step,
						 out + total, &n);
			total += n;
		}
		if (!found)
			total += detach_keys_flush(&d, out + total);
		ck_assert_int_eq(found, want_found);
		ck_assert_uint_eq(total, strlen(want));
		ck_assert_mem_eq(out, want, total);
	}
}

START_TEST(test_scan)
{
	static const struct {
		const char *keys, *in, *out;
		bool found;
	} cases[] = {
		{"a,b", "xyz", "xyz", false},
		{"a,b", "xab", "x", true},
		{"a,b", "xabcd", "x", true},
		{"a,b", "aab", "a", true},
		{"a,b", "xax", "xax", false},
		{"a,b", "xa", "xa", false},
		{"a,a,b", "aaab", "a", true},
		{"a,b,a,c", "ababac", "ab", true},
		{"a,b,a,c", "abac", "", true},
		{"a,b,a,c", "abaab", "abaab", false},
		{"a", "hha", "hh", true},
		{"", "ab\x10\x11", "ab\x10\x11", false},
		{NULL, "ls\r\x10\x11", "ls\r", true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_scan(cases[i].keys, cases[i].in, cases[i].out, cases[i].found);
}
END_TEST

START_TEST(test_partial_is_held)
{
	unsigned char out[32];
	struct detach_keys d;
	struct error err = ERROR_INIT;
	size_t n;

	ck_assert_ok(detach_keys_parse(&d, NULL, &err), &err);
	ck_assert(!detach_keys_scan(&d, (const unsigned char *)"x\x10", 2, out, &n));
	ck_assert_uint_eq(n, 1);
	ck_assert(!detach_keys_scan(&d, (const unsigned char *)"y", 1, out, &n));
	ck_assert_uint_eq(n, 2);
	ck_assert_mem_eq(out, "\x10y", 2);
}
END_TEST

UNIT_MAIN("detach_keys", test_words, test_nul_is_a_key, test_scan, test_partial_is_held)
