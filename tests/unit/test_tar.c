/* SPDX-License-Identifier: Apache-2.0 */
#include "image/tar_reader.h"

#include "image/tar_header.h"
#include "image/tar_index.h"
#include "image/tar_writer.h"
#include "tar_box.h"
#include "util/mem.h"
#include "util/str.h"

/* A source that gives `step` bytes at a time, each in memory of its own. */
struct pieces {
	const char *data;
	size_t len, at, step;
	uint8_t *piece;
};

static ssize_t next_piece(void *data, const uint8_t **ret, struct error *err)
{
	struct pieces *p = data;
	size_t n = p->len - p->at < p->step ? p->len - p->at : p->step;

	free(p->piece);
	p->piece = n > 0 ? xmemdup(p->data + p->at, n) : NULL;
	p->at += n;
	*ret = p->piece;
	return (ssize_t)n;
}

/* The archive in words, an entry a line; or its error. */
static int describe(const char *data, size_t len, size_t step, struct buf *out,
		    struct error *err)
{
	struct pieces pieces = {.data = data, .len = len, .step = step};
	struct tar_source source = {.more = next_piece, .data = &pieces};
	cleanup_tar_reader struct tar_reader *t = tar_reader_new(&source);
	const struct tar_entry *e;
	const uint8_t *bytes;
	uint64_t offset;
	int r;

	while ((r = tar_reader_next(t, &e, err)) == 1) {
		buf_printf(out, "%c %s", "fhlcbdp"[e->type], e -> path);
		if (e->link[0])
			buf_printf(out, " -> %s", e->link);
		buf_printf(out, " %o %u:%u %llu @%lld.%09u", e->mode, e->uid, e->gid,
			   (unsigned long long)e->size, (long long)e->mtime,
			   e->mtime_nsec);
		if (e->major || e->minor)
			buf_printf(out, " dev %u,%u", e->major, e->minor);
		for (size_t i = 0; i < e->n_xattrs; i++)
			buf_printf(out, " %s=%.*s", e->xattrs[i].name,
				   (int)e->xattrs[i].len, e->xattrs[i].value);
		buf_add_str(out, "\n");
		if (str_starts(e->path, "skip"))
			continue;
		ssize_t n;
		uint64_t expected = 0;
		while ((n = tar_reader_data(t, &bytes, &offset, err)) > 0) {
			if (e->extents && offset != expected)
				buf_printf(out, "[%llu]", (unsigned long long)offset);
			buf_add(out, bytes, (size_t)n);
			expected = offset + (uint64_t)n;
		}
		if (expected)
			buf_add_str(out, "\n");
		if (n < 0) {
			r = (int)n;
			break;
		}
	}
	free(pieces.piece);
	return r;
}

static void check_words(struct tar_box *box, const char *want)
{
	static const size_t steps[] = {1 << 20, 512, 513, 1000, 7, 1};

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		struct error err = ERROR_INIT;
		cleanup_buf struct buf out;

		buf_init(&out, TAR_BOX_MAX);
		ck_assert_ok(describe(box->b.data, box->b.len, steps[i], &out, &err),
			     &err);
		ck_assert_str_eq(out.data ? out.data : "", want);
	}
	buf_release(&box->b);
}

static void check_refused(struct tar_box *box, const char *want)
{
	struct error err = ERROR_INIT;
	cleanup_buf struct buf out;

	buf_init(&out, TAR_BOX_MAX);
	ck_assert_int_lt(describe(box->b.data, box->b.len, 4096, &out, &err), 0);
	ck_assert_int_eq(err.kind, ERR_INVALID);
	ck_assert_msg(strstr(err.text, want) != NULL, "%s: no %s in it", err.text, want);
	error_release(&err);
	buf_release(&box->b);
}

