/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a tar archive: what the reader makes of them keeps its promises, and does not depend on
 * the pieces that they come in.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "image/tar_reader.h"
#include "util/mem.h"

#define INPUT_MAX (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct pieces {
	const uint8_t *data;
	size_t len, at, step;
	uint8_t *piece; /* of its own, so that a sanitizer sees use after its time */
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

static uint64_t mix(uint64_t sum, const void *data, size_t len)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < len; i++)
		sum = (sum ^ bytes[i]) * UINT64_C(1099511628211);
	return sum;
}

static uint64_t check_entry(const struct tar_entry *e, uint64_t sum)
{
	uint64_t end = 0;

	assert(e->path[0] && strlen(e->path) <= TAR_PATH_MAX);
	assert(strlen(e->link) <= TAR_PATH_MAX);
	assert(e->mode <= 07777 && e->mtime_nsec < 1000000000);
	assert(e->type == TAR_FILE || (e->size == 0 && !e->extents));
	assert(e->size <= INT64_MAX && e->n_xattrs <= TAR_XATTRS_MAX);
	for (size_t i = 0; i < e->n_extents; i++) {
		assert(e->extents[i].offset >= end);
		end = e->extents[i].offset + e->extents[i].len;
	}
	assert(end <= e->size);
	sum = mix(sum, e->path, strlen(e->path));
	sum = mix(sum, e->link, strlen(e->link));
	sum = mix(sum, &e->size, sizeof(e->size));
	for (size_t i = 0; i < e->n_xattrs; i++) {
		assert(e->xattrs[i].name[0] && e->xattrs[i].len <= TAR_XATTR_MAX);
		sum = mix(sum, e->xattrs[i].name, strlen(e->xattrs[i].name));
		sum = mix(sum, e->xattrs[i].value, e->xattrs[i].len);
	}
	return sum;
}

static uint64_t read_content(struct tar_reader *t, const struct tar_entry *e,
			     uint64_t sum, int *ret)
{
	struct error err = ERROR_INIT;
	const uint8_t *bytes;
	uint64_t offset = 0, end = 0, total = 0;
	ssize_t n;

	while ((n = tar_reader_data(t, &bytes, &offset, &err)) > 0) {
		assert(offset >= end && offset <= e->size &&
		       (uint64_t)n <= e->size - offset);
		end = offset + (uint64_t)n;
		total += (uint64_t)n;
		sum = mix(sum, bytes, (size_t)n);
	}
	assert(n < 0 || total == e->stored_size);
	assert((n < 0) == error_is_set(&err));
	error_release(&err);
	*ret = n < 0 ? -1 : 1;
	return sum;
}

static uint64_t read_all(const uint8_t *data, size_t len, size_t step)
{
	struct pieces pieces = {.data = data, .len = len, .step = step};
	struct tar_source source = {.more = next_piece, .data = &pieces};
	struct tar_reader *t = tar_reader_new(&source);
	struct error err = ERROR_INIT;
	const struct tar_entry *e;
	uint64_t sum = 0;
	int r;

	while ((r = tar_reader_next(t, &e, &err)) == 1) {
		sum = check_entry(e, sum);
		if (e->path[0] != 's') /* some are skipped */
			sum = read_content(t, e, sum, &r);
		if (r < 0)
			break;
	}
	assert(r >= -1 || error_is_set(&err));
	error_release(&err);
	tar_reader_free(t);
	free(pieces.piece);
	return mix(sum, &r, sizeof(r));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len > INPUT_MAX)
		return 0;
	uint64_t whole = read_all(data, len, len > 0 ? len : 1);
	assert(read_all(data, len, 512) == whole);
	assert(read_all(data, len, 333) == whole);
	return 0;
}
