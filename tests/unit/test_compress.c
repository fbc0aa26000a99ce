/* SPDX-License-Identifier: Apache-2.0 */
/* Both directions: what is compressed comes back, in pieces of any size; damage is found. */
#include "image/compress.h"

#include "image/decompress.h"
#include "unit.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/str.h"

#define LEN (3 * 1024 * 1024 + 7)

static char *sample(void)
{
	char *data = xmalloc(LEN);
	uint32_t x = 1;

	for (size_t i = 0; i < LEN; i++) {
		x = x * 1103515245 + 12345;
		data[i] = i % 5000 < 2500 ? "layer"[i % 5] : (char)(x >> 24);
	}
	return data;
}

static int to_buf(void *data, const void *bytes, size_t len, struct error *err)
{
	return buf_add(data, bytes, len);
}

static void compress_all(enum compression kind, int level, const char *data, size_t len,
			 struct buf *out)
{
	cleanup_compressor struct compressor *c = NULL;
	struct error err = ERROR_INIT;

	ck_assert_ok(compressor_new(kind, level, to_buf, out, &c, &err), &err);
	for (size_t at = 0, step = 1; at < len; at += step, step = step * 3 + 1) {
		step = len - at < step ? len - at : step;
		ck_assert_ok(compressor_add(c, data + at, step, &err), &err);
	}
	ck_assert_ok(compressor_end(c, &err), &err);
}

/* In pieces; the whole, or the sentence in *err. */
static int decompress_all(struct buf *in, size_t in_step, size_t out_step,
			  struct buf *out, struct error *err)
{
	cleanup_decompressor struct decompressor *d = NULL;
	cleanup_free uint8_t *room = xmalloc(out_step);
	int r = decompressor_new(compression_detect(in->data, in->len), &d, err);

	for (size_t at = 0; r == 0 && at < in->len; at += in_step) {
		size_t n = in->len - at < in_step ? in->len - at : in_step;
		cleanup_free uint8_t *piece = xmemdup(in->data + at, n);
		struct decompress_io io = {piece, n, room, out_step};

		do {
			io.out = room;
			io.out_len = out_step;
			r = decompressor_step(d, &io, err);
			if (r == 0)
				ck_assert_int_eq(
					buf_add(out, room, out_step - io.out_len), 0);
		} while (r == 0 && (io.in_len > 0 || io.out_len == 0));
	}
	return r < 0 ? r : decompressor_end(d, err);
}

static void check_back(struct buf *in, size_t in_step, size_t out_step, const char *want,
		       size_t want_len)
{
	struct error err = ERROR_INIT;
	cleanup_buf struct buf out;

	buf_init(&out, 2 * LEN);
	ck_assert_ok(decompress_all(in, in_step, out_step, &out, &err), &err);
	ck_assert_uint_eq(out.len, want_len);
	ck_assert(want_len == 0 || memcmp(out.data, want, want_len) == 0);
}

static const struct {
	enum compression kind;
	int level;
} ways[] = {
	{COMPRESSION_NONE, -1}, {COMPRESSION_GZIP, -1}, {COMPRESSION_GZIP, 1},
	{COMPRESSION_GZIP, 9},  {COMPRESSION_ZSTD, -1}, {COMPRESSION_ZSTD, 19},
};

START_TEST(test_round_trip)
{
	cleanup_free char *data = sample();
	cleanup_buf struct buf packed, again;

	buf_init(&packed, 2 * LEN);
	buf_init(&again, 2 * LEN);
	compress_all(ways[_i].kind, ways[_i].level, data, LEN, &packed);
	compress_all(ways[_i].kind, ways[_i].level, data, LEN, &again);
	ck_assert(packed.len == again.len &&
		  memcmp(packed.data, again.data, again.len) == 0);
	ck_assert_int_eq(compression_detect(packed.data, packed.len), ways[_i].kind);
	check_back(&packed, packed.len, LEN, data, LEN);
	check_back(&packed, packed.len, 100000, data, LEN);
	check_back(&packed, 65536, 262144, data, LEN);
	check_back(&packed, 1000, 999, data, LEN);
}
END_TEST

