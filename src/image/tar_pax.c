/* SPDX-License-Identifier: Apache-2.0 */
/* Source: POSIX.1-2017, pax, "pax Extended Header": records of "LENGTH KEYWORD=VALUE\n". */
#include "image/tar_pax.h"

#include <string.h>

#include "util/mem.h"
#include "util/str.h"

#define SCHILY     "SCHILY.xattr."
#define LIBARCHIVE "LIBARCHIVE.xattr."

void tar_pax_clear(struct tar_pax *p)
{
	struct tar_xattr *xattrs = p->xattrs;
	struct tar_extent *extents = p->extents;

	*p = (struct tar_pax){.xattrs = xattrs, .extents = extents};
}

void tar_pax_release(struct tar_pax *p)
{
	free(p->xattrs);
	free(p->extents);
	*p = (struct tar_pax){0};
}

int tar_extent_add(struct tar_extent **extents, size_t *n, struct tar_extent e,
		   struct error *err)
{
	if (*n >= TAR_HOLES_MAX)
		return error_set(err, ERR_INVALID, 0,
				 "sparse file of more than %d pieces", TAR_HOLES_MAX);
	/* doubled at 1, 2, 4 ...; the array may be larger, left from an entry before */
	if ((*n & (*n - 1)) == 0)
		*extents = xreallocarray(*extents, *n > 0 ? 2 * *n : 1, sizeof(e));
	(*extents)[(*n)++] = e;
	return 0;
}

static int bad_value(const char *key, const char *value, struct error *err)
{
	cleanup_free char *quoted = str_quote(value);

	return error_set(err, ERR_INVALID, 0, "extended header: %.60s=%.100s", key,
			 quoted);
}

static int parse_u64(const char *key, const char *value, uint64_t *ret, struct error *err)
{
	return str_to_u64(value, ret) < 0 ? bad_value(key, value, err) : 0;
}

static int parse_id(const char *key, const char *value, uint32_t *ret, bool *has,
		    struct error *err)
{
	if (str_to_u32(value, ret) < 0 || *ret == UINT32_MAX)
		return bad_value(key, value, err);
	*has = true;
	return 0;
}

/* Seconds, and nanoseconds up from there: -1.5 is -2 and half a second. */
static int parse_time(struct tar_pax *p, const char *key, char *value, struct error *err)
{
	char *fraction = strchr(value, '.');
	uint32_t nsec = 0, scale = 1000000000;

	if (fraction)
		*fraction++ = '\0';
	for (const char *c = fraction; c && *c; c++) {
		if (*c < '0' || *c > '9')
			return bad_value(key, value, err);
		scale /= 10;
		nsec += (uint32_t)(*c - '0') * scale;
	}
	if (str_to_i64(value, &p->mtime) < 0)
		return bad_value(key, value, err);
	p->mtime_nsec = nsec;
	if (value[0] == '-' && nsec > 0) {
		if (p->mtime == INT64_MIN)
			return bad_value(key, value, err);
		p->mtime--;
		p->mtime_nsec = 1000000000 - nsec;
	}
	p->has_mtime = true;
	return 0;
}

static int parse_path(const char *key, const char *value, size_t len, const char **ret,
		      struct error *err)
{
	if (strlen(value) != len)
		return error_set(err, ERR_INVALID, 0, "extended header: NUL in %s", key);
	if (len > TAR_PATH_MAX)
		return error_set(err, ERR_INVALID, 0,
				 "extended header: %s of %zu bytes; %d are allowed", key,
				 len, TAR_PATH_MAX);
	*ret = value;
	return 0;
}

