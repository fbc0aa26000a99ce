/* SPDX-License-Identifier: Apache-2.0 */
#include "image/hash.h"

#include "unit.h"
#include "util/mem.h"

/* FIPS 180-4's examples. */
static const struct {
	const char *algorithm, *text, *digest;
} samples[] = {
	{NULL, "",
	 "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	{"sha256:", "abc",
	 "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{"sha512:", "abc",
	 "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	 "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
};

START_TEST(test_samples)
{
	struct error err = ERROR_INIT;
	char digest[DIGEST_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		cleanup_hash struct hash *h = NULL;

		ck_assert_ok(hash_new(samples[i].algorithm, &h, &err), &err);
		for (int again = 0; again < 2; again++) {
			for (const char *c = samples[i].text; *c; c++)
				hash_add(h, c, 1);
			ck_assert_ok(hash_end(h, digest, &err), &err);
			ck_assert_str_eq(digest, samples[i].digest);
		}
	}
}
END_TEST

START_TEST(test_text)
{
	struct error err = ERROR_INIT;
	cleanup_free char *digest = NULL;

	ck_assert_ok(hash_text("abc", 3, &digest, &err), &err);
	ck_assert_str_eq(digest, samples[1].digest);
}
END_TEST

START_TEST(test_unknown)
{
	struct error err = ERROR_INIT;
	struct hash *h = NULL;

	ck_assert_int_eq(hash_new("md5:00", &h, &err), -EINVAL);
	ck_assert_int_eq(err.kind, ERR_UNSUPPORTED);
	ck_assert_ptr_null(h);
	error_release(&err);
}
END_TEST

UNIT_MAIN("hash", test_samples, test_text, test_unknown)
