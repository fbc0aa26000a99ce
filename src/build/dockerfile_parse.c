/* SPDX-License-Identifier: Apache-2.0 */
/* Lines, directives, continuation: what is common to all instructions. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "build/dockerfile_reader.h"
#include "util/mem.h"
#include "util/str.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

void dockerfile_free(struct dockerfile *d)
{
	free(d->name);
	free(d->syntax);
	for (size_t i = 0; i < d->n; i++)
		instruction_release(&d->items[i]);
	free(d->items);
	strv_free(d->lines);
	strv_free(d->warnings);
	free(d);
}

/* One line's text and, behind its NUL, a CR if it ended with one: of no interest but in heredocs. */
static char *copy_line(const char *s, size_t n)
{
	bool cr = n > 0 && s[n - 1] == '\r';
	char *line = xmalloc(n + 2);

	n -= cr;
	memcpy(line, s, n);
	line[n] = '\0';
	line[n + 1] = cr ? '\r' : '\0';
	return line;
}

static void split_lines(const char *text, size_t len, struct dockerfile *d)
{
	size_t n = 0;

	for (const char *at = text, *end = text + len; at < end; n++) {
		at = memchr(at, '\n', (size_t)(end - at));
		at = at ? at + 1 : end;
	}
	d->lines = xcalloc(n + 1, sizeof(*d->lines));
	for (const char *at = text, *end = text + len; at < end;) {
		const char *next = memchr(at, '\n', (size_t)(end - at));

		next = next ? next : end;
		d->lines[d->n_lines++] = copy_line(at, (size_t)(next - at));
		at = next + 1;
	}
}

static int check_text(const char **text, size_t *len, const struct dockerfile *d,
		      struct error *err)
{
	if (*len > DOCKERFILE_MAX)
		return error_set(err, ERR_INVALID, 0, "%s is longer than %d MB", d->name,
				 DOCKERFILE_MAX >> 20);
	if (*len >= 2 &&
	    (memcmp(*text, "\xff\xfe", 2) == 0 || memcmp(*text, "\xfe\xff", 2) == 0)) {
		error_set(err, ERR_INVALID, 0, "%s is UTF-16", d->name);
		return error_hint(err,
				  "iconv -f UTF-16 -t UTF-8 FILE writes it as UTF-8");
	}
	const char *nul = memchr(*text, '\0', *len);
	if (nul)
		return error_set(err, ERR_INVALID, 0,
				 "%s is no text: there is a NUL byte at %zu", d->name,
				 (size_t)(nul - *text));
	if (*len >= 3 && memcmp(*text, "\xef\xbb\xbf", 3) == 0) {
		*text += 3;
		*len -= 3;
	}
	return 0;
}

/* # name = value, before anything else in the file. False: it is none, and neither can be what follows. */
static bool split_directive(const char *line, struct slice *name, struct slice *value)
{
	struct slice s = slice_trim((struct slice){line, strlen(line)});
	const char *equals;

	if (s.n == 0 || *s.s != '#')
		return false;
	s = slice_trim((struct slice){s.s + 1, s.n - 1});
	equals = memchr(s.s, '=', s.n);
	if (!equals)
		return false;
	*name = slice_trim((struct slice){s.s, (size_t)(equals - s.s)});
	*value = slice_trim((struct slice){equals + 1, s.n - (size_t)(equals + 1 - s.s)});
	for (size_t i = 0; i < name->n; i++) {
		if (!isalnum((unsigned char)name->s[i]))
			return false;
	}
	return name->n > 0 && value->n > 0;
}

static int take_directive(struct dockerfile_reader *r, size_t which, struct slice value)
{
	struct dockerfile *d = r->d;
	struct dockerfile_place place = {(unsigned int)r->next + 1, 1};

	if (which == 0) {
		d->syntax = slice_text(value);
	} else if (which == 1) {
		if (value.n != 1 || (*value.s != '\\' && *value.s != '`'))
			return dockerfile_error_at(d, place, r->err,
						   "the escape character is \\ or `");
		d->escape = *value.s;
	}
	return 0;
}

/* check= is for those who look for what could be better in a file; nothing here does. */
static int read_directives(struct dockerfile_reader *r)
{
	static const char *const names[] = {"syntax", "escape", "check"};
	bool seen[ARRAY_SIZE(names)] = {0};
	struct slice name, value;

	for (; r->next < r->d->n_lines; r->next++) {
		size_t k = 0;

		if (!split_directive(r->d->lines[r->next], &name, &value))
			return 0;
		while (k < ARRAY_SIZE(names) &&
		       (strlen(names[k]) != name.n ||
			strncasecmp(names[k], name.s, name.n) != 0))
			k++;
		if (k == ARRAY_SIZE(names))
			return 0;
		if (seen[k])
			return dockerfile_error_at(
				r->d,
				(struct dockerfile_place){(unsigned int)r->next + 1, 1},
				r->err, "the directive %s stands here twice", names[k]);
		seen[k] = true;
		int result = take_directive(r, k, value);
		if (result < 0)
			return result;
	}
	return 0;
}

static void add_piece(struct dockerfile_reader *r, const char *part, size_t n,
		      size_t byte)
{
	if (r->n_pieces == r->cap_pieces) {
		r->cap_pieces = r->cap_pieces ? 2 * r->cap_pieces : 8;
		r->pieces = xreallocarray(r->pieces, r->cap_pieces, sizeof(*r->pieces));
	}
	r->pieces[r->n_pieces++] = (struct line_piece){r->joined.len, r->next - 1, byte};
	buf_add(&r->joined, part, n);
}

