/* SPDX-License-Identifier: Apache-2.0 */
#include "image/tar_reader.h"

#include <stdbool.h>
#include <string.h>

#include "image/tar_header.h"
#include "image/tar_pax.h"
#include "image/tar_sparse.h"
#include "util/mem.h"
#include "util/str.h"

#define META_HEADERS_MAX 16 /* before one entry */

struct tar_reader {
	struct tar_stream stream;
	struct tar_header header;
	struct tar_entry entry;
	uint64_t left; /* of the entry's content, stored */
	size_t padding;
	size_t extent; /* that the next byte belongs to */
	uint64_t extent_done;
	struct tar_pax pax, global;
	struct tar_map map;
	char *pax_text, *long_name,
		*long_link; /* owned; of the headers before this entry */
	bool ended;
};

struct tar_reader *tar_reader_new(const struct tar_source *source)
{
	struct tar_reader *t = xcalloc(1, sizeof(*t));

	t->stream.source = *source;
	return t;
}

void tar_reader_free(struct tar_reader *t)
{
	if (!t)
		return;
	tar_pax_release(&t->pax);
	tar_pax_release(&t->global);
	free(t->map.extents);
	free(t->pax_text);
	free(t->long_name);
	free(t->long_link);
	free(t);
}

uint64_t tar_reader_offset(const struct tar_reader *t)
{
	return t->stream.offset;
}

static size_t padding_of(uint64_t size)
{
	return (size_t)(-size % TAR_BLOCK);
}

static void forget(struct tar_reader *t)
{
	tar_pax_clear(&t->pax);
	free(TAKE_PTR(t->pax_text));
	free(TAKE_PTR(t->long_name));
	free(TAKE_PTR(t->long_link));
	t->entry = (struct tar_entry){0};
	t->extent = 0;
	t->extent_done = 0;
}

/* The content of a header that speaks of the next one; NUL-terminated. */
static int read_meta(struct tar_reader *t, char **ret, struct error *err)
{
	int64_t size = t->header.size;

	if (size < 0 || size > TAR_META_MAX)
		return error_set(err, ERR_INVALID, 0,
				 "extended header of %lld bytes; %d are allowed",
				 (long long)size, TAR_META_MAX);
	free(TAKE_PTR(*ret));
	*ret = xmalloc((size_t)size + 1);
	(*ret)[size] = '\0';
	int r = tar_stream_read(&t->stream, *ret, (size_t)size, err);
	return r < 0 ? r : tar_stream_skip(&t->stream, padding_of((uint64_t)size), err);
}

static int read_long(struct tar_reader *t, char **ret, struct error *err)
{
	int r = read_meta(t, ret, err);

	if (r == 0 && strlen(*ret) > TAR_PATH_MAX)
		r = error_set(err, ERR_INVALID, 0, "name of %zu bytes; %d are allowed",
			      strlen(*ret), TAR_PATH_MAX);
	return r;
}

static int read_pax(struct tar_reader *t, struct error *err)
{
	tar_pax_clear(&t->pax);
	int r = read_meta(t, &t->pax_text, err);
	return r < 0 ? r
		     : tar_pax_parse(t->pax_text, (size_t)t->header.size, false, &t->pax,
				     err);
}

static int read_global(struct tar_reader *t, struct error *err)
{
	cleanup_free char *text = NULL;
	int r = read_meta(t, &text, err);

	return r < 0 ? r
		     : tar_pax_parse(text, (size_t)t->header.size, true, &t->global, err);
}

/* Return: 1 if the header spoke of the next, which is still to come; 0 if it is an entry's. */
static int take_meta(struct tar_reader *t, struct error *err)
{
	int r;

	switch (t->header.type) {
	case 'x':
		r = read_pax(t, err);
		break;
	case 'g':
		r = read_global(t, err);
		break;
	case 'L':
		r = read_long(t, &t->long_name, err);
		break;
	case 'K':
		r = read_long(t, &t->long_link, err);
		break;
	default:
		return 0;
	}
	return r < 0 ? r : 1;
}

/* Return: 1, or 0 at the end. */
static int read_header(struct tar_reader *t, const uint8_t **ret, struct error *err)
{
	int r = tar_stream_block(&t->stream, ret, err);

	if (r <= 0)
		return r;
	r = tar_header_parse(*ret, &t->header, err);
	if (r != 0)
		return r;
	/* the first of two blocks of zeros */
	r = tar_stream_block(&t->stream, ret, err);
	if (r <= 0)
		return r;
	r = tar_header_parse(*ret, &t->header, err);
	return r == 1 ? error_set(err, ERR_INVALID, 0, "a block of zeros between entries")
		      : r;
}

