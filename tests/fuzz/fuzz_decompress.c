/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a compressed stream: whether it is accepted, and what comes out, does not depend on
 * the pieces that it comes in.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "image/decompress.h"
#include "util/mem.h"

#define OUTPUT_MAX (1 << 22) /* a bomb need not go off to be seen */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct outcome {
	bool whole;
	size_t total;
	uint64_t sum;
};

static struct outcome run(const uint8_t *data, size_t len, size_t in_step,
			  size_t out_step)
{
	struct outcome o = {.sum = 1};
	struct error err = ERROR_INIT;
	struct decompressor *d;
	uint8_t *room = xmalloc(out_step);
	int r = decompressor_new(compression_detect(data, len), &d, &err);

	assert(r == 0);
	for (size_t at = 0, n; r == 0 && at < len && o.total < OUTPUT_MAX; at += n) {
		n = len - at < in_step ? len - at : in_step;
		uint8_t *piece = xmemdup(data + at, n);
		struct decompress_io io = {piece, n, room, out_step};

		do {
			io.out = room;
			io.out_len = out_step;
			r = decompressor_step(d, &io, &err);
			size_t got = out_step - io.out_len;
			for (size_t i = 0; r == 0 && i < got; i++)
				o.sum = (o.sum ^ room[i]) * UINT64_C(1099511628211);
			o.total += got;
		} while (r == 0 && (io.in_len > 0 || io.out_len == 0) &&
			 o.total < OUTPUT_MAX);
		free(piece);
	}
	o.whole = r == 0 && decompressor_end(d, &err) == 0;
	error_release(&err);
	decompressor_free(d);
	free(room);
	return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct outcome once = run(data, len, len > 0 ? len : 1, 65536);
	struct outcome pieces = run(data, len, 7, 4096);

	if (once.total >= OUTPUT_MAX || pieces.total >= OUTPUT_MAX)
		return 0;
	assert(once.whole == pieces.whole);
	if (once.whole)
		assert(once.total == pieces.total && once.sum == pieces.sum);
	return 0;
}
