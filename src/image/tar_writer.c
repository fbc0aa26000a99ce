/* SPDX-License-Identifier: Apache-2.0 */
#include "image/tar_writer.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/str.h"

#define NAME_LEN     100
#define PREFIX_LEN   155
#define OCTAL7       INT64_C(07777777)
#define OCTAL11      INT64_C(077777777777)
#define PAX_NAME     "PaxHeaders/"
#define PAX_MAX      (64 * 1024 * 1024) /* 1024 attributes of 64 KiB */
#define DEFAULT_MODE 0644

/* POSIX.1-2017, pax, "ustar Interchange Format" */
struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type,
		link[100], magic[6], version[2], uname[32], gname[32], major[8], minor[8],
		prefix[155], padding[12];
};
_Static_assert(sizeof(struct header) == TAR_BLOCK, "a header is a block");

struct tar_writer {
	struct tar_sink sink;
	uint64_t left; /* of the content */
	size_t padding;
};

static const char zeros[2 * TAR_BLOCK];

struct tar_writer *tar_writer_new(const struct tar_sink *sink)
{
	struct tar_writer *w = xcalloc(1, sizeof(*w));

	w->sink = *sink;
	return w;
}

void tar_writer_free(struct tar_writer *w)
{
	free(w);
}

static int put(struct tar_writer *w, const void *bytes, size_t len, struct error *err)
{
	return len > 0 ? w->sink.write(w->sink.data, bytes, len, err) : 0;
}

static size_t padding_of(uint64_t size)
{
	return (size_t)(-size % TAR_BLOCK);
}

/* What does not fit is 0 here; the pax header has it. */
static void put_octal(char *field, size_t len, int64_t value, int64_t max)
{
	char text[24];

	snprintf(text, sizeof(text), "%0*" PRIo64, (int)len - 1,
		 (uint64_t)(value < 0 || value > max ? 0 : value));
	memcpy(field, text, len);
}

static bool is_ascii(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

/* Where to cut a path into prefix and name; 0: need not, -1: can't. */
static ssize_t cut(const char *path)
{
	size_t len = strlen(path);

	if (len <= NAME_LEN)
		return 0;
	if (len > PREFIX_LEN + 1 + NAME_LEN)
		return -1;
	/* the first slash that leaves a name which fits */
	const char *slash = strchr(path + (len - NAME_LEN - 1), '/');
	if (!slash || slash == path || slash[1] == '\0' || slash - path > PREFIX_LEN)
		return -1;
	return slash - path;
}

/* One record; its length counts itself. */
static int add_record(struct buf *b, const char *prefix, const char *key,
		      const void *value, size_t len)
{
	size_t rest = strlen(prefix) + strlen(key) + len + strlen(" =\n"),
	       total = rest + 1;
	char digits[24];

	for (size_t n = 0; n != total;) {
		n = total;
		total = rest + (size_t)snprintf(digits, sizeof(digits), "%zu", n);
	}
	int r = buf_printf(b, "%zu %s%s=", total, prefix, key);
	if (r == 0)
		r = buf_add(b, value, len);
	return r < 0 ? r : buf_add(b, "\n", 1);
}

static int add_number(struct buf *b, const char *key, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value);
	return add_record(b, "", key, text, strlen(text));
}

static int add_time(struct buf *b, const struct tar_entry *e)
{
	char text[48];
	uint32_t nsec = e->mtime_nsec;
	int64_t sec = e->mtime;
	int len;

	if (nsec == 0 && sec >= 0 && sec <= OCTAL11)
		return 0;
	if (nsec == 0)
		return add_number(b, "mtime", sec);
	if (sec < 0) { /* -2 and half a second up is -1.5 */
		sec++;
		nsec = 1000000000 - nsec;
	}
	len = snprintf(text, sizeof(text), "%s%" PRId64 ".%09" PRIu32,
		       e->mtime == -1 ? "-" : "", sec, nsec);
	while (text[len - 1] == '0')
		len--;
	return add_record(b, "", "mtime", text, (size_t)len);
}

static bool has_link(const struct tar_entry *e)
{
	return e->type == TAR_HARDLINK || e->type == TAR_SYMLINK;
}

static uint64_t size_of(const struct tar_entry *e)
{
	return e->type == TAR_FILE ? e->size : 0;
}

/* In the order of their names, so that the order they were read in does not matter. */
static int add_records(struct buf *b, const struct tar_entry *e)
{
	int r = 0;

	for (size_t i = 0; i < e->n_xattrs && r == 0; i++)
		r = add_record(b, "SCHILY.xattr.", e->xattrs[i].name, e->xattrs[i].value,
			       e->xattrs[i].len);
	if (r == 0 && e->gid > OCTAL7)
		r = add_number(b, "gid", e->gid);
	if (r == 0 && has_link(e) && (strlen(e->link) > NAME_LEN || !is_ascii(e->link)))
		r = add_record(b, "", "linkpath", e->link, strlen(e->link));
	if (r == 0)
		r = add_time(b, e);
	if (r == 0 && (cut(e->path) < 0 || !is_ascii(e->path)))
		r = add_record(b, "", "path", e->path, strlen(e->path));
	if (r == 0 && size_of(e) > (uint64_t)OCTAL11)
		r = add_number(b, "size", (int64_t)e->size);
	if (r == 0 && e->uid > OCTAL7)
		r = add_number(b, "uid", e->uid);
	return r;
}