/* Each byte by itself, and a whole of no bytes. */
START_TEST(test_small)
{
	cleanup_free char *data = sample();
	const size_t lens[] = {0, 1, 2, 100, 5000};

	for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
		cleanup_buf struct buf packed;

		buf_init(&packed, LEN);
		compress_all(ways[_i].kind, ways[_i].level, data, lens[i], &packed);
		for (size_t step = 1; step < 20; step++) {
			check_back(&packed, step, 1, data, lens[i]);
			check_back(&packed, step, 7, data, lens[i]);
			check_back(&packed, step, 8192, data, lens[i]);
		}
	}
}
END_TEST

/* "hello\n" by gzip, xz, bzip2 and zstd themselves. */
static const struct {
	enum compression kind;
	size_t len;
	const char *bytes;
} hellos[] = {
	{COMPRESSION_GZIP, 26,
	 "\037\213\010\000\000\000\000\000\000\003\313\110\315\311\311\347"
	 "\002\000\040\060\072\066\006\000\000\000"},
	{COMPRESSION_ZSTD, 19,
	 "\050\265\057\375\004\130\061\000\000\150\145\154\154\157\012\123"
	 "\210\275\221"},
	{COMPRESSION_XZ, 64,
	 "\375\067\172\130\132\000\000\004\346\326\264\106\002\000\041\001"
	 "\026\000\000\000\164\057\345\243\001\000\005\150\145\154\154\157"
	 "\012\000\000\000\245\140\227\361\224\366\375\340\000\001\036\006"
	 "\301\057\244\035\037\266\363\175\001\000\000\000\000\004\131\132"},
	{COMPRESSION_BZIP2, 42,
	 "\102\132\150\071\061\101\131\046\123\131\301\300\200\342\000\000"
	 "\001\101\000\000\020\002\104\240\000\060\315\000\303\106\051\227"
	 "\027\162\105\070\120\220\301\300\200\342"},
};

/* Two streams in one, and zeros behind them, however it is cut. */
START_TEST(test_members)
{
	for (size_t i = 0; i < ARRAY_SIZE(hellos); i++) {
		cleanup_buf struct buf in;

		buf_init(&in, 1000);
		ck_assert_int_eq(buf_add(&in, hellos[i].bytes, hellos[i].len), 0);
		ck_assert_int_eq(buf_add(&in, hellos[i].bytes, hellos[i].len), 0);
		ck_assert_int_eq(compression_detect(in.data, in.len), hellos[i].kind);
		for (size_t step = 1; step <= in.len; step++)
			check_back(&in, step, 5, "hello\nhello\n", 12);
		if (hellos[i].kind == COMPRESSION_ZSTD)
			continue;
		ck_assert_int_eq(buf_add(&in, "\0\0\0\0\0\0\0\0\0\0\0\0", 12), 0);
		for (size_t step = 1; step <= in.len; step++)
			check_back(&in, step, 5, "hello\nhello\n", 12);
	}
}
END_TEST

/* No prefix but the whole is taken for whole. */
START_TEST(test_truncated)
{
	for (size_t i = 0; i < ARRAY_SIZE(hellos); i++) {
		for (size_t len = 6; len < hellos[i].len; len++) {
			struct error err = ERROR_INIT;
			cleanup_buf struct buf in, out;

			buf_init(&in, 1000);
			buf_init(&out, 1000);
			ck_assert_int_eq(buf_add(&in, hellos[i].bytes, len), 0);
			ck_assert_int_eq(decompress_all(&in, 3, 100, &out, &err),
					 -EINVAL);
			ck_assert_int_eq(err.kind, ERR_INVALID);
			ck_assert(
				strstr(err.text, "are cut off: they end in the middle"));
			error_release(&err);
		}
	}
}
END_TEST

/* Any byte changed is found, or makes no difference to what comes out (a time in the header). */
START_TEST(test_damaged)
{
	for (size_t i = 0; i < ARRAY_SIZE(hellos); i++) {
		for (size_t at = 0; at < 8 * hellos[i].len; at++) {
			struct error err = ERROR_INIT;
			cleanup_buf struct buf in, out;

			buf_init(&in, 1000);
			buf_init(&out, 1000);
			ck_assert_int_eq(buf_add(&in, hellos[i].bytes, hellos[i].len), 0);
			in.data[at / 8] = (char)(in.data[at / 8] ^ 1 << at % 8);
			if (compression_detect(in.data, in.len) == COMPRESSION_NONE)
				continue;
			if (decompress_all(&in, 1000, 100, &out, &err) == 0)
				ck_assert(out.len == 0 ||
					  (out.len == 6 &&
					   memcmp(out.data, "hello\n", 6) == 0));
			else
				ck_assert_int_eq(err.kind, ERR_INVALID);
			error_release(&err);
		}
	}
}
END_TEST