/* Bytes of an older encoding, in a name or a label, are no reason to build nothing; but JSON has no place for them. */
static void add_part(struct dockerfile_reader *r, const char *line, size_t from,
		     size_t to)
{
	size_t begin = from;
	uint32_t rune;

	for (size_t i = from; i < to;) {
		int n = str_utf8_decode(line + i, to - i, &rune);

		if (n > 0) {
			i += (size_t)n;
			continue;
		}
		add_piece(r, line + begin, i - begin, begin);
		if (r->not_utf8 == SIZE_MAX)
			r->not_utf8 = r->joined.len;
		add_piece(r, REPLACEMENT, strlen(REPLACEMENT), i);
		begin = ++i;
	}
	add_piece(r, line + begin, to - begin, begin);
}

/* Whether the line goes on: its last character is the escape, and the one before is not. *n loses it. */
static bool continues(const char *s, size_t *n, char escape)
{
	size_t end = *n;

	while (end > 0 && (s[end - 1] == ' ' || s[end - 1] == '\t'))
		end--;
	if (end == 0 || s[end - 1] != escape || (end > 1 && s[end - 2] == escape))
		return false;
	*n = end - 1;
	return true;
}

static const char *skip_blanks(const char *s)
{
	while (slice_is_blank(*s))
		s++;
	return s;
}

/* The next instruction's line, with those that continue it. Comments and empty lines between them are not part of it. */
static void join_lines(struct dockerfile_reader *r)
{
	bool more = true;

	r->joined.len = 0;
	r->n_pieces = 0;
	r->not_utf8 = SIZE_MAX;
	while (more && r->next < r->d->n_lines) {
		const char *line = r->d->lines[r->next++], *part = skip_blanks(line);

		if (!*part || *part == '#') {
			more = r->n_pieces > 0;
			if (!more)
				return;
			continue;
		}
		if (r->n_pieces > 0)
			part = line;
		size_t n = strlen(part);
		more = continues(part, &n, r->d->escape);
		add_part(r, line, (size_t)(part - line), (size_t)(part - line) + n);
	}
}

static int check_order(const struct dockerfile_reader *r, const struct instruction *i,
		       bool has_from)
{
	if (has_from || i->kind == INSTRUCTION_FROM || i->kind == INSTRUCTION_ARG)
		return 0;
	dockerfile_error(r->d, i, NULL, r->err, "%s stands before the first FROM",
			 instruction_word(i->kind));
	return reader_hint(r, "Only ARG can: begin with FROM IMAGE");
}

static int take_instruction(struct dockerfile_reader *r)
{
	struct dockerfile *d = r->d;
	struct slice text = slice_trim((struct slice){r->joined.data, r->joined.len});

	if (text.n == 0)
		return 0;
	if ((d->n & (d->n - 1)) == 0)
		d->items =
			xreallocarray(d->items, d->n ? 2 * d->n : 1, sizeof(*d->items));
	d->items[d->n] = (struct instruction){0};
	return reader_instruction(r, text, &d->items[d->n++]);
}

static int read_file(struct dockerfile_reader *r)
{
	bool has_from = false;
	int result = read_directives(r);

	while (result == 0 && r->next < r->d->n_lines) {
		size_t n = r->d->n;

		join_lines(r);
		if (r->n_pieces > 0)
			result = take_instruction(r);
		if (result < 0 || r->d->n == n)
			continue;
		result = check_order(r, &r->d->items[n], has_from);
		has_from |= r->d->items[n].kind == INSTRUCTION_FROM;
	}
	if (result == 0 && !has_from) {
		error_set(r->err, ERR_INVALID, 0, "%s has no %s", r->d->name,
			  r->d->n ? "FROM" : "instructions");
		return error_hint(
			r->err,
			"Begin with FROM IMAGE; FROM scratch begins with nothing");
	}
	return result;
}

static void reader_begin(struct dockerfile_reader *r, const char *name, struct error *err)
{
	*r = (struct dockerfile_reader){.d = xcalloc(1, sizeof(*r->d)), .err = err};
	r->counted = xcalloc(1, sizeof(*r->counted));
	r->d->name = xstrdup(name);
	r->d->escape = '\\';
	/* Each byte may have been replaced. */
	buf_init(&r->joined, (size_t)DOCKERFILE_MAX * strlen(REPLACEMENT) + 1);
	buf_add(&r->joined, "", 0);
}

static int reader_end(struct dockerfile_reader *r, int result, struct dockerfile **ret)
{
	buf_release(&r->joined);
	free(r->pieces);
	free(r->counted);
	if (result == 0)
		*ret = r->d;
	else
		dockerfile_free(r->d);
	return result;
}

int dockerfile_parse(const char *text, size_t len, const char *name,
		     struct dockerfile **ret, struct error *err)
{
	struct dockerfile_reader r;

	reader_begin(&r, name, err);
	int result = check_text(&text, &len, r.d, err);
	if (result == 0) {
		split_lines(text, len, r.d);
		result = read_file(&r);
	}
	return reader_end(&r, result, ret);
}

int dockerfile_parse_one(const char *text, const char *name, struct dockerfile **ret,
			 struct error *err)
{
	struct dockerfile_reader r;
	size_t len = strlen(text);

	reader_begin(&r, name, err);
	r.in_onbuild = true;
	int result = check_text(&text, &len, r.d, err);
	if (result == 0)
		split_lines(text, len, r.d);
	while (result == 0 && r.next < r.d->n_lines) {
		join_lines(&r);
		if (r.n_pieces > 0)
			result = take_instruction(&r);
	}
	if (result == 0 && r.d->n != 1)
		result = error_set(err, ERR_INVALID, 0, "%s: %s", name,
				   r.d->n ? "more than one instruction"
					  : "no instruction");
	return reader_end(&r, result, ret);
}
