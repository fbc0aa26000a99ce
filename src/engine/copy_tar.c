/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/copy_tar.h"

#include <string.h>
#include <unistd.h>

#include "image/tar_reader.h"
#include "image/tar_writer.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/str.h"

#define CHUNK ((size_t)128 * 1024)

void copy_tar_release(struct copy_tar *t)
{
	if (t->tar)
		tar_writer_free(t->tar);
	free(t->prefix);
	*t = COPY_TAR_INIT;
}

static int write_out(void *data, const void *bytes, size_t len, struct error *err)
{
	const struct copy_tar *t = data;
	int r = fd_write_all(t->out_fd, bytes, len);

	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write the tar archive") : 0;
}

/* Exactly size bytes, whatever happens to the file. */
static int write_content(struct copy_tar *t, const struct copy_entry *e,
			 struct error *err)
{
	cleanup_free char *chunk = xmalloc(CHUNK);
	uint64_t left = e->size;
	bool ended = false;

	while (left > 0) {
		size_t want = left < CHUNK ? (size_t)left : CHUNK;
		ssize_t n = ended ? 0 : read(e->fd, chunk, want);
		int r;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(err, ERR_SYSTEM, errno, "read %s", e->path);
		if (n == 0) {
			ended = true;
			memset(chunk, 0, want);
			n = (ssize_t)want;
		}
		r = tar_writer_data(t->tar, chunk, (size_t)n, err);
		if (r < 0)
			return r;
		left -= (uint64_t)n;
	}
	return 0;
}

/* A directory's ends with a slash. Caller frees; NULL: it has no entry. */
static char *tar_path(const struct copy_tar *t, const char *path, bool is_dir)
{
	const char *slash = *t->prefix && *path ? "/" : "";

	if (!*t->prefix && !*path)
		return NULL;
	return xasprintf("%s%s%s%s", t->prefix, slash, path, is_dir ? "/" : "");
}

static int write_entry(struct copy_tar *t, const struct copy_entry *e, struct error *err)
{
	static const enum tar_type types[COPY_KINDS] = {
		[COPY_FILE] = TAR_FILE,       [COPY_DIR] = TAR_DIR,
		[COPY_SYMLINK] = TAR_SYMLINK, [COPY_HARDLINK] = TAR_HARDLINK,
		[COPY_FIFO] = TAR_FIFO,
	};
	cleanup_free char *path = tar_path(t, e->path, e->kind == COPY_DIR);
	cleanup_free char *first =
		e->kind == COPY_HARDLINK ? tar_path(t, e->link, false) : xstrdup(e->link);
	const struct tar_entry entry = {
		.type = types[e->kind],
		.path = path,
		.link = first ? first : "",
		.mode = e->mode,
		.uid = e->uid,
		.gid = e->gid,
		.mtime = e->mtime.tv_sec,
		.mtime_nsec = (uint32_t)e->mtime.tv_nsec,
		.size = e->kind == COPY_FILE ? e->size : 0,
	};
	int r;

	if (!path)
		return 0;
	r = tar_writer_entry(t->tar, &entry, err);
	return r < 0 || e->kind != COPY_FILE ? r : write_content(t, e, err);
}

static int take(void *data, const struct copy_entry *e, struct error *err)
{
	struct copy_tar *t = data;

	if (e->kind == COPY_SOURCE) {
		const struct tar_sink sink = {.write = write_out, .data = t};

		t->prefix = xstrdup(e->contents ? "" : e->path);
		t->tar = tar_writer_new(&sink);
		return 0;
	}
	return e->kind == COPY_END ? tar_writer_end(t->tar, err) : write_entry(t, e, err);
}

struct copy_sink copy_tar_sink(struct copy_tar *t)
{
	return (struct copy_sink){.take = take, .data = t};
}

/* --- in --- */

struct input {
	int fd;
	uint8_t *chunk;
};

