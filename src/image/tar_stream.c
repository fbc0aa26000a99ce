/* SPDX-License-Identifier: Apache-2.0 */
#include "image/tar_stream.h"

#include <string.h>

ssize_t tar_stream_some(struct tar_stream *s, uint64_t max, const uint8_t **ret,
			struct error *err)
{
	if (s->left == 0) {
		ssize_t n = s->source.more(s->source.data, &s->at, err);

		s->failed = n < 0;
		if (n <= 0)
			return n;
		s->left = (size_t)n;
	}
	size_t n = s->left < max ? s->left : (size_t)max;
	*ret = s->at;
	s->at += n;
	s->left -= n;
	s->offset += n;
	return (ssize_t)n;
}

int tar_stream_cut_off(const struct tar_stream *s, struct error *err)
{
	return error_set(err, ERR_INVALID, 0,
			 "the archive is cut off: it ends at byte %llu in the middle of "
			 "something",
			 (unsigned long long)s->offset);
}

int tar_stream_block(struct tar_stream *s, const uint8_t **ret, struct error *err)
{
	ssize_t n = tar_stream_some(s, TAR_BLOCK, ret, err);

	if (n <= 0)
		return (int)n;
	/* Always a copy: what headers say is looked at more than once, and the memory may be one that another
	 * process writes to. */
	memcpy(s->scratch, *ret, (size_t)n);
	int r = tar_stream_read(s, s->scratch + n, TAR_BLOCK - (size_t)n, err);
	*ret = s->scratch;
	return r < 0 ? r : 1;
}

int tar_stream_read(struct tar_stream *s, void *to, size_t n, struct error *err)
{
	const uint8_t *from;

	while (n > 0) {
		ssize_t some = tar_stream_some(s, n, &from, err);

		if (some < 0)
			return (int)some;
		if (some == 0)
			return tar_stream_cut_off(s, err);
		memcpy(to, from, (size_t)some);
		to = (uint8_t *)to + some;
		n -= (size_t)some;
	}
	return 0;
}

int tar_stream_skip(struct tar_stream *s, uint64_t n, struct error *err)
{
	const uint8_t *from;

	while (n > 0) {
		if (s->left == 0 && s->source.skip) {
			s->offset += n;
			return s->source.skip(s->source.data, n, err);
		}
		ssize_t some = tar_stream_some(s, n, &from, err);
		if (some < 0)
			return (int)some;
		if (some == 0)
			return tar_stream_cut_off(s, err);
		n -= (uint64_t)some;
	}
	return 0;
}