START_TEST(test_types)
{
	struct tar_box box;

	tar_box_init(&box);
	tar_box_dir(&box, "d/");
	tar_box_file(&box, "d/f", "content");
	tar_box_file(&box, "skipped", "content");
	tar_box_symlink(&box, "l", "/d/f");
	tar_box_hardlink(&box, "h", "d/f");
	tar_box_add(&box, (struct tar_box_entry){.name = "c",
						 .type = '3',
						 .major = "0000005",
						 .minor = "0000001",
						 .mode = "0020666"});
	tar_box_add(&box,
		    (struct tar_box_entry){.name = "b", .type = '4', .major = "0000010"});
	tar_box_add(&box, (struct tar_box_entry){.name = "p", .type = '6'});
	tar_box_add(&box,
		    (struct tar_box_entry){.name = "7", .type = '7', .content = "x"});
	tar_box_add(&box,
		    (struct tar_box_entry){.name = "old/", .no_type = true, .magic = ""});
	tar_box_add(&box,
		    (struct tar_box_entry){
			    .name = "old", .no_type = true, .magic = "", .prefix = "no"});
	tar_box_add(&box, (struct tar_box_entry){.name = "n", .prefix = "pre/fix"});
	/* what follows the end is not read */
	tar_box_end(&box);
	tar_box_bytes(&box, "anything", 8);
	check_words(&box, "d d/ 755 0:0 0 @1.000000000\n"
			  "f d/f 644 0:0 7 @1.000000000\ncontent\n"
			  "f skipped 644 0:0 7 @1.000000000\n"
			  "l l -> /d/f 644 0:0 0 @1.000000000\n"
			  "h h -> d/f 644 0:0 0 @1.000000000\n"
			  "c c 666 0:0 0 @1.000000000 dev 5,1\n"
			  "b b 644 0:0 0 @1.000000000 dev 8,0\n"
			  "p p 644 0:0 0 @1.000000000\n"
			  "f 7 644 0:0 1 @1.000000000\nx\n"
			  "d old/ 644 0:0 0 @1.000000000\n"
			  "f old 644 0:0 0 @1.000000000\n"
			  "f pre/fix/n 644 0:0 0 @1.000000000\n");
}
END_TEST

START_TEST(test_empty)
{
	struct tar_box box;

	tar_box_init(&box);
	check_words(&box, "");
	tar_box_init(&box);
	tar_box_end(&box);
	check_words(&box, "");
	tar_box_init(&box);
	tar_box_file(&box, "f", "");
	check_words(&box, "f f 644 0:0 0 @1.000000000\n"); /* no end: as other readers */
}
END_TEST

static const struct {
	const char *field;
	size_t len;
	bool ok;
	int64_t value;
} numbers[] = {
	{"0000644", 8, true, 0644},
	{"  644 \0", 8, true, 0644},
	{"00000644", 8, true, 0644}, /* all of it digits */
	{"\0\0\0\0\0\0\0\0", 8, true, 0},
	{"        ", 8, true, 0},
	{"\00012\0\0\0\0", 8, true, 012},
	{"12\0x\0\0\0", 8, true, 012},
	{"12 x\0\0\0", 8, false, 0},
	{"-1\0\0\0\0\0", 8, false, 0},
	{"8\0\0\0\0\0\0", 8, false, 0},
	{"777777777777", 12, true, 0777777777777},
	{"\x80\0\0\0\0\0\0\0\0\0\1\2", 12, true, 258},
	{"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", 12, true, INT64_MAX},
	{"\x80\0\0\0\x80\0\0\0\0\0\0\0", 12, false, 0},
	{"\x80\1\0\0\0\0\0\0\0\0\0\0", 12, false, 0},
	{"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12, true, -1},
	{"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0", 12, true, -256},
	{"\xff\xff\xff\xff\x80\0\0\0\0\0\0\0", 12, true, INT64_MIN},
	{"\xff\xff\xff\xff\x7f\xff\xff\xff\xff\xff\xff\xff", 12, false, 0},
	{"\x80\0\0\0\0\0\1\0", 8, true, 256},
};

START_TEST(test_numbers)
{
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		int64_t value = -7;
		int r = tar_header_number((const uint8_t *)numbers[i].field,
					  numbers[i].len, &value);

		ck_assert_msg(r == (numbers[i].ok ? 0 : -EINVAL), "%zu: %d", i, r);
		if (numbers[i].ok)
			ck_assert_int_eq(value, numbers[i].value);
	}
}
END_TEST

