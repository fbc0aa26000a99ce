/* SPDX-License-Identifier: Apache-2.0 */
/* A place in a TOML text. The text has been checked: UTF-8, no control characters but tabs and line
 * ends. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "util/error.h"

#define TOML_DEPTH_MAX 64

struct toml_reader {
	const char *text, *what;
	size_t len, at;
	size_t depth; /* levels of the tree that are open */
	size_t section; /* of the tables that dotted keys may still add to; see toml_table.h */
	size_t sections;
	struct error *err;
};

/* toml_check_text() - before anything else. */
int toml_check_text(const struct toml_reader *r);

/* toml_fail(), toml_fail_at() - ERR_INVALID "WHAT: line 1, column 2: reason". */
int toml_fail(const struct toml_reader *r, const char *reason);
int toml_fail_at(const struct toml_reader *r, size_t at, const char *reason);

/* toml_enter() - one level more; toml_leave() - n less. */
int toml_enter(struct toml_reader *r);
void toml_leave(struct toml_reader *r, size_t n);

char toml_peek(const struct toml_reader *r); /* NUL at the end */
bool toml_starts(const struct toml_reader *r, const char *word);
bool toml_take(struct toml_reader *r, const char *word); /* if it stands here */
bool toml_take_newline(struct toml_reader *r);
void toml_skip_blanks(struct toml_reader *r);  /* blanks and tabs */
void toml_skip_comment(struct toml_reader *r); /* up to the line's end */
void toml_skip_lines(struct toml_reader *r);   /* blanks, comments and line ends */
