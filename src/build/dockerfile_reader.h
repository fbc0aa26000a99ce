/* SPDX-License-Identifier: Apache-2.0 */
/* Within the reader of Dockerfiles: its state, and its parts. */
#pragma once

#include <stdint.h>

#include "build/dockerfile.h"
#include "util/buf.h"

/* Where a physical line's part begins in the joined one. */
struct line_piece {
	size_t at;
	size_t line, byte; /* from 0 */
};

/* A column that was counted: the next one is most often further on in the same line, which may be megabytes. */
struct counted {
	size_t line, byte, characters; /* from 0 */
};

struct dockerfile_reader {
	struct dockerfile *d;
	size_t next;       /* line that comes next, from 0 */
	struct buf joined; /* an instruction, its continuation lines joined */
	struct line_piece *pieces;
	size_t n_pieces, cap_pieces;
	struct counted *counted; /* owned */
	size_t not_utf8; /* where in the joined line the first byte was replaced that is no UTF-8; SIZE_MAX: nowhere */
	bool in_onbuild; /* what is read is an ONBUILD's */
	struct error *err;
};

/* A part of the joined line. */
struct slice {
	const char *s;
	size_t n;
};

static inline bool slice_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == '\r';
}

struct slice slice_trim(struct slice s);
/* slice_word() - the next word, which *s loses with the blanks around it; nothing left: n is 0. */
struct slice slice_word(struct slice *s);
/* slice_quoted_word() - the same for NAME="a b": blanks in quotes and behind escapes are part of it. */
struct slice slice_quoted_word(struct slice *s, char escape);
/* slice_copy_word() - COPY's: quotes count in heredocs alone. */
struct slice slice_copy_word(struct slice *s, char escape);
char *slice_text(struct slice s);

/* reader_place() - of a byte of the joined line. */
struct dockerfile_place reader_place(const struct dockerfile_reader *r, const char *at);
/* reader_fail() - -EINVAL, with the line shown. */
int reader_fail(const struct dockerfile_reader *r, const char *at, const char *fmt, ...)
	_printf_(3, 4);
/* reader_hint() - below the line shown. */
int reader_hint(const struct dockerfile_reader *r, const char *fmt, ...) _printf_(2, 3);
void reader_warn(const struct dockerfile_reader *r, const char *at, const char *fmt, ...)
	_printf_(3, 4);

void instruction_release(struct instruction *i);
/* instruction_add() - takes text. */
void instruction_add(struct instruction *i, char *text, struct dockerfile_place place);

/* reader_flags() - those in front of *rest, which loses them; each is one that the instruction has. dockerfile_flags.c */
int reader_flags(const struct dockerfile_reader *r, struct instruction *i,
		 struct slice *rest);

/* reader_json() - 1: *rest is an array of texts, which are i's args now; 0: it is none. dockerfile_json.c */
int reader_json(const struct dockerfile_reader *r, struct instruction *i,
		struct slice rest);

/* reader_heredocs() - those that the words of rest begin, read from the lines that come next. dockerfile_heredoc.c */
int reader_heredocs(struct dockerfile_reader *r, struct instruction *i,
		    struct slice rest);
/* heredoc_word() - whether a word is one: <<EOF, 3<<-"EOF". ret_name may be NULL, otherwise caller frees. */
bool heredoc_word(struct slice word, char **ret_name, bool *ret_tabs, bool *ret_expands);

/* reader_arguments() - rest becomes i's args and heredocs, as its kind has them. dockerfile_arguments.c */
int reader_arguments(struct dockerfile_reader *r, struct instruction *i,
		     struct slice rest);

/* reader_instruction() - text, which is (part of) the joined line; its heredocs come next. *ret is empty. dockerfile_instruction.c */
int reader_instruction(struct dockerfile_reader *r, struct slice text,
		       struct instruction *ret);