START_TEST(test_checksum)
{
	struct tar_box box;

	tar_box_init(&box);
	tar_box_add(&box,
		    (struct tar_box_entry){.name = "\xc3\xa4", .signed_checksum = true});
	check_words(&box, "f \xc3\xa4 644 0:0 0 @1.000000000\n");
	tar_box_init(&box);
	tar_box_file(&box, "a", "b");
	tar_box_add(&box, (struct tar_box_entry){.name = "f", .bad_checksum = true});
	check_refused(&box, "tar archive, byte 1024: no tar header, or a damaged one");
}
END_TEST

static void pax_then_file(struct tar_box *box, const char *key, const char *value)
{
	tar_box_init(box);
	tar_box_pax_text(box, key, value);
	tar_box_file(box, "f", "12345");
	tar_box_file(box, "g", "");
}

static const struct {
	const char *key, *value,
		*first; /* what is said of the first; the second is as ever */
} records[] = {
	{"path", "another", "f another 644 0:0 5 @1.000000000\n12345\n"},
	{"path", "", "f f 644 0:0 5 @1.000000000\n12345\n"},
	{"linkpath", "unused", "f f -> unused 644 0:0 5 @1.000000000\n12345\n"},
	{"uid", "4000000", "f f 644 4000000:0 5 @1.000000000\n12345\n"},
	{"gid", "4294967294", "f f 644 0:4294967294 5 @1.000000000\n12345\n"},
	{"mtime", "1700000000.5", "f f 644 0:0 5 @1700000000.500000000\n12345\n"},
	{"mtime", "-1.25", "f f 644 0:0 5 @-2.750000000\n12345\n"},
	{"mtime", "-0.25", "f f 644 0:0 5 @-1.750000000\n12345\n"},
	{"mtime", "12.1234567899", "f f 644 0:0 5 @12.123456789\n12345\n"},
	{"size", "3", "f f 644 0:0 3 @1.000000000\n123\n"},
	{"comment", "a=b", "f f 644 0:0 5 @1.000000000\n12345\n"},
	{"SCHILY.xattr.user.a", "b=c", "f f 644 0:0 5 @1.000000000 user.a=b=c\n12345\n"},
	{"SCHILY.xattr.user.a", "", "f f 644 0:0 5 @1.000000000 user.a=\n12345\n"},
	{"LIBARCHIVE.xattr.user.%41%2525", "aGVsbG8",
	 "f f 644 0:0 5 @1.000000000 user.A%25=hello\n12345\n"},
	{"GNU.sparse.major", "", "f f 644 0:0 5 @1.000000000\n12345\n"},
};

START_TEST(test_pax)
{
	for (size_t i = 0; i < ARRAY_SIZE(records); i++) {
		cleanup_free char *want =
			xasprintf("%sf g 644 0:0 0 @1.000000000\n", records[i].first);
		struct tar_box box;

		pax_then_file(&box, records[i].key, records[i].value);
		check_words(&box, want);
	}
}
END_TEST

static const struct {
	const char *key, *value, *words;
} bad_records[] = {
	{"uid", "4294967295", "uid"},
	{"uid", "-1", "uid"},
	{"uid", "x", "uid"},
	{"mtime", "1.x", "mtime"},
	{"mtime", "99999999999999999999", "mtime"},
	{"mtime", "-9223372036854775808.5", "mtime"},
	{"size", "-1", "size"},
	{"size", "99999999999999999999999", "size"},
	{"size", "9223372036854775808", "impossible size"},
	{"size", "9223372036854775807", "cut off"},
	{"size", "5000", "cut off"},
	{"LIBARCHIVE.xattr.user.a", "?", "malformed"},
	{"LIBARCHIVE.xattr.user.%0", "aaaa", "malformed"},
	{"LIBARCHIVE.xattr.user.%00", "aaaa", "malformed"},
	{"LIBARCHIVE.xattr.%zz", "aaaa", "malformed"},
	{"SCHILY.xattr.", "x", "name"},
	{"GNU.sparse.major", "2", "unknown format"},
	{"GNU.sparse.map", "0,1,2", "odd"},
	{"GNU.sparse.map", "0,9", "malformed map"},
	{"GNU.sparse.map", "3,2,0,3", "malformed map"},
	{"GNU.sparse.numbytes", "5", "numbytes"},
	{"GNU.sparse.offset", "5", "without length"},
	{"", "x", "without a keyword"},
};