static int add_xattr(struct tar_pax *p, const char *name, const char *value, size_t len,
		     struct error *err)
{
	if (*name == '\0' || strlen(name) > TAR_NAME_MAX)
		return error_set(err, ERR_INVALID, 0,
				 "extended header: an attribute's name has 1 to %d bytes",
				 TAR_NAME_MAX);
	if (len > TAR_XATTR_MAX)
		return error_set(
			err, ERR_INVALID, 0,
			"extended header: attribute %s of %zu bytes; %d are allowed",
			name, len, TAR_XATTR_MAX);
	if (p->n_xattrs >= TAR_XATTRS_MAX)
		return error_set(err, ERR_INVALID, 0, "more than %d attributes",
				 TAR_XATTRS_MAX);
	if (!p->xattrs)
		p->xattrs = xcalloc(TAR_XATTRS_MAX, sizeof(*p->xattrs));
	p->xattrs[p->n_xattrs++] = (struct tar_xattr){name, value, len};
	return 0;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* %41 -> A, in place. Return: false if it is malformed or holds a NUL. */
static bool decode_url(char *s)
{
	char *out = s;

	for (; *s; s++, out++) {
		*out = *s;
		if (*s != '%')
			continue;
		int high = hex_digit(s[1]), low = high < 0 ? -1 : hex_digit(s[2]);
		if (low < 0 || high + low == 0)
			return false;
		*out = (char)(high << 4 | low);
		s += 2;
	}
	*out = '\0';
	return true;
}

static int base64_digit(char c)
{
	return c >= 'A' && c <= 'Z'   ? c - 'A'
	       : c >= 'a' && c <= 'z' ? c - 'a' + 26
	       : c >= '0' && c <= '9' ? c - '0' + 52
	       : c == '+'             ? 62
	       : c == '/'             ? 63
				      : -1;
}

/* In place; libarchive writes no padding. Return: the length, or -1. */
static ssize_t decode_base64(char *s, size_t len)
{
	uint32_t bits = 0;
	unsigned int n_bits = 0;
	size_t n = 0;

	while (len > 0 && s[len - 1] == '=')
		len--;
	for (size_t i = 0; i < len; i++) {
		int digit = base64_digit(s[i]);

		if (digit < 0)
			return -1;
		bits = bits << 6 | (uint32_t)digit;
		n_bits += 6;
		if (n_bits >= 8) {
			n_bits -= 8;
			s[n++] = (char)(bits >> n_bits);
		}
	}
	return (ssize_t)n;
}

static int parse_libarchive(struct tar_pax *p, char *key, char *value, size_t len,
			    struct error *err)
{
	char *name = key + strlen(LIBARCHIVE);
	ssize_t decoded = decode_base64(value, len);

	if (decoded < 0 || !decode_url(name))
		return error_set(err, ERR_INVALID, 0, "extended header: malformed %.60s",
				 key);
	return add_xattr(p, name, value, (size_t)decoded, err);
}

/* "offset,length,offset,length" */
static int parse_map(struct tar_pax *p, const char *key, char *value, struct error *err)
{
	uint64_t number, offset = 0;
	size_t n = 0;

	p->n_extents = 0;
	p->has_sparse_map = true;
	for (char *next; value && *value; value = next, n++) {
		next = strchr(value, ',');
		if (next)
			*next++ = '\0';
		int r = parse_u64(key, value, &number, err);
		if (r == 0 && n % 2 == 1)
			r = tar_extent_add(&p->extents, &p->n_extents,
					   (struct tar_extent){offset, number}, err);
		if (r < 0)
			return r;
		offset = number;
	}
	return n % 2 == 1 ? bad_value(key, "an odd number of numbers", err) : 0;
}

/* Format 0.0: offset and length take turns. */
static int parse_piece(struct tar_pax *p, const char *key, const char *value,
		       struct error *err)
{
	bool is_length = str_eq(key, "GNU.sparse.numbytes");
	uint64_t number = 0;
	int r = parse_u64(key, value, &number, err);

	if (r < 0)
		return r;
	if (is_length != p->extent_open)
		return bad_value(key, value, err);
	p->has_sparse_map = true;
	p->extent_open = !is_length;
	if (!is_length)
		return tar_extent_add(&p->extents, &p->n_extents,
				      (struct tar_extent){number, 0}, err);
	p->extents[p->n_extents - 1].len = number;
	return 0;
}

static int parse_sparse(struct tar_pax *p, char *key, char *value, size_t len,
			struct error *err)
{
	const char *word = key + strlen("GNU.sparse.");

