/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Dockerfile, read: instructions with their flags, words and heredocs, and where in the file they stand.
 * Nothing is expanded yet, and nothing is looked up. Pure.
 * Sources: Dockerfile reference (Docker's documentation), Containerfile(5).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "util/cleanup.h"
#include "util/error.h"

#define DOCKERFILE_MAX          (4 << 20) /* bytes */
#define DOCKERFILE_WARNINGS_MAX 32

enum instruction_kind {
	INSTRUCTION_ADD,
	INSTRUCTION_ARG,
	INSTRUCTION_CMD,
	INSTRUCTION_COPY,
	INSTRUCTION_ENTRYPOINT,
	INSTRUCTION_ENV,
	INSTRUCTION_EXPOSE,
	INSTRUCTION_FROM,
	INSTRUCTION_HEALTHCHECK,
	INSTRUCTION_LABEL,
	INSTRUCTION_MAINTAINER,
	INSTRUCTION_ONBUILD,
	INSTRUCTION_RUN,
	INSTRUCTION_SHELL,
	INSTRUCTION_STOPSIGNAL,
	INSTRUCTION_USER,
	INSTRUCTION_VOLUME,
	INSTRUCTION_WORKDIR,
	INSTRUCTION_KINDS
};

/* instruction_word() - "RUN". */
const char *instruction_word(enum instruction_kind kind);

struct dockerfile_place {
	unsigned int line, column; /* from 1; column in characters */
};

struct instruction_flag {
	char *name; /* "chown", without the dashes */
	char *value; /* unexpanded, its own quotes and escapes removed; NULL: --name alone */
	struct dockerfile_place place;
};

struct heredoc {
	char *name;    /* the word behind << */
	char *content; /* lines with their ends (RUN: "\n" also where the file has "\r\n"); leading tabs gone with <<- */
	bool expands; /* the word was not quoted: variables in it count (COPY, ADD; RUN's shell does it itself) */
};

struct instruction { /* all owned */
	enum instruction_kind kind;
	unsigned int line, column, last_line; /* from 1 */
	char *text; /* the whole, continuation lines joined, for history and people: "RUN apt-get update" */
	struct instruction_flag *flags;
	size_t n_flags;
	bool is_exec; /* the words are a JSON array's */
	/*
	 * strv. Exec form: its elements. Otherwise unexpanded, with quotes and escapes as typed:
	 * RUN, CMD, ENTRYPOINT, MAINTAINER, STOPSIGNAL, USER, WORKDIR, ONBUILD: one, the rest of the line (ONBUILD: with its heredocs;
	 * CMD and ENTRYPOINT with nothing behind them are what [] is: exec form without elements);
	 * ENV, LABEL, ARG: "NAME=value" each (ARG also "NAME"; the old form of ENV and LABEL is brought into this one);
	 * FROM: image, or image and name (in lower case: names of stages have no other); HEALTHCHECK: "NONE", or "CMD" and what
	 * follows it (is_exec: of that);
	 * COPY, ADD, EXPOSE, VOLUME, SHELL: the words, COPY's and ADD's heredocs as "<<NAME": the first such word is heredocs[0], ...
	 */
	char **args;
	size_t n_args;
	struct dockerfile_place *places; /* of each of args */
	struct heredoc *heredocs;
	size_t n_heredocs;
};

struct dockerfile {
	char *name; /* for messages */
	char *syntax; /* directive; NULL: none. It names a front end, of which there is one here */
	char escape; /* directive: \ or ` */
	struct instruction *items;
	size_t n;
	char **lines; /* to show one of them */
	size_t n_lines;
	/* strv, the first few: "NAME:LINE:COLUMN: warning: ...": taken as other builders take it, but hardly meant so */
	char **warnings;
};
void dockerfile_free(struct dockerfile *d);
DEFINE_CLEANUP(struct dockerfile *, dockerfile_free)
#define cleanup_dockerfile cleanup(dockerfile_freep)

/*
 * dockerfile_parse() - text need not end with NUL. Everything that can be known without a variable's value is
 * checked: words, flags' names, number of arguments, order (FROM, or ARGs before it). ERR_INVALID: "NAME:LINE:COLUMN: what";
 * the hint is the line with a caret and, below, the nearest instruction or flag.
 */
int dockerfile_parse(const char *text, size_t len, const char *name,
		     struct dockerfile **ret, struct error *err) _must_check_;

/* dockerfile_parse_one() - a single instruction, as ONBUILD of a base image has it. */
int dockerfile_parse_one(const char *text, const char *name, struct dockerfile **ret,
			 struct error *err) _must_check_;

/* dockerfile_error() - the same form for what is found out later: at an instruction's first line, or a flag of it
 * (NULL: none). */
int dockerfile_error(const struct dockerfile *d, const struct instruction *i,
		     const struct instruction_flag *flag, struct error *err,
		     const char *fmt, ...) _printf_(5, 6);

/* dockerfile_error_at() - the same, at a place. */
int dockerfile_error_at(const struct dockerfile *d, struct dockerfile_place place,
			struct error *err, const char *fmt, ...) _printf_(4, 5);

/* dockerfile_wrap() - an error that something else set becomes one of that form: "NAME:LINE:COLUMN: ", its words. Kind and
 * code stay, its hint stands below the line. */
int dockerfile_wrap(const struct dockerfile *d, struct dockerfile_place place,
		    struct error *err);

/* instruction_place() - where it begins. */
struct dockerfile_place instruction_place(const struct instruction *i);

/* instruction_flag() - the last of that name, or NULL. */
const struct instruction_flag *instruction_flag(const struct instruction *i,
						const char *name);

/* instruction_flag_next() - all of that name, one after the other: `after` is NULL, then what came last. NULL: no more. */
const struct instruction_flag *instruction_flag_next(
	const struct instruction *i, const char *name,
	const struct instruction_flag *after);

/* instruction_has() - a flag that is true or false: --link, --link=true. The reader has seen that it is no other. */
bool instruction_has(const struct instruction *i, const char *name);

/*
 * instruction_is_script() - RUN whose line is a heredoc and nothing else: heredocs[0] is what the shell, or the program that a first line
 * #! names, runs. Otherwise heredocs are for the shell: instruction_command() gives it the line and what is below.
 */
bool instruction_is_script(const struct instruction *i);

/* instruction_command() - RUN's shell form as the shell gets it: the line, each heredoc and its end below it; a script: its
 * content. Caller frees. */
char *instruction_command(const struct instruction *i);