START_TEST(test_trailing)
{
	for (size_t i = 0; i < ARRAY_SIZE(hellos); i++) {
		struct error err = ERROR_INIT;
		cleanup_buf struct buf in, out;

		buf_init(&in, 1000);
		buf_init(&out, 1000);
		ck_assert_int_eq(buf_add(&in, hellos[i].bytes, hellos[i].len), 0);
		ck_assert_int_eq(buf_add(&in, "more of something", 17), 0);
		ck_assert_int_eq(decompress_all(&in, 1000, 100, &out, &err), -EINVAL);
		error_release(&err);
	}
}
END_TEST

static const struct {
	const char *start;
	size_t len;
	enum compression kind;
} starts[] = {
	{"", 0, COMPRESSION_NONE},
	{"\x1f\x8b", 2, COMPRESSION_NONE},
	{"\x1f\x8b\x08", 3, COMPRESSION_GZIP},
	{"BZh", 3, COMPRESSION_NONE},
	{"BZh9", 4, COMPRESSION_BZIP2},
	{"BZh91AY&SY", 10, COMPRESSION_BZIP2},
	{"BZh91AY&SX", 10, COMPRESSION_NONE},
	{"BZh0", 4, COMPRESSION_NONE},
	{"\x53\x2a\x4d\x18", 4, COMPRESSION_ZSTD},
	{"\x63\x2a\x4d\x18", 4, COMPRESSION_NONE},
};

START_TEST(test_detect)
{
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		ck_assert_int_eq(compression_detect(starts[i].start, starts[i].len),
				 starts[i].kind);
}
END_TEST

/* RFC 8878: 4 bytes of magic, 4 of size. */
START_TEST(test_skippable)
{
	for (size_t i = 0; i < ARRAY_SIZE(hellos); i++) {
		cleanup_buf struct buf in;

		if (hellos[i].kind != COMPRESSION_ZSTD)
			continue;
		buf_init(&in, 1000);
		ck_assert_int_eq(buf_add(&in, "\x50\x2a\x4d\x18\x03\0\0\0abc", 11), 0);
		ck_assert_int_eq(buf_add(&in, hellos[i].bytes, hellos[i].len), 0);
		ck_assert_int_eq(buf_add(&in, "\x5f\x2a\x4d\x18\x03\0\0\0abc", 11), 0);
		for (size_t step = 1; step <= in.len; step++)
			check_back(&in, step, 5, "hello\n", 6);
	}
}
END_TEST

START_TEST(test_refused)
{
	static const struct {
		enum compression kind;
		int level;
		enum error_kind error;
	} refused[] = {
		{COMPRESSION_XZ, -1, ERR_UNSUPPORTED},
		{COMPRESSION_BZIP2, -1, ERR_UNSUPPORTED},
		{COMPRESSION_GZIP, 0, ERR_INVALID},
		{COMPRESSION_GZIP, 10, ERR_INVALID},
		{COMPRESSION_ZSTD, 20, ERR_INVALID},
		{COMPRESSION_ZSTD, -2, ERR_INVALID},
	};

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct error err = ERROR_INIT;
		struct compressor *c = NULL;

		ck_assert_int_lt(compressor_new(refused[i].kind, refused[i].level, to_buf,
						NULL, &c, &err),
				 0);
		ck_assert_int_eq(err.kind, refused[i].error);
		error_release(&err);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("compress");
	TCase *tcase = tcase_create("compress");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, test_round_trip, 0, (int)ARRAY_SIZE(ways));
	tcase_add_loop_test(tcase, test_small, 0, (int)ARRAY_SIZE(ways));
	tcase_add_test(tcase, test_members);
	tcase_add_test(tcase, test_truncated);
	tcase_add_test(tcase, test_damaged);
	tcase_add_test(tcase, test_trailing);
	tcase_add_test(tcase, test_detect);
	tcase_add_test(tcase, test_skippable);
	tcase_add_test(tcase, test_refused);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