START_TEST(test_bad_pax)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad_records); i++) {
		struct tar_box box;

		pax_then_file(&box, bad_records[i].key, bad_records[i].value);
		check_refused(&box, bad_records[i].words);
	}
}
END_TEST

static const struct {
	const char *text;
	size_t len;
} bad_texts[] = {
	{"x", 1},
	{"\n", 1},
	{"99 path=x\n", 10},
	{"11 path=x\n", 10},
	{"9 path=x\n", 10},
	{"18446744073709551626 path=x\n", 28},
	{"0 \n", 3},
	{"10 path=x\0", 10},
	{"10path=xx\n", 10},
	{"10 p\0th=x\n", 11},
	{"12 path=x\0y\n", 12},
	{"10 path=x\n ", 11},
	{" 10 path=x\n", 11},
	{"-10 path=x\n", 11},
};

START_TEST(test_bad_records)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad_texts); i++) {
		struct tar_box box;

		tar_box_init(&box);
		tar_box_add(&box,
			    (struct tar_box_entry){.name = "x",
						   .type = 'x',
						   .content = bad_texts[i].text,
						   .content_len = bad_texts[i].len});
		tar_box_file(&box, "f", "");
		check_refused(&box, "extended header: ");
	}
}
END_TEST

START_TEST(test_global)
{
	struct tar_box box;

	tar_box_init(&box);
	tar_box_add(&box, (struct tar_box_entry){.name = "g",
						 .type = 'g',
						 .content = "9 uid=77\n16 path=ignored\n"
							    "23 mtime=1600000000.25\n"});
	tar_box_file(&box, "a", "");
	tar_box_pax_text(&box, "uid", "5");
	tar_box_file(&box, "b", "");
	tar_box_file(&box, "c", "");
	check_words(&box, "f a 644 77:0 0 @1600000000.250000000\n"
			  "f b 644 5:0 0 @1600000000.250000000\n"
			  "f c 644 77:0 0 @1600000000.250000000\n");
}
END_TEST

START_TEST(test_long_names)
{
	cleanup_free char *name = xcalloc(1, TAR_PATH_MAX + 2), *want = NULL;
	struct tar_box box;

	for (size_t i = 0; i < TAR_PATH_MAX; i++)
		name[i] = i % 100 ? 'n' : '/';
	want = xasprintf("l %s -> %s 644 0:0 0 @1.000000000\n"
			 "f short 644 0:0 0 @1.000000000\n"
			 "l %s -> %s 644 0:0 0 @1.000000000\n",
			 name, name, name, name);
	tar_box_init(&box);
	tar_box_add(&box, (struct tar_box_entry){.name = "././@LongLink",
						 .type = 'L',
						 .content = name,
						 .content_len = TAR_PATH_MAX + 1});
	tar_box_add(&box, (struct tar_box_entry){
				  .name = "././@LongLink", .type = 'K', .content = name});
	tar_box_symlink(&box, "cut", "cut");
	tar_box_file(&box, "short", "");
	tar_box_pax_text(&box, "path", name);
	tar_box_add(&box, (struct tar_box_entry){
				  .name = "././@LongLink", .type = 'K', .content = name});
	tar_box_symlink(&box, "cut", "cut");
	check_words(&box, want);

	name[TAR_PATH_MAX] = 'n';
	tar_box_init(&box);
	tar_box_add(&box, (struct tar_box_entry){
				  .name = "././@LongLink", .type = 'L', .content = name});
	tar_box_file(&box, "f", "");
	check_refused(&box, "name of 4096 bytes; 4095 are allowed");
	pax_then_file(&box, "path", name);
	check_refused(&box, "path of 4096 bytes; 4095 are allowed");
}
END_TEST

