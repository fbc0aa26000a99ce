/* SPDX-License-Identifier: Apache-2.0 */
/* The line that is shown goes into the hint: an error's text is one line, as parts of it may come from anywhere. */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "build/dockerfile_reader.h"
#include "util/mem.h"
#include "util/str.h"

#define SHOWN_MAX 68 /* characters of a line */

static size_t characters(const char *s, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += ((unsigned char)s[i] & 0xc0) != 0x80;
	return count;
}

/* The byte where the character begins, from 0; or the end. */
static size_t byte_of(const char *s, size_t character)
{
	size_t i = 0;

	for (; s[i]; i++) {
		if (((unsigned char)s[i] & 0xc0) != 0x80 && character-- == 0)
			break;
	}
	return i;
}

/* "   12 | RUN true" and a caret below; of a long line what is around the place. */
static char *show(const struct dockerfile *d, struct dockerfile_place place)
{
	if (place.line == 0 || place.line > d->n_lines)
		return NULL;
	const char *line = d->lines[place.line - 1];
	size_t caret = place.column > 0 ? place.column - 1 : 0;
	size_t first = caret > SHOWN_MAX - 8 ? caret - SHOWN_MAX / 2 : 0;
	const char *from = line + byte_of(line, first);
	size_t n = byte_of(from, SHOWN_MAX);
	cleanup_free char *part = xstrndup(from, n);

	for (char *c = part; *c; c++) {
		if (*c == '\t')
			*c = ' ';
	}
	cleanup_free char *text = str_visible(part, "");
	return xasprintf("%5u | %s%s%s\n      | %*s^", place.line, first ? "…" : "", text,
			 from[n] ? "…" : "", (int)(caret - first + (first > 0)), "");
}

static _printf_(4, 0) int fail(const struct dockerfile *d, struct dockerfile_place place,
			       struct error *err, const char *fmt, va_list args)
{
	cleanup_free char *what = NULL;

	if (vasprintf(&what, fmt, args) < 0)
		what = xstrdup(fmt);
	error_set(err, ERR_INVALID, 0, "%s:%u:%u: %s", d->name, place.line, place.column,
		  what);
	cleanup_free char *shown = show(d, place);
	return shown ? error_hint(err, "%s", shown) : -EINVAL;
}

int dockerfile_error_at(const struct dockerfile *d, struct dockerfile_place place,
			struct error *err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	int r = fail(d, place, err, fmt, args);
	va_end(args);
	return r;
}

int dockerfile_error(const struct dockerfile *d, const struct instruction *i,
		     const struct instruction_flag *flag, struct error *err,
		     const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	int r = fail(d, flag ? flag->place : instruction_place(i), err, fmt, args);
	va_end(args);
	return r;
}

int dockerfile_wrap(const struct dockerfile *d, struct dockerfile_place place,
		    struct error *err)
{
	cleanup_free char *shown = show(d, place), *hint = TAKE_PTR(err->hint);

	if (shown)
		error_hint(err, "%s%s%s", shown, hint ? "\n" : "", hint ? hint : "");
	else
		err->hint = TAKE_PTR(hint);
	return error_wrap(err, "%s:%u:%u", d->name, place.line, place.column);
}

struct dockerfile_place reader_place(const struct dockerfile_reader *r, const char *at)
{
	size_t offset = (size_t)(at - r->joined.data), low = 0, high = r->n_pieces;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (r->pieces[middle].at <= offset)
			low = middle;
		else
			high = middle;
	}
	const struct line_piece *p = &r->pieces[low];
	const char *line = r->d->lines[p->line];
	size_t byte = p->byte + offset - p->at;
	struct counted *counted = r->counted;

	if (counted->line != p->line || counted->byte > byte)
		*counted = (struct counted){.line = p->line};
	counted->characters += characters(line + counted->byte, byte - counted->byte);
	counted->byte = byte;
	return (struct dockerfile_place){
		(unsigned int)p->line + 1,
		(unsigned int)counted->characters + 1,
	};
}

int reader_fail(const struct dockerfile_reader *r, const char *at, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	int result = fail(r->d, reader_place(r, at), r->err, fmt, args);
	va_end(args);
	return result;
}

int reader_hint(const struct dockerfile_reader *r, const char *fmt, ...)
{
	cleanup_free char *shown = TAKE_PTR(r->err->hint), *hint = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&hint, fmt, args) < 0)
		hint = xstrdup(fmt);
	va_end(args);
	return error_hint(r->err, "%s%s%s", shown ? shown : "", shown ? "\n" : "", hint);
}

void reader_warn(const struct dockerfile_reader *r, const char *at, const char *fmt, ...)
{
	struct dockerfile_place place = reader_place(r, at);
	cleanup_free char *what = NULL;
	va_list args;

	/* One is enough to make somebody look; a hostile file has a million. */
	if (strv_len(r->d->warnings) >= DOCKERFILE_WARNINGS_MAX)
		return;
	va_start(args, fmt);
	if (vasprintf(&what, fmt, args) < 0)
		what = xstrdup(fmt);
	va_end(args);
	strv_addf(&r->d->warnings, "%s:%u:%u: warning: %s", r->d->name, place.line,
		  place.column, what);
}
