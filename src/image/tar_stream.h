/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of an archive, in chunks as they come, without copying where that can be. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "image/tar.h"
#include "util/error.h"

struct tar_source {
	/* more() - the next bytes, in *ret, which stay valid until the next call. Return: how many, 0 at
	 * the end, or a negative errno with *err. */
	ssize_t (*more)(void *data, const uint8_t **ret, struct error *err);
	/* skip() - jump over n bytes that nobody wants; NULL: it can't, they are read. */
	int (*skip)(void *data, uint64_t n, struct error *err);
	void *data;
};

struct tar_stream {
	struct tar_source source;
	const uint8_t *at;
	size_t left;
	uint64_t offset; /* of `at` in the archive */
	bool failed;     /* the source has: its error says more than where */
	uint8_t scratch[TAR_BLOCK];
};

/* tar_stream_some() - at least one and at most max (> 0) bytes, without copying; valid until the next
 * call. Return: how many, 0 at the end, or a negative errno. */
ssize_t tar_stream_some(struct tar_stream *s, uint64_t max, const uint8_t **ret,
			struct error *err) _must_check_;

/* tar_stream_block() - the next TAR_BLOCK bytes, valid until the next call. Return: 1; 0 at the end;
 * in the middle of a block that is ERR_INVALID. */
int tar_stream_block(struct tar_stream *s, const uint8_t **ret,
		     struct error *err) _must_check_;

/* tar_stream_read() - exactly n bytes; the end before is ERR_INVALID. */
int tar_stream_read(struct tar_stream *s, void *to, size_t n,
		    struct error *err) _must_check_;
int tar_stream_skip(struct tar_stream *s, uint64_t n, struct error *err) _must_check_;

/* tar_stream_cut_off() - the error of an archive that ends where it must not. */
int tar_stream_cut_off(const struct tar_stream *s, struct error *err);
