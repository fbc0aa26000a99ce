/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Source: tar(5), GNU tar's manual. Where writers have differed, numbers and names are read as Go's
 * archive/tar does, by which Docker, containerd and podman unpack: two readings of one archive would
 * be two images with one digest.
 */
#include "image/tar_header.h"

#include <string.h>

enum {
	NAME = 0,
	NAME_LEN = 100,
	MODE = 100,
	UID = 108,
	GID = 116,
	ID_LEN = 8,
	SIZE = 124,
	MTIME = 136,
	LONG_LEN = 12,
	CHECKSUM = 148,
	TYPE = 156,
	LINK = 157,
	MAGIC = 257,
	MAGIC_LEN = 8,
	MAJOR = 329,
	MINOR = 337,
	PREFIX = 345,
	PREFIX_LEN = 155,
	STAR_PREFIX_LEN = 131,
	GNU_ATIME = 345,
	GNU_CTIME = 357,
	STAR_TRAILER = 508,
};

static int octal(const uint8_t *field, size_t len, int64_t *ret)
{
	uint64_t n = 0;

	/* blanks and NULs stand before or behind the digits, or instead of them */
	while (len > 0 && (*field == ' ' || *field == '\0')) {
		field++;
		len--;
	}
	for (; len > 0 && *field != ' ' && *field != '\0'; field++, len--) {
		if (*field < '0' || *field > '7' || n >> 60)
			return -EINVAL;
		n = n << 3 | (uint64_t)(*field - '0');
	}
	for (; len > 0 && *field != '\0'; field++, len--)
		if (*field != ' ')
			return -EINVAL;
	*ret = (int64_t)n;
	return 0;
}

int tar_header_number(const uint8_t *field, size_t len, int64_t *ret)
{
	if (!(field[0] & 0x80))
		return octal(field, len, ret);
	/* two's complement, whose first bit is the mark and whose second is the sign */
	uint64_t invert = field[0] & 0x40 ? 0xff : 0, n = 0;
	for (size_t i = 0; i < len; i++) {
		uint64_t byte = field[i] ^ invert;

		if (i == 0)
			byte &= 0x7f;
		if (n >> 55)
			return -EINVAL;
		n = n << 8 | byte;
	}
	*ret = invert ? (int64_t)~n : (int64_t)n;
	return 0;
}

static bool checksum_matches(const uint8_t *block)
{
	uint32_t plain = 0;
	int32_t as_signed = 0;
	int64_t want;

	if (octal(block + CHECKSUM, ID_LEN, &want) < 0)
		return false;
	for (size_t i = 0; i < TAR_BLOCK; i++) {
		plain += block[i];
		as_signed += (int8_t)block[i];
	}
	for (size_t i = CHECKSUM; i < CHECKSUM + ID_LEN; i++) {
		plain += (uint32_t)' ' - block[i];
		as_signed += ' ' - (int8_t)block[i];
	}
	/* some old writers added signed characters */
	return want == plain || want == as_signed;
}

static size_t copy_text(char *to, const uint8_t *field, size_t len)
{
	size_t n = strnlen((const char *)field, len);

	memcpy(to, field, n);
	to[n] = '\0';
	return n;
}

static bool is_ascii(const uint8_t *field, size_t len)
{
	for (size_t i = 0; i < len && field[i]; i++)
		if (field[i] >= 0x80)
			return false;
	return true;
}

/* What stands before the name, in the formats that have that. */
static size_t prefix_len(const uint8_t *block)
{
	int64_t time;

	if (memcmp(block + MAGIC, "ustar\0", 6) == 0)
		return memcmp(block + STAR_TRAILER, "tar\0", 4) == 0 ? STAR_PREFIX_LEN
								     : PREFIX_LEN;
	if (memcmp(block + MAGIC, "ustar  \0", MAGIC_LEN) != 0)
		return 0;
	/* Times stand there in GNU's format. Go before 1.8 wrote a prefix all the same. */
	bool times = (!block[GNU_ATIME] ||
		      tar_header_number(block + GNU_ATIME, LONG_LEN, &time) == 0) &&
		     (!block[GNU_CTIME] ||
		      tar_header_number(block + GNU_CTIME, LONG_LEN, &time) == 0);
	return !times && is_ascii(block + PREFIX, PREFIX_LEN) ? PREFIX_LEN : 0;
}

static void read_path(const uint8_t *block, struct tar_header *h)
{
	size_t len = prefix_len(block), n = 0;

	if (len > 0)
		n = copy_text(h->path, block + PREFIX, len);
	if (n > 0)
		h->path[n++] = '/';
	copy_text(h->path + n, block + NAME, NAME_LEN);
	copy_text(h->link, block + LINK, NAME_LEN);
}

static int read_numbers(const uint8_t *block, struct tar_header *h, struct error *err)
{
	bool has_devices = memcmp(block + MAGIC, "ustar", 5) == 0;
	int64_t mode = 0;
	const struct {
		size_t at, len;
		int64_t *ret;
		const char *what;
		bool present;
	} fields[] = {
		{MODE, ID_LEN, &mode, "mode", true},
		{UID, ID_LEN, &h->uid, "owner", true},
		{GID, ID_LEN, &h->gid, "group", true},
		{SIZE, LONG_LEN, &h->size, "size", true},
		{MTIME, LONG_LEN, &h->mtime, "time", true},
		{MAJOR, ID_LEN, &h->major, "device number", has_devices},
		{MINOR, ID_LEN, &h->minor, "device number", has_devices},
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (fields[i].present &&
		    tar_header_number(block + fields[i].at, fields[i].len,
				      fields[i].ret) < 0)
			return error_set(err, ERR_INVALID, 0, "malformed %s of %s",
					 fields[i].what, h->path);
	h->mode = (uint32_t)(mode & 07777);
	return 0;
}

int tar_header_parse(const uint8_t *block, struct tar_header *ret, struct error *err)
{
	static const uint8_t zeros[TAR_BLOCK];

	if (memcmp(block, zeros, TAR_BLOCK) == 0)
		return 0;
	if (!checksum_matches(block))
		return error_set(
			err, ERR_INVALID, 0,
			"no tar header, or a damaged one: its checksum is wrong");
	*ret = (struct tar_header){.type = (char)block[TYPE]};
	read_path(block, ret);
	int r = read_numbers(block, ret, err);
	return r < 0 ? r : 1;
}
