/* SPDX-License-Identifier: Apache-2.0 */
#include "quadlet/unit_file.h"

#include <stdarg.h>
#include <string.h>

#include "util/mem.h"
#include "util/str.h"

#define BLANKS " \t\r\n"

void unit_file_release(struct unit_file *u)
{
	for (size_t i = 0; i < u->n_sections; i++)
		free(u->sections[i].entries);
	free(u->sections);
	arena_release(&u->arena);
	*u = (struct unit_file){0};
}

const struct unit_section *unit_file_find(const struct unit_file *u, const char *name)
{
	for (size_t i = 0; i < u->n_sections; i++)
		if (str_eq(u->sections[i].name, name))
			return &u->sections[i];
	return NULL;
}

struct unit_section *unit_file_section(struct unit_file *u, const char *name)
{
	return (struct unit_section *)unit_file_find(u, name);
}

struct unit_section *unit_file_ensure(struct unit_file *u, const char *name)
{
	struct unit_section *s = unit_file_section(u, name);

	if (s)
		return s;
	u->sections = xreallocarray(u->sections, u->n_sections + 1, sizeof(*u->sections));
	s = &u->sections[u->n_sections++];
	*s = (struct unit_section){.name = arena_text(&u->arena, name, strlen(name))};
	return s;
}

/* Room for one more, behind the others. */
static struct unit_entry *section_grow(struct unit_section *s)
{
	if (s->n_entries == s->room) {
		s->room = s->room ? 2 * s->room : 8;
		s->entries = xreallocarray(s->entries, s->room, sizeof(*s->entries));
	}
	return &s->entries[s->n_entries++];
}

void unit_add(struct unit_file *u, const char *section, const char *key,
	      const char *value)
{
	*section_grow(unit_file_ensure(u, section)) = (struct unit_entry){
		.key = arena_text(&u->arena, key, strlen(key)),
		.value = arena_text(&u->arena, value, strlen(value)),
	};
}

void unit_add_first(struct unit_file *u, const char *section, const char *key,
		    const char *value)
{
	unit_add(u, section, key, value);
	struct unit_section *s = unit_file_section(u, section);
	struct unit_entry added = s->entries[s->n_entries - 1];
	memmove(s->entries + 1, s->entries, (s->n_entries - 1) * sizeof(*s->entries));
	s->entries[0] = added;
}

void unit_set(struct unit_file *u, const char *section, const char *key,
	      const char *value)
{
	struct unit_section *s = unit_file_ensure(u, section);
	size_t n = 0;

	for (size_t i = 0; i < s->n_entries; i++)
		if (!str_eq(s->entries[i].key, key))
			s->entries[n++] = s->entries[i];
	s->n_entries = n;
	unit_add(u, section, key, value);
}

/* -- what assignments mean together */

const struct unit_entry *unit_next_of(const struct unit_section *s,
				      const struct unit_entry *e)
{
	for (const struct unit_entry *i = e + 1; i < s->entries + s->n_entries; i++)
		if (str_eq(i->key, e->key))
			return i;
	return NULL;
}

const struct unit_entry *unit_first_of(const struct unit_section *s, const char *key)
{
	const struct unit_entry *first = NULL;

	for (size_t i = 0; s && i < s->n_entries; i++) {
		if (!str_eq(s->entries[i].key, key))
			continue;
		if (!*s->entries[i].value)
			first = NULL;
		else if (!first)
			first = &s->entries[i];
	}
	return first;
}

const struct unit_entry *unit_last(const struct unit_section *s, const char *key)
{
	const struct unit_entry *last = NULL;

	unit_foreach(e, s, key) last = e;
	return last;
}

/* -- reading */

struct reader {
	struct unit_file *u;
	const char *path; /* in the arena */
	const char *at, *end;
	unsigned int line; /* of what was read last */
	size_t section;    /* index plus 1; 0 before the first */
};

static int line_error(const struct reader *r, unsigned int line, const char *what,
		      struct error *err)
{
	return error_set(err, ERR_INVALID, 0, "%s:%u: %s", r->path, line, what);
}

/* The next line of the text without blanks around it, in the text; false at the end. */
static bool next_line(struct reader *r, const char **ret, size_t *ret_len)
{
	if (r->at == r->end)
		return false;
	const char *from = r->at;
	const char *stop = memchr(from, '\n', r->end - from);
	const char *to = stop ? stop : r->end;

	r->at = stop ? stop + 1 : r->end;
	r->line++;
	while (from < to && strchr(BLANKS, *from))
		from++;
	while (to > from && strchr(BLANKS, to[-1]))
		to--;
	*ret = from;
	*ret_len = to - from;
	return true;
}