START_TEST(test_bounds)
{
	struct tar_box box;
	cleanup_free char *large = xcalloc(1, TAR_META_MAX + 1);

	tar_box_init(&box);
	for (int i = 0; i < 20; i++)
		tar_box_pax_text(&box, "path", "again");
	tar_box_file(&box, "f", "");
	check_refused(&box, "more than 16 extended headers");

	tar_box_init(&box);
	tar_box_add(&box, (struct tar_box_entry){
				  .name = "x", .type = 'x', .size = "77777777777"});
	check_refused(&box, "extended header of 8589934591 bytes");
	tar_box_init(&box);
	tar_box_pax(&box, "SCHILY.xattr.user.a", large, TAR_XATTR_MAX + 1);
	tar_box_file(&box, "f", "");
	check_refused(&box, "attribute user.a of 65537 bytes; 65536 are allowed");
	tar_box_init(&box);
	tar_box_add(&box, (struct tar_box_entry){.name = "f",
						 .size = "\xff\xff\xff\xff\xff\xff"
							 "\xff\xff\xff\xff\xff\xff"});
	check_refused(&box, "impossible size");
	tar_box_init(&box);
	tar_box_add(&box, (struct tar_box_entry){.name = "f",
						 .uid = "\xff\xff\xff\xff"
							"\xff\xff\xff\xff"});
	check_refused(&box, "f belongs to -1:0: no such ids");
	tar_box_init(&box);
	tar_box_add(&box, (struct tar_box_entry){.name = ""});
	check_refused(&box, "without a name");
	tar_box_init(&box);
	tar_box_add(&box, (struct tar_box_entry){.name = "f", .type = 'Q'});
	check_refused(&box, "f is of an unknown type");
	tar_box_init(&box);
	tar_box_file(&box, "f", "");
	tar_box_bytes(&box, large, 512);
	tar_box_file(&box, "g", "");
	check_refused(&box, "a block of zeros between entries");
	tar_box_init(&box);
	tar_box_pax_text(&box, "path", "of nothing");
	tar_box_end(&box);
	check_refused(&box, "cut off");
}
END_TEST

/* GNU's three ways to store "abc", a hole, "de" at 1000 and a hole to 2000. */
START_TEST(test_sparse)
{
	static const char want[] = "f s 644 0:0 2000 @1.000000000\nabc[1000]de\n"
				   "f g 644 0:0 0 @1.000000000\n";
	struct tar_box box;
	char block[512] = "2\n0\n3\n1000\n2\n";

	for (int way = 0; way < 3; way++) {
		tar_box_init(&box);
		if (way == 0) { /* 0.0 */
			tar_box_add(&box,
				    (struct tar_box_entry){
					    .name = "x",
					    .type = 'x',
					    .content = "24 GNU.sparse.size=2000\n"
						       "26 GNU.sparse.numblocks=2\n"
						       "23 GNU.sparse.offset=0\n"
						       "25 GNU.sparse.numbytes=3\n"
						       "26 GNU.sparse.offset=1000\n"
						       "25 GNU.sparse.numbytes=2\n"});
			tar_box_file(&box, "s", "abcde");
		} else if (way == 1) { /* 0.1 */
			tar_box_add(&box,
				    (struct tar_box_entry){
					    .name = "x",
					    .type = 'x',
					    .content = "24 GNU.sparse.size=2000\n"
						       "21 GNU.sparse.name=s\n"
						       "29 GNU.sparse.map=0,3,1000,2\n"});
			tar_box_file(&box, "GNUSparseFile/s", "abcde");
		} else { /* 1.0 */
			memcpy(block + 507, "xxxxx", 5);
			char content[517];
			memcpy(content, block, 512);
			memcpy(content + 512, "abcde", 5);
			tar_box_add(&box,
				    (struct tar_box_entry){
					    .name = "x",
					    .type = 'x',
					    .content = "22 GNU.sparse.major=1\n"
						       "22 GNU.sparse.minor=0\n"
						       "21 GNU.sparse.name=s\n"
						       "28 GNU.sparse.realsize=2000\n"});
			tar_box_add(&box,
				    (struct tar_box_entry){.name = "GNUSparseFile/s",
							   .content = content,
							   .content_len = 517});
		}
		tar_box_file(&box, "g", "");
		check_words(&box, want);
	}
}
END_TEST

