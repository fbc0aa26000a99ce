/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A unit file's text as sections of assignments. Pure: it opens nothing. Source: systemd.syntax(7).
 *
 * Sections of the same name are one. A backslash at the end of a line joins the next one to it, with a blank in its place; comments in
 * between are skipped. Assignments are kept in order, with where they stood: what they mean together, the last one or all
 * since the last empty one, is for who asks.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "util/arena.h"
#include "util/buf.h"
#include "util/error.h"

#define UNIT_FILE_MAX (1024 * 1024) /* bytes of one file */

struct unit_entry {
	char *key, *value; /* without blanks around them */
	const char *file;  /* the file's path as it was given */
	unsigned int line; /* the first of its lines, from 1 */
};

struct unit_section {
	char *name;
	struct unit_entry *entries;
	size_t n_entries, room;
};

struct unit_file {
	struct unit_section *sections;
	size_t n_sections;
	struct arena arena; /* all texts */
};

void unit_file_release(struct unit_file *u); /* safe on a zeroed struct */
#define cleanup_unit_file cleanup(unit_file_release)

/*
 * unit_file_parse() - add what the text (len bytes) says. `path` is named in messages and kept. Errors: ERR_INVALID, "PATH:LINE: ...";
 * what came before the line was added.
 */
int unit_file_parse(struct unit_file *u, const char *text, size_t len, const char *path,
		    struct error *err) _must_check_;

/* unit_file_section() - NULL if there is none. The pointer is good until a section is added. */
struct unit_section *unit_file_section(struct unit_file *u, const char *name);
const struct unit_section *unit_file_find(const struct unit_file *u, const char *name);
/* unit_file_ensure() - the section, made if missing. */
struct unit_section *unit_file_ensure(struct unit_file *u, const char *name);

/*
 * unit_last() - the last assignment of the key, NULL if there is none or it is empty (which takes back those before it).
 * unit_first_of() - the first that counts: after the last empty one. unit_next_of() - the one after it. s may be NULL.
 */
const struct unit_entry *unit_last(const struct unit_section *s, const char *key);
const struct unit_entry *unit_first_of(const struct unit_section *s, const char *key);
const struct unit_entry *unit_next_of(const struct unit_section *s,
				      const struct unit_entry *e);
#define unit_foreach(e, s, name)                                             \
	for (const struct unit_entry *(e) = unit_first_of((s), (name)); (e); \
	     (e) = unit_next_of((s), (e)))

/* unit_add() - an assignment of ours, behind the others. unit_add_first() - before them. */
void unit_add(struct unit_file *u, const char *section, const char *key,
	      const char *value);
void unit_add_first(struct unit_file *u, const char *section, const char *key,
		    const char *value);

/* unit_set() - the only assignment of the key in the section. */
void unit_set(struct unit_file *u, const char *section, const char *key,
	      const char *value);

/* unit_goes_on() - has the line (len bytes) a backslash at its end that no backslash before it takes, so that the next one belongs to it? */
bool unit_goes_on(const char *line, size_t len);

/* unit_file_write() - as text that unit_file_parse() reads to the same; nothing is escaped, so no text may have a line's end in it,
 * or unit_goes_on(). */
void unit_file_write(const struct unit_file *u, struct buf *ret_text);

/* unit_error() - "FILE:LINE: KEY= ..." about an assignment, ERR_INVALID. Return: -EINVAL. */
int unit_error(struct error *err, const struct unit_entry *e, const char *fmt, ...)
	_printf_(3, 4);