	if (str_eq(word, "major")) {
		p->has_sparse_major = true;
		return parse_u64(key, value, &p->sparse_major, err);
	}
	if (str_eq(word, "minor"))
		return parse_u64(key, value, &p->sparse_minor, err);
	if (str_eq(word, "name"))
		return parse_path(key, value, len, &p->sparse_name, err);
	if (str_eq(word, "size") || str_eq(word, "realsize")) {
		p->has_sparse_size = true;
		return parse_u64(key, value, &p->sparse_size, err);
	}
	if (str_eq(word, "map"))
		return parse_map(p, key, value, err);
	if (str_eq(word, "offset") || str_eq(word, "numbytes"))
		return parse_piece(p, key, value, err);
	return 0; /* numblocks: it is seen */
}

static int take_global(struct tar_pax *p, char *key, char *value, struct error *err)
{
	if (*value == '\0')
		return 0; /* "as if it had not been given" */
	if (str_eq(key, "uid"))
		return parse_id(key, value, &p->uid, &p->has_uid, err);
	if (str_eq(key, "gid"))
		return parse_id(key, value, &p->gid, &p->has_gid, err);
	if (str_eq(key, "mtime"))
		return parse_time(p, key, value, err);
	return 0;
}

static int take(struct tar_pax *p, char *key, char *value, size_t len, struct error *err)
{
	if (str_starts(key, SCHILY))
		return add_xattr(p, key + strlen(SCHILY), value, len, err);
	if (str_starts(key, LIBARCHIVE))
		return parse_libarchive(p, key, value, len, err);
	if (len == 0)
		return 0;
	if (str_eq(key, "path"))
		return parse_path(key, value, len, &p->path, err);
	if (str_eq(key, "linkpath"))
		return parse_path(key, value, len, &p->link, err);
	if (str_eq(key, "size")) {
		p->has_size = true;
		return parse_u64(key, value, &p->size, err);
	}
	if (str_starts(key, "GNU.sparse."))
		return parse_sparse(p, key, value, len, err);
	return take_global(p, key, value, err);
}

/* The length of the record that begins at text, or 0. */
static size_t record_len(const char *text, size_t len, size_t *ret_digits)
{
	size_t n = 0, i = 0;

	for (; i < len && text[i] >= '0' && text[i] <= '9' && n <= len; i++)
		n = 10 * n + (size_t)(text[i] - '0');
	*ret_digits = i;
	/* "N k=\n" is the least */
	if (i == 0 || i >= len || text[i] != ' ' || n > len || n < i + 4)
		return 0;
	return text[n - 1] == '\n' ? n : 0;
}

int tar_pax_parse(char *text, size_t len, bool global, struct tar_pax *p,
		  struct error *err)
{
	size_t digits;

	for (size_t n; len > 0; text += n, len -= n) {
		n = record_len(text, len, &digits);
		if (n == 0)
			return error_set(err, ERR_INVALID, 0,
					 "extended header: malformed record");
		char *key = text + digits + 1;
		char *equals = memchr(key, '=', n - digits - 2);
		if (!equals || equals == key || memchr(key, '\0', (size_t)(equals - key)))
			return error_set(err, ERR_INVALID, 0,
					 "extended header: a record without a keyword");
		*equals = '\0';
		text[n - 1] = '\0';
		char *value = equals + 1;
		size_t value_len = (size_t)(text + n - 1 - value);
		int r = global ? take_global(p, key, value, err)
			       : take(p, key, value, value_len, err);
		if (r < 0)
			return r;
	}
	if (p->extent_open)
		return error_set(err, ERR_INVALID, 0,
				 "extended header: a sparse piece without length");
	return 0;
}