/* Type S: four pieces in the header, 21 in each block behind it. */
START_TEST(test_old_sparse)
{
	char header[512] = "s", more[512] = {0}, numbers_text[30];
	struct tar_box box;
	char content[30];

	for (size_t i = 0; i < 5; i++) {
		char *at = i < 4 ? header + 386 + 24 * i : more;

		snprintf(numbers_text, sizeof(numbers_text), "%011zo", i * 1000);
		memcpy(at, numbers_text, 12);
		memcpy(at + 12, "00000000005", 12);
	}
	memcpy(header + 100, "0000644", 8);
	memcpy(header + 124, "00000000031", 12); /* 25 */
	memcpy(header + 257, "ustar  ", 8);
	memcpy(header + 483, "00000011610", 12); /* 5000 */
	header[156] = 'S';
	header[482] = 1;
	tar_box_seal(header, &(struct tar_box_entry){0});
	tar_box_init(&box);
	tar_box_bytes(&box, header, 512);
	tar_box_bytes(&box, more, 512);
	for (size_t i = 0; i < 25; i++)
		content[i] = (char)('a' + i);
	tar_box_bytes(&box, content, 25);
	tar_box_pad(&box);
	tar_box_file(&box, "g", "");
	check_words(&box, "f s 644 0:0 5000 @0.000000000\n"
			  "abcde[1000]fghij[2000]klmno[3000]pqrst[4000]uvwxy\n"
			  "f g 644 0:0 0 @1.000000000\n");

	/* blocks without an end that hold nothing */
	tar_box_init(&box);
	tar_box_bytes(&box, header, 512);
	memset(more, 0, sizeof(more));
	more[504] = 1;
	for (int i = 0; i < 3; i++)
		tar_box_bytes(&box, more, 512);
	check_refused(&box, "malformed map");
}
END_TEST

/* Cut anywhere but between entries it is refused; what fills a file's last block may be missing. */
START_TEST(test_truncated)
{
	struct tar_box box;

	tar_box_init(&box);
	tar_box_pax_text(&box, "path", "long");
	tar_box_file(&box, "f", "12345");
	tar_box_dir(&box, "d");
	for (size_t len = 1; len < box.b.len; len++) {
		struct error err = ERROR_INIT;
		cleanup_buf struct buf out;
		bool whole = len >= 3 * 512 + 5 && len <= 4 * 512;

		buf_init(&out, TAR_BOX_MAX);
		int r = describe(box.b.data, len, 300, &out, &err);
		ck_assert_msg(r == (whole ? 0 : -EINVAL), "cut at %zu: %d", len, r);
		error_release(&err);
	}
	buf_release(&box.b);
}
END_TEST

static int to_buf(void *data, const void *bytes, size_t len, struct error *err)
{
	return buf_add(data, bytes, len);
}