static int entry_type(struct tar_reader *t, struct error *err)
{
	struct tar_entry *e = &t->entry;
	size_t len = strlen(e->path);

	switch (t->header.type) {
	case '\0': /* v7 knew no directories */
		e->type = len > 0 && e->path[len - 1] == '/' ? TAR_DIR : TAR_FILE;
		return 0;
	case '0':
	case '7':
	case 'S':
		e->type = TAR_FILE;
		return 0;
	case '1':
		e->type = TAR_HARDLINK;
		return 0;
	case '2':
		e->type = TAR_SYMLINK;
		return 0;
	case '3':
		e->type = TAR_CHAR;
		return 0;
	case '4':
		e->type = TAR_BLOCK_DEVICE;
		return 0;
	case '5':
		e->type = TAR_DIR;
		return 0;
	case '6':
		e->type = TAR_FIFO;
		return 0;
	default:
		return error_set(err, ERR_INVALID, 0, "%s is of an unknown type (%d)",
				 e->path, t->header.type);
	}
}

static int entry_names(struct tar_reader *t, struct error *err)
{
	struct tar_entry *e = &t->entry;

	e->path = t->long_name         ? t->long_name
		  : t->pax.sparse_name ? t->pax.sparse_name
		  : t->pax.path        ? t->pax.path
				       : t->header.path;
	e->link = t->long_link  ? t->long_link
		  : t->pax.link ? t->pax.link
				: t->header.link;
	if (e->path[0] == '\0')
		return error_set(err, ERR_INVALID, 0, "an entry without a name");
	return 0;
}

static int entry_owner(struct tar_reader *t, struct error *err)
{
	struct tar_header *h = &t->header;

	if (t->global.has_uid)
		h->uid = t->global.uid;
	if (t->pax.has_uid)
		h->uid = t->pax.uid;
	if (t->global.has_gid)
		h->gid = t->global.gid;
	if (t->pax.has_gid)
		h->gid = t->pax.gid;
	/* the highest means "leave it" to chown(2) */
	if (h->uid < 0 || h->uid >= UINT32_MAX || h->gid < 0 || h->gid >= UINT32_MAX)
		return error_set(err, ERR_INVALID, 0,
				 "%s belongs to %lld:%lld: no such ids", t->entry.path,
				 (long long)h->uid, (long long)h->gid);
	t->entry.uid = (uint32_t)h->uid;
	t->entry.gid = (uint32_t)h->gid;
	return 0;
}

static void entry_time(struct tar_reader *t)
{
	const struct tar_pax *p = t->pax.has_mtime ? &t->pax : &t->global;

	t->entry.mtime = p->has_mtime ? p->mtime : t->header.mtime;
	t->entry.mtime_nsec = p->has_mtime ? p->mtime_nsec : 0;
}

static int entry_device(struct tar_reader *t, struct error *err)
{
	const struct tar_header *h = &t->header;

	if (h->major < 0 || h->major > UINT32_MAX || h->minor < 0 ||
	    h->minor > UINT32_MAX)
		return error_set(err, ERR_INVALID, 0, "%s: no such device number",
				 t->entry.path);
	t->entry.major = (uint32_t)h->major;
	t->entry.minor = (uint32_t)h->minor;
	return 0;
}

/* Where a map is, and from where. header is still the block. */
static int entry_map(struct tar_reader *t, const uint8_t *header, struct error *err)
{
	struct tar_pax *p = &t->pax;
	int64_t size = 0;
	int r;

	if (t->header.type == 'S') {
		r = tar_sparse_old(&t->stream, header, &t->map, &size, err);
		t->entry.size = (uint64_t)size;
		t->entry.extents = t->map.extents;
		t->entry.n_extents = t->map.n;
		return r;
	}
	if (p->has_sparse_major && p->sparse_major == 1 && p->sparse_minor == 0) {
		r = tar_sparse_text(&t->stream, &t->left, &t->map, err);
		t->entry.extents = t->map.extents;
		t->entry.n_extents = t->map.n;
	} else if (p->has_sparse_major && (p->sparse_major != 0 || p->sparse_minor > 1)) {
		return error_set(err, ERR_INVALID, 0,
				 "a sparse file of an unknown format");
	} else {
		r = 0;
		t->entry.extents = p->extents;
		t->entry.n_extents = p->n_extents;
	}
	t->entry.size = p->sparse_size;
	return r;
}

