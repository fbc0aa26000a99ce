/* SPDX-License-Identifier: Apache-2.0 */
#include "image/layer_stream.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "image/blob_writer.h"
#include "image/decompress.h"
#include "image/hash.h"
#include "util/digest.h"
#include "util/mem.h"

#define READ_SIZE (256 * 1024)
#define RECORDS   64 /* of the growth pipe, at a time */

/* The ring's note. */
enum note_state { NOTE_NONE, NOTE_DONE, NOTE_FAILED };
struct note {
	uint32_t state;
	uint32_t compression;
	uint64_t tar_size;
	char diff_id[DIGEST_TEXT_MAX];
	char error[ERROR_PACK_MAX];
	uint64_t error_len;
};
_Static_assert(sizeof(struct note) <= LAYER_RING_NOTE_MAX, "the note fits");

struct stream {
	const struct layer_input *in;
	struct layer_ring *ring;
	struct hash *hash;
	uint64_t max_bytes, total;
	uint64_t offset, known; /* bytes of the blob: read; there */
	bool complete;          /* known is all */
	uint8_t *data;          /* READ_SIZE */
	struct decompressor *decompressor;
	enum compression compression;
	uint8_t *chunk; /* being filled; NULL: none */
	struct decompress_io io;
};

static int nobody_reads(struct error *err)
{
	return error_set(err, ERR_SYSTEM, EPIPE, "hand on a layer's bytes");
}

/* What was filled is handed on; it is hashed while the other process already works with it. */
static int flush(struct stream *s, struct error *err)
{
	uint8_t *chunk = s->chunk;
	size_t len = chunk ? LAYER_CHUNK_SIZE - s->io.out_len : 0;

	if (len == 0)
		return 0;
	s->chunk = NULL;
	s->total += len;
	if (s->total > s->max_bytes) {
		error_set(err, ERR_INVALID, EFBIG,
			  "the layer has more than the %llu bytes that are allowed",
			  (unsigned long long)s->max_bytes);
		return error_hint(err, "layer_max_size in cubby.conf allows more");
	}
	if (layer_ring_put(s->ring, len) < 0)
		return nobody_reads(err);
	hash_add(s->hash, chunk,
		 len); /* only this process writes to it, in the next round */
	return 0;
}

static int want_room(struct stream *s, struct error *err)
{
	if (s->chunk)
		return 0;
	if (layer_ring_room(s->ring, &s->chunk) < 0)
		return nobody_reads(err);
	s->io.out = s->chunk;
	s->io.out_len = LAYER_CHUNK_SIZE;
	return 0;
}

/* Until the growth pipe has something, or nobody reads the ring any more. */
static int wait_for_growth(struct stream *s, struct error *err)
{
	struct pollfd fds[] = {{.fd = s->in->growth_fd, .events = POLLIN},
			       {.fd = s->ring->empty[0], .events = 0}};
	int r;

	do
		r = poll(fds, ARRAY_SIZE(fds), -1);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, errno, "wait for a download");
	return fds[1].revents & (POLLHUP | POLLERR) ? nobody_reads(err) : 0;
}

static int read_growth(struct stream *s, struct error *err)
{
	uint64_t records[RECORDS];
	int r = wait_for_growth(s, err);
	ssize_t n;

	if (r < 0)
		return r;
	do
		n = read(s->in->growth_fd, records, sizeof(records));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_set(err, ERR_SYSTEM, errno, "follow a download");
	if (n == 0)
		return error_set(err, ERR_UNAVAILABLE, 0,
				 "the download of the layer was given up");
	if (n % (ssize_t)sizeof(*records) != 0)
		return error_set(err, ERR_SYSTEM, EBADMSG, "follow a download");
	uint64_t last = records[(size_t)n / sizeof(*records) - 1];
	s->complete = last & BLOB_GROWTH_COMPLETE;
	s->known = last & ~BLOB_GROWTH_COMPLETE;
	return 0;
}

/* Return: 1 when there are bytes to read, 0 at the end. What is ready meanwhile is handed on. */
static int wait_for_bytes(struct stream *s, struct error *err)
{
	while (s->offset >= s->known && !s->complete) {
		int r = flush(s, err);

		if (r == 0)
			r = read_growth(s, err);
		if (r < 0)
			return r;
	}
	return s->offset < s->known;
}

/* At most len of those that are there. */
static ssize_t read_bytes(struct stream *s, void *to, size_t len, struct error *err)
{
	ssize_t n;

	if (len > s->known - s->offset)
		len = (size_t)(s->known - s->offset);
	do
		n = pread(s->in->fd, to, len, (off_t)s->offset);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_set(err, ERR_SYSTEM, errno, "read the layer's blob");
	if (n == 0)
		return error_set(err, ERR_SYSTEM, EIO,
				 "read the layer's blob: it has become shorter");
	s->offset += (uint64_t)n;
	return n;
}