/* What the writer writes, the reader reads. */
START_TEST(test_writer)
{
	static const char long_name[] =
		"directory-1/directory-2/directory-3/directory-4/directory-5/directory-6/"
		"directory-7/directory-8/directory-9/file";
	struct tar_xattr xattrs[] = {{"security.capability", "\1\2", 2},
				     {"user.a", "b", 1}};
	char unsplit[202] = {0};
	memset(unsplit, 'n', 201);
	struct tar_entry entries[] = {
		{.type = TAR_DIR, .path = "d/", .mode = 01777, .mtime = 5},
		{.type = TAR_FILE,
		 .path = "d/f",
		 .mode = 04755,
		 .uid = 1000,
		 .gid = 3000000,
		 .size = 3,
		 .mtime = 1700000000,
		 .mtime_nsec = 120000000},
		{.type = TAR_FILE, .path = long_name, .mtime = -5, .mtime_nsec = 1},
		{.type = TAR_FILE,
		 .path = unsplit,
		 .uid = 4294967294,
		 .mtime = -1,
		 .mtime_nsec = 500000000},
		{.type = TAR_SYMLINK, .path = "l", .link = unsplit},
		{.type = TAR_HARDLINK, .path = "h", .link = "d/f", .size = 3},
		{.type = TAR_CHAR, .path = "c", .major = 5, .minor = 70000},
		{.type = TAR_BLOCK_DEVICE, .path = "b", .major = 7},
		{.type = TAR_FIFO, .path = "\xc3\xa4", .xattrs = xattrs, .n_xattrs = 2},
		{.type = TAR_FILE, .path = "old", .mtime = -100},
	};
	cleanup_free char *want = xasprintf(
		"d d/ 1777 0:0 0 @5.000000000\n"
		"f d/f 4755 1000:3000000 3 @1700000000.120000000\nabc\n"
		"f %s 0 0:0 0 @-5.000000001\n"
		"f %s 0 4294967294:0 0 @-1.500000000\n"
		"l l -> %s 0 0:0 0 @0.000000000\n"
		"h h -> d/f 0 0:0 0 @0.000000000\n"
		"c c 0 0:0 0 @0.000000000 dev 5,70000\n"
		"b b 0 0:0 0 @0.000000000 dev 7,0\n"
		"p \xc3\xa4 0 0:0 0 @0.000000000 security.capability=\1\2 user.a=b\n"
		"f old 0 0:0 0 @-100.000000000\n",
		long_name, unsplit, unsplit);
	struct error err = ERROR_INIT;
	struct tar_box box;
	struct tar_sink sink = {to_buf, &box.b};
	cleanup_tar_writer struct tar_writer *w = tar_writer_new(&sink);

	tar_box_init(&box);
	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		entries[i].link = entries[i].link ? entries[i].link : "";
		ck_assert_ok(tar_writer_entry(w, &entries[i], &err), &err);
		if (i == 1) {
			ck_assert_int_lt(tar_writer_entry(w, &entries[2], &err), 0);
			error_release(&err);
			ck_assert_ok(tar_writer_data(w, "abc", 3, &err), &err);
			ck_assert_int_lt(tar_writer_data(w, "d", 1, &err), 0);
			error_release(&err);
		}
	}
	ck_assert_ok(tar_writer_end(w, &err), &err);
	ck_assert_uint_eq(box.b.len % 512, 0);
	check_words(&box, want);
}
END_TEST

START_TEST(test_index)
{
	struct error err = ERROR_INIT;
	struct tar_box box;
	cleanup_tar_index struct tar_index index = {0};
	cleanup_free char *large = xcalloc(1, 100000);

	memset(large, 'x', 99999);
	tar_box_init(&box);
	tar_box_file(&box, "./manifest.json", "[]");
	tar_box_file(&box, "blob", large);
	tar_box_symlink(&box, "../../x", "/etc/passwd");
	tar_box_file(&box, "manifest.json", "later");
	tar_box_end(&box);
	cleanup_fd int fd = open(unit_dir(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	ck_assert_int_eq(write(fd, box.b.data, box.b.len), (ssize_t)box.b.len);

	ck_assert_ok(tar_index_read(fd, &index, &err), &err);
	ck_assert_uint_eq(index.n, 4);
	const struct tar_member *m = tar_index_find(&index, "./blob");
	ck_assert_uint_eq(m->size, 99999);
	char byte = 0;
	ck_assert_int_eq(pread(fd, &byte, 1, (off_t)(m->offset + m->size - 1)), 1);
	ck_assert_int_eq(byte, 'x');
	m = tar_index_find(&index, "manifest.json");
	ck_assert_uint_eq(m->size, 5);
	m = tar_index_find(&index, "../../x");
	ck_assert_int_eq(m->type, TAR_SYMLINK);
	ck_assert_str_eq(m->link, "/etc/passwd");
	ck_assert_ptr_null(tar_index_find(&index, "x"));

	tar_index_release(&index);
	ck_assert_int_eq(ftruncate(fd, 5000), 0);
	ck_assert_int_eq(tar_index_read(fd, &index, &err), -EINVAL);
	ck_assert(strstr(err.text, "cut off") != NULL);
	error_release(&err);
	buf_release(&box.b);
}
END_TEST

UNIT_MAIN("tar", test_types, test_empty, test_numbers, test_checksum, test_pax,
	  test_bad_pax, test_bad_records, test_global, test_long_names, test_bounds,
	  test_sparse, test_old_sparse, test_truncated, test_writer, test_index)