static int entry_content(struct tar_reader *t, const uint8_t *header, struct error *err)
{
	struct tar_entry *e = &t->entry;
	int64_t size = t->header.size;
	bool sparse =
		t->header.type == 'S' || t->pax.has_sparse_major || t->pax.has_sparse_map;
	int r = 0;

	t->left = t->padding = 0;
	if (e->type != TAR_FILE) /* whatever a size says there */
		return 0;
	if (t->pax.has_size && t->pax.size > INT64_MAX)
		size = -1;
	else if (t->pax.has_size)
		size = (int64_t)t->pax.size;
	if (size < 0)
		return error_set(err, ERR_INVALID, 0, "%s has an impossible size",
				 e->path);
	t->left = (uint64_t)size;
	t->padding = padding_of(t->left);
	e->size = t->left;
	if (sparse)
		r = entry_map(t, header, err);
	if (r == 0 && sparse)
		r = tar_sparse_check(e->extents, e->n_extents, e->size, t->left, err);
	if (r == 0 && e->size > INT64_MAX)
		r = error_set(err, ERR_INVALID, 0, "an impossible size");
	if (r < 0)
		return error_wrap(err, "%s", e->path);
	/* a file that is one hole is sparse too */
	static const struct tar_extent none;
	if (sparse && !e->extents)
		e->extents = &none;
	e->stored_offset = t->stream.offset;
	e->stored_size = t->left;
	return 0;
}

static int make_entry(struct tar_reader *t, const uint8_t *header, struct error *err)
{
	struct tar_entry *e = &t->entry;
	int r = entry_names(t, err);

	if (r == 0)
		r = entry_type(t, err);
	if (r == 0)
		r = entry_owner(t, err);
	if (r == 0)
		r = entry_device(t, err);
	if (r == 0)
		r = entry_content(t, header, err);
	if (r < 0)
		return r;
	entry_time(t);
	e->mode = t->header.mode;
	e->xattrs = t->pax.xattrs;
	e->n_xattrs = t->pax.n_xattrs;
	return 1;
}

/* Behind the last file it may be missing: umoci's insert writes such layers. */
static int skip_padding(struct tar_reader *t, struct error *err)
{
	const uint8_t *from;

	while (t->padding > 0) {
		ssize_t n = tar_stream_some(&t->stream, t->padding, &from, err);

		if (n <= 0)
			return (int)n;
		t->padding -= (size_t)n;
	}
	return 0;
}

/* Past what was not read of the entry before. */
static int leave_entry(struct tar_reader *t, struct error *err)
{
	int r = tar_stream_skip(&t->stream, t->left, err);

	if (r == 0)
		r = skip_padding(t, err);
	t->left = t->padding = 0;
	forget(t);
	return r;
}

int tar_reader_next(struct tar_reader *t, const struct tar_entry **ret, struct error *err)
{
	const uint8_t *header;
	int r = t->ended ? 0 : leave_entry(t, err);

	if (r < 0 || t->ended)
		return r;
	for (int i = 0; i <= META_HEADERS_MAX; i++) {
		uint64_t at = t->stream.offset;

		r = read_header(t, &header, err);
		if (r == 0 && i > 0)
			return tar_stream_cut_off(&t->stream, err);
		t->ended = r == 0;
		if (r == 0)
			return 0;
		if (r == 1)
			r = take_meta(t, err);
		if (r == 0)
			r = make_entry(t, header, err);
		else if (r == 1)
			continue;
		*ret = &t->entry;
		return r < 0 && !t->stream.failed
			       ? error_wrap(err, "tar archive, byte %llu",
					    (unsigned long long)at)
			       : r;
	}
	return error_set(err, ERR_INVALID, 0,
			 "tar archive: more than %d extended headers before one entry",
			 META_HEADERS_MAX);
}

ssize_t tar_reader_data(struct tar_reader *t, const uint8_t **ret, uint64_t *ret_offset,
			struct error *err)
{
	const struct tar_entry *e = &t->entry;
	uint64_t max = t->left;

	if (t->left == 0)
		return 0;
	if (e->extents) {
		while (t->extent_done == e->extents[t->extent].len) {
			t->extent++;
			t->extent_done = 0;
		}
		*ret_offset = e->extents[t->extent].offset + t->extent_done;
		max = e->extents[t->extent].len - t->extent_done;
	} else {
		*ret_offset = e->size - t->left;
	}
	ssize_t n = tar_stream_some(&t->stream, max, ret, err);
	if (n == 0)
		return tar_stream_cut_off(&t->stream, err);
	if (n > 0) {
		t->left -= (uint64_t)n;
		t->extent_done += (uint64_t)n;
	}
	return n;
}