static ssize_t more(void *data, const uint8_t **ret, struct error *err)
{
	const struct input *in = data;
	ssize_t n;

	do
		n = read(in->fd, in->chunk, CHUNK);
	while (n < 0 && errno == EINTR);
	*ret = in->chunk;
	return n < 0 ? error_set(err, ERR_SYSTEM, errno, "read the archive") : n;
}

/* Holes of a sparse file stay holes. */
static int take_content(void *data, int to_fd, struct error *err)
{
	struct tar_reader *tar = data;
	const uint8_t *bytes;
	uint64_t offset;
	ssize_t n;

	while ((n = tar_reader_data(tar, &bytes, &offset, err)) > 0) {
		int r = lseek(to_fd, (off_t)offset, SEEK_SET) < 0
				? -errno
				: fd_write_all(to_fd, bytes, (size_t)n);

		if (r < 0)
			return error_set(err, ERR_SYSTEM, -r,
					 "write what the archive holds");
	}
	return (int)n;
}

static int take_sparse(void *data, int to_fd, struct error *err)
{
	const struct copy_entry *e = data;
	int r = take_content(e->content_data, to_fd, err);

	if (r >= 0 && ftruncate(to_fd, (off_t)e->size) < 0)
		return error_set(err, ERR_SYSTEM, errno, "write what the archive holds");
	return r;
}

/* "/" and "./" in front, and "/" behind. Caller frees. */
static char *clean(const char *path)
{
	size_t len;

	for (;;) {
		if (*path == '/')
			path++;
		else if (path[0] == '.' && (path[1] == '/' || !path[1]))
			path++;
		else
			break;
	}
	len = strlen(path);
	while (len > 0 && path[len - 1] == '/')
		len--;
	return xstrndup(path, len);
}

static enum copy_kind kind_of(enum tar_type type)
{
	switch (type) {
	case TAR_FILE:
		return COPY_FILE;
	case TAR_DIR:
		return COPY_DIR;
	case TAR_SYMLINK:
		return COPY_SYMLINK;
	case TAR_HARDLINK:
		return COPY_HARDLINK;
	case TAR_FIFO:
		return COPY_FIFO;
	case TAR_CHAR:
	case TAR_BLOCK_DEVICE:
		break;
	}
	return COPY_KINDS;
}

static int pass_on(struct tar_reader *tar, const struct tar_entry *t,
		   const struct copy_sink *sink, struct error *err)
{
	cleanup_free char *path = clean(t->path), *first = clean(t->link);
	struct copy_entry e = {
		.kind = kind_of(t->type),
		.mode = t->mode & 07777,
		.uid = t->uid,
		.gid = t->gid,
		.mtime = {.tv_sec = t->mtime, .tv_nsec = t->mtime_nsec},
		.size = t->size,
		.path = path,
		.link = t->type == TAR_HARDLINK ? first : t->link,
		.fd = -EBADF,
	};
	struct copy_entry whole = e;

	if (e.kind == COPY_KINDS || !*path)
		return 0;
	whole.content_data = tar;
	if (e.kind == COPY_FILE) {
		e.content = take_sparse;
		e.content_data = &whole;
	}
	return sink->take(sink->data, &e, err);
}

int copy_tar_take(int in_fd, struct copy_take *t, struct error *err)
{
	cleanup_free uint8_t *chunk = xmalloc(CHUNK);
	struct input in = {.fd = in_fd, .chunk = chunk};
	const struct tar_source source = {.more = more, .data = &in};
	cleanup_tar_reader struct tar_reader *tar = tar_reader_new(&source);
	const struct copy_sink sink = copy_take_sink(t);
	struct copy_entry end = COPY_ENTRY_INIT;
	const struct tar_entry *entry;
	int r = copy_take_into(t, err);

	if (r < 0)
		return r;
	while ((r = tar_reader_next(tar, &entry, err)) == 1) {
		r = pass_on(tar, entry, &sink, err);
		if (r < 0)
			return r;
	}
	end.kind = COPY_END;
	return r < 0 ? r : sink.take(sink.data, &end, err);
}