/* What is stored as it is goes straight into the ring. */
static int copy_plain(struct stream *s, struct error *err)
{
	int r;

	while ((r = wait_for_bytes(s, err)) == 1) {
		r = want_room(s, err);
		if (r < 0)
			return r;
		ssize_t n = read_bytes(s, s->io.out, s->io.out_len, err);
		if (n < 0)
			return (int)n;
		s->io.out += n;
		s->io.out_len -= (size_t)n;
		r = s->io.out_len == 0 ? flush(s, err) : 0;
		if (r < 0)
			return r;
	}
	return r < 0 ? r : flush(s, err);
}

/* All that the input at hand gives. */
static int decompress_piece_of(struct stream *s, struct error *err)
{
	bool filled;

	do {
		int r = want_room(s, err);

		if (r == 0)
			r = decompressor_step(s->decompressor, &s->io, err);
		if (r < 0)
			return r;
		filled = s->io.out_len == 0;
		if (filled) {
			r = flush(s, err);
			if (r < 0)
				return r;
		}
	} while (filled || s->io.in_len > 0);
	return 0;
}

static int decompress_all(struct stream *s, struct error *err)
{
	int r = decompressor_new(s->compression, &s->decompressor, err);

	while (r == 0 && (r = wait_for_bytes(s, err)) == 1) {
		ssize_t n = read_bytes(s, s->data, READ_SIZE, err);

		if (n < 0)
			return (int)n;
		s->io.in = s->data;
		s->io.in_len = (size_t)n;
		r = decompress_piece_of(s, err);
		if (r < 0)
			return r;
	}
	if (r == 0)
		r = decompressor_end(s->decompressor, err);
	return r < 0 ? r : flush(s, err);
}

static int detect(struct stream *s, struct error *err)
{
	size_t len = 0;
	int r = 0;

	while (len < COMPRESSION_MAGIC_MAX && (r = wait_for_bytes(s, err)) == 1) {
		ssize_t n =
			read_bytes(s, s->data + len, COMPRESSION_MAGIC_MAX - len, err);

		if (n < 0)
			return (int)n;
		len += (size_t)n;
	}
	s->compression = compression_detect(s->data, len);
	s->offset = 0;
	return r < 0 ? r : 0;
}

static int run(struct stream *s, struct note *note, struct error *err)
{
	int r = s->in->confine_stream ? s->in->confine_stream(err) : 0;

	if (r == 0)
		r = detect(s, err);
	if (r == 0)
		r = s->compression == COMPRESSION_NONE ? copy_plain(s, err)
						       : decompress_all(s, err);
	if (r == 0)
		r = hash_end(s->hash, note->diff_id, err);
	note->tar_size = s->total;
	note->compression = s->compression;
	return r;
}

void layer_stream_run(const struct layer_input *in, uint64_t max_bytes,
		      struct layer_ring *ring, struct hash *hash)
{
	struct note *note = (struct note *)(void *)ring->note;
	struct stream s = {.in = in,
			   .ring = ring,
			   .hash = hash,
			   .max_bytes = max_bytes,
			   .known = in->growth_fd < 0 ? in->size : 0,
			   .complete = in->growth_fd < 0,
			   .data = xmalloc(READ_SIZE)};
	struct error err = ERROR_INIT;
	int r = run(&s, note, &err);

	if (r < 0)
		note->error_len = error_pack(&err, note->error);
	note->state = r < 0 ? NOTE_FAILED : NOTE_DONE;
	layer_ring_finish(ring);
	_exit(r < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}

int layer_stream_result(const struct layer_ring *ring, struct layer_stream_result *ret,
			struct error *err)
{
	/* a copy: the other process is at its end, but may be under somebody's control */
	cleanup_free struct note *note = xmemdup(ring->note, sizeof(*note));

	if (note->state == NOTE_FAILED && note->error_len <= sizeof(note->error) &&
	    error_unpack(err, note->error, note->error_len) == 0 && error_is_set(err))
		return err->code > 0 ? -err->code : -EINVAL;
	error_release(err);
	note->diff_id[sizeof(note->diff_id) - 1] = '\0';
	if (note->state != NOTE_DONE || !digest_valid(note->diff_id) ||
	    note->compression > COMPRESSION_BZIP2)
		return error_set(err, ERR_SYSTEM, 0,
				 "decompress the layer: the process for it was killed");
	memcpy(ret->diff_id, note->diff_id, sizeof(ret->diff_id));
	ret->tar_size = note->tar_size;
	ret->compression = compression_name((enum compression)note->compression);
	return 0;
}
