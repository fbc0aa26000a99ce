/* SPDX-License-Identifier: Apache-2.0 */
/* One header block: v7, ustar, GNU, star. For the tar reader only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/tar.h"
#include "util/error.h"

struct tar_header {
	char type; /* the letter as it stands */
	char path[100 + 1 + 155 + 1];
	char link[100 + 1];
	uint32_t mode;
	int64_t uid, gid, size, mtime;
	int64_t major, minor;
};

/* tar_header_parse() - block: TAR_BLOCK bytes. Return: 1; 0 if it is all zeros; ERR_INVALID: checksum,
 * malformed numbers. */
int tar_header_parse(const uint8_t *block, struct tar_header *ret,
		     struct error *err) _must_check_;

/* tar_header_number() - a numeric field: octal, or GNU's base 256. Return: 0, or -EINVAL (no *err). */
int tar_header_number(const uint8_t *field, size_t len, int64_t *ret) _must_check_;