static bool is_comment(const char *line, size_t len)
{
	return len && (line[0] == '#' || line[0] == ';');
}

bool unit_goes_on(const char *line, size_t len)
{
	size_t n = 0;

	while (n < len && line[len - 1 - n] == '\\')
		n++;
	return n % 2 == 1;
}

/* All lines that belong together as one; false at the end. */
static bool next_logical(struct reader *r, struct buf *text, unsigned int *ret_line)
{
	const char *line;
	size_t len;
	bool more = false;

	text->len = 0;
	while (next_line(r, &line, &len)) {
		if (is_comment(line, len))
			continue;
		if (!more)
			*ret_line = r->line;
		more = unit_goes_on(line, len);
		buf_add(text, line, more ? len - 1 : len);
		if (more)
			buf_add(text, " ", 1);
		if (!more && text->len)
			return true;
	}
	return text->len > 0;
}

static bool section_name_ok(const char *name)
{
	for (const char *c = name; *c; c++)
		if ((unsigned char)*c < ' ' || *c == '[' || *c == ']')
			return false;
	return *name;
}

static int parse_assignment(struct reader *r, char *text, unsigned int line,
			    struct error *err)
{
	char *equals = strchr(text, '='), *key_end = equals;

	if (!equals || equals == text)
		return line_error(r, line, "is no section, no KEY=VALUE and no comment",
				  err);
	if (!r->section)
		return line_error(r, line, "stands before the first [Section]", err);
	while (key_end > text && strchr(BLANKS, key_end[-1]))
		key_end--;
	const char *value = equals + 1 + strspn(equals + 1, BLANKS);
	size_t len = strlen(value);
	while (len && strchr(BLANKS, value[len - 1]))
		len--;
	*section_grow(&r->u->sections[r->section - 1]) = (struct unit_entry){
		.key = arena_text(&r->u->arena, text, key_end - text),
		.value = arena_text(&r->u->arena, value, len),
		.file = r->path,
		.line = line,
	};
	return 0;
}

static int parse_logical(struct reader *r, char *text, unsigned int line,
			 struct error *err)
{
	/* joined lines may begin with the blank of a first one that had nothing else */
	text += strspn(text, BLANKS);
	size_t len = strlen(text);

	/* a backslash that is left at the end would, written, take the next line in */
	while (len && (strchr(BLANKS, text[len - 1]) || unit_goes_on(text, len)))
		text[--len] = '\0';
	if (!len || is_comment(text, len))
		return 0;
	if (text[0] != '[')
		return parse_assignment(r, text, line, err);
	if (text[len - 1] != ']')
		return line_error(r, line, "a section's name ends with ]", err);
	text[len - 1] = '\0';
	if (!section_name_ok(text + 1))
		return line_error(r, line, "is no name of a section", err);
	r->section = unit_file_ensure(r->u, text + 1) - r->u->sections + 1;
	return 0;
}

int unit_file_parse(struct unit_file *u, const char *text, size_t len, const char *path,
		    struct error *err)
{
	struct reader r = {
		.u = u,
		.path = arena_text(&u->arena, path, strlen(path)),
		.at = text,
		.end = text + len,
	};
	cleanup_buf struct buf logical;
	unsigned int line = 0;

	buf_init(&logical, UNIT_FILE_MAX + 1);
	if (len > UNIT_FILE_MAX)
		return error_set(err, ERR_INVALID, 0, "%s: is larger than 1 MB", path);
	if (memchr(text, '\0', len))
		return error_set(err, ERR_INVALID, 0, "%s: is no text", path);
	while (next_logical(&r, &logical, &line)) {
		if (!str_is_utf8(logical.data))
			return line_error(&r, line, "is no UTF-8", err);
		int ret = parse_logical(&r, logical.data, line, err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* -- writing */

void unit_file_write(const struct unit_file *u, struct buf *ret_text)
{
	for (size_t i = 0; i < u->n_sections; i++) {
		const struct unit_section *s = &u->sections[i];

		buf_printf(ret_text, "%s[%s]\n", i ? "\n" : "", s->name);
		for (size_t j = 0; j < s->n_entries; j++)
			buf_printf(ret_text, "%s=%s\n", s->entries[j].key,
				   s->entries[j].value);
	}
}

int unit_error(struct error *err, const struct unit_entry *e, const char *fmt, ...)
{
	va_list args;
	cleanup_free char *text = NULL;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		abort();
	va_end(args);
	return error_set(err, ERR_INVALID, 0, "%s:%u: %s= %s", e->file, e->line, e->key,
			 text);
}