static char type_letter(enum tar_type type)
{
	static const char letters[] = {
		[TAR_FILE] = '0', [TAR_HARDLINK] = '1',     [TAR_SYMLINK] = '2',
		[TAR_CHAR] = '3', [TAR_BLOCK_DEVICE] = '4', [TAR_DIR] = '5',
		[TAR_FIFO] = '6',
	};

	return letters[type];
}

static void put_path(struct header *h, const char *path)
{
	ssize_t at = cut(path);

	if (at > 0) {
		memcpy(h->prefix, path, (size_t)at);
		path += at + 1;
	}
	size_t len = strlen(path);
	memcpy(h->name, path, len < NAME_LEN ? len : NAME_LEN);
}

static void put_checksum(struct header *h)
{
	const uint8_t *bytes = (const uint8_t *)h;
	uint32_t sum = 0;

	memset(h->checksum, ' ', sizeof(h->checksum));
	for (size_t i = 0; i < sizeof(*h); i++)
		sum += bytes[i];
	put_octal(h->checksum, sizeof(h->checksum) - 1, sum, OCTAL7);
}

static int put_header(struct tar_writer *w, const struct tar_entry *e, char type,
		      struct error *err)
{
	struct header h = {.type = type, .magic = "ustar", .version = {'0', '0'}};
	size_t link_len = has_link(e) ? strlen(e->link) : 0;

	put_path(&h, e->path);
	put_octal(h.mode, sizeof(h.mode), e->mode & 07777, OCTAL7);
	put_octal(h.uid, sizeof(h.uid), e->uid, OCTAL7);
	put_octal(h.gid, sizeof(h.gid), e->gid, OCTAL7);
	put_octal(h.size, sizeof(h.size), (int64_t)size_of(e), OCTAL11);
	put_octal(h.mtime, sizeof(h.mtime), e->mtime, OCTAL11);
	if (link_len > 0)
		memcpy(h.link, e->link, link_len < NAME_LEN ? link_len : NAME_LEN);
	if (e->type == TAR_CHAR || e->type == TAR_BLOCK_DEVICE) {
		put_octal(h.major, sizeof(h.major), e->major, OCTAL7);
		put_octal(h.minor, sizeof(h.minor), e->minor, OCTAL7);
	}
	put_checksum(&h);
	return put(w, &h, sizeof(h), err);
}

static int put_pax(struct tar_writer *w, const struct tar_entry *e, const struct buf *b,
		   struct error *err)
{
	const char *slash = strrchr(e->path, '/');
	cleanup_free char *name =
		xasprintf("%s%.*s", PAX_NAME, NAME_LEN - 1 - (int)strlen(PAX_NAME),
			  slash && slash[1] ? slash + 1 : "entry");
	struct tar_entry meta = {
		.type = TAR_FILE, .path = name, .mode = DEFAULT_MODE, .size = b->len};

	if (b->len > TAR_META_MAX)
		return error_set(err, ERR_UNSUPPORTED, 0,
				 "%s has attributes of %zu bytes; tar readers take %d",
				 e->path, b->len, TAR_META_MAX);
	int r = put_header(w, &meta, 'x', err);
	if (r == 0)
		r = put(w, b->data, b->len, err);
	return r < 0 ? r : put(w, zeros, padding_of(b->len), err);
}

static int check(const struct tar_writer *w, const struct tar_entry *e, struct error *err)
{
	if (w->left > 0)
		return error_set(err, ERR_INVALID, 0,
				 "write %s: %llu bytes of the file before it are missing",
				 e->path, (unsigned long long)w->left);
	if (e->major > OCTAL7 || e->minor > OCTAL7)
		return error_set(err, ERR_UNSUPPORTED, 0,
				 "write %s: its device number does not fit into tar",
				 e->path);
	return 0;
}

static int end_content(struct tar_writer *w, struct error *err)
{
	int r = put(w, zeros, w->padding, err);

	w->padding = 0;
	return r;
}

int tar_writer_entry(struct tar_writer *w, const struct tar_entry *e, struct error *err)
{
	cleanup_buf struct buf records;
	int r = check(w, e, err);

	buf_init(&records, PAX_MAX);
	if (r == 0 && add_records(&records, e) < 0)
		r = error_set(err, ERR_UNSUPPORTED, 0, "%s has too many attributes",
			      e->path);
	if (r == 0)
		r = end_content(w, err);
	if (r == 0 && records.len > 0)
		r = put_pax(w, e, &records, err);
	if (r == 0)
		r = put_header(w, e, type_letter(e->type), err);
	if (r < 0)
		return r;
	w->left = size_of(e);
	w->padding = padding_of(w->left);
	return 0;
}

int tar_writer_data(struct tar_writer *w, const void *bytes, size_t len,
		    struct error *err)
{
	if (len > w->left)
		return error_set(err, ERR_INVALID, 0,
				 "write a tar archive: more content than was announced");
	w->left -= len;
	return put(w, bytes, len, err);
}

int tar_writer_end(struct tar_writer *w, struct error *err)
{
	if (w->left > 0)
		return error_set(
			err, ERR_INVALID, 0,
			"write a tar archive: %llu bytes of the last file are missing",
			(unsigned long long)w->left);
	int r = end_content(w, err);
	return r < 0 ? r : put(w, zeros, sizeof(zeros), err);
}
