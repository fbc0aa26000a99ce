/* SPDX-License-Identifier: Apache-2.0 */
/* Tar archives made byte by byte, also such as no honest program would write. */
#pragma once

#include <stdio.h>
#include <string.h>

#include "unit.h"
#include "util/buf.h"

#define TAR_BOX_MAX (64 * 1024 * 1024)

struct tar_box {
	struct buf b;
};

/* Fields as text; NULL: the usual ("0000644", "0", ...). */
struct tar_box_entry {
	const char *name, *content, *link, *mode, *uid, *gid, *size, *mtime, *magic,
		*major, *minor, *prefix;
	size_t content_len; /* 0: strlen() */
	char type;          /* 0: '0' */
	bool no_type;       /* really NUL */
	bool bad_checksum, signed_checksum;
};

static inline void tar_box_init(struct tar_box *box)
{
	buf_init(&box->b, TAR_BOX_MAX);
}

static inline void tar_box_bytes(struct tar_box *box, const void *bytes, size_t len)
{
	ck_assert_int_eq(buf_add(&box->b, bytes, len), 0);
}

static inline void tar_box_pad(struct tar_box *box)
{
	static const char zeros[512];

	tar_box_bytes(box, zeros, (512 - box->b.len % 512) % 512);
}

static inline void tar_box_field(char *block, size_t at, size_t len, const char *text)
{
	size_t n = text ? strlen(text) : 0;

	if (n > 0)
		memcpy(block + at, text, n < len ? n : len);
}

/* The checksum, last of all. */
static inline void tar_box_seal(char *block, const struct tar_box_entry *e)
{
	unsigned int sum = 0;
	char text[9];

	memset(block + 148, ' ', 8);
	for (size_t i = 0; i < 512; i++)
		sum += e->signed_checksum ? (unsigned int)(signed char)block[i]
					  : (unsigned char)block[i];
	snprintf(text, sizeof(text), "%06o", (sum + e->bad_checksum) & 0777777);
	memcpy(block + 148, text, 7);
}

static inline void tar_box_add(struct tar_box *box, struct tar_box_entry e)
{
	size_t len = e.content_len ? e.content_len : e.content ? strlen(e.content) : 0;
	char block[512] = {0}, size[24];

	snprintf(size, sizeof(size), "%011zo", len);
	tar_box_field(block, 0, 100, e.name);
	tar_box_field(block, 100, 8,
		      e.mode          ? e.mode
		      : e.type == '5' ? "0000755"
				      : "0000644");
	tar_box_field(block, 108, 8, e.uid ? e.uid : "0000000");
	tar_box_field(block, 116, 8, e.gid ? e.gid : "0000000");
	tar_box_field(block, 124, 12, e.size ? e.size : size);
	tar_box_field(block, 136, 12, e.mtime ? e.mtime : "00000000001");
	block[156] = e.no_type ? '\0' : e.type ? e.type : '0';
	tar_box_field(block, 157, 100, e.link);
	if (e.magic)
		tar_box_field(block, 257, 8, e.magic);
	else
		memcpy(block + 257, "ustar\00000", 8);
	tar_box_field(block, 329, 8, e.major);
	tar_box_field(block, 337, 8, e.minor);
	tar_box_field(block, 345, 155, e.prefix);
	tar_box_seal(block, &e);
	tar_box_bytes(box, block, sizeof(block));
	if (len > 0)
		tar_box_bytes(box, e.content, len);
	tar_box_pad(box);
}

/* A pax header of one record, whose length is right. */
static inline void tar_box_pax(struct tar_box *box, const char *key, const void *value,
			       size_t len)
{
	size_t rest = strlen(key) + len + 3, total = rest + 1;
	cleanup_buf struct buf record;
	char digits[24];

	for (size_t n = 0; n != total;) {
		n = total;
		total = rest + (size_t)snprintf(digits, sizeof(digits), "%zu", n);
	}
	buf_init(&record, TAR_BOX_MAX);
	ck_assert_int_eq(buf_printf(&record, "%zu %s=", total, key), 0);
	ck_assert_int_eq(buf_add(&record, value, len), 0);
	ck_assert_int_eq(buf_add(&record, "\n", 1), 0);
	tar_box_add(box, (struct tar_box_entry){.name = "pax",
						.type = 'x',
						.content = record.data,
						.content_len = record.len});
}

static inline void tar_box_pax_text(struct tar_box *box, const char *key,
				    const char *value)
{
	tar_box_pax(box, key, value, strlen(value));
}

static inline void tar_box_file(struct tar_box *box, const char *name,
				const char *content)
{
	tar_box_add(box, (struct tar_box_entry){.name = name, .content = content});
}

static inline void tar_box_dir(struct tar_box *box, const char *name)
{
	tar_box_add(box, (struct tar_box_entry){.name = name, .type = '5'});
}

static inline void tar_box_symlink(struct tar_box *box, const char *name, const char *to)
{
	tar_box_add(box, (struct tar_box_entry){.name = name, .type = '2', .link = to});
}

static inline void tar_box_hardlink(struct tar_box *box, const char *name, const char *to)
{
	tar_box_add(box, (struct tar_box_entry){.name = name, .type = '1', .link = to});
}

static inline void tar_box_end(struct tar_box *box)
{
	static const char zeros[1024];

	tar_box_bytes(box, zeros, sizeof(zeros));
}
