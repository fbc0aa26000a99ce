/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can stand where the cursor is: a walk over the tables of commands and options, as the parser would go.
 * What is not in the tables (names of containers) is asked of a struct complete_names.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "cli/command.h"

/* A list of candidates on its way out: "word<tab>description" lines, then ":" and letters. */
struct completion {
	FILE *out;
	const char *prefix; /* what the candidates begin with: the end of the last word */
	char *lead; /* owned: what stood before that in the word, printed with each: "--pull=" */
	char *const *given; /* arguments that are there already, NULL-terminated */
	size_t lead_dropped; /* bytes of the word that are not printed: bash wants the rest */
	const char *root, *runroot; /* as typed in this line */
	bool no_descriptions;
	bool files, dirs; /* the shell shall offer its own; letters f and d */
	bool open_ended;  /* no blank behind the word; letter s */
};

/* complete_narrow() - the first n bytes of the prefix stay as they are; what follows is completed. */
void complete_narrow(struct completion *c, size_t n);

/* complete_add() - if it begins with the prefix. description may be NULL. */
void complete_add(struct completion *c, const char *word, const char *description);

/* Where names come from. Each adds candidates; which: an argument's word of `usage` ("CONTAINER"). */
struct complete_names {
	/* Return: whether `which` is a kind of name. */
	bool (*add)(struct completion *c, const char *which, enum arguments state);
	/* add_value() - of an option that takes one. Return: whether it is known. */
	bool (*add_value)(struct completion *c, const struct option_spec *spec);
};

/* complete_words() - words: after the program's name, the last being the one to complete (maybe ""). */
void complete_words(const struct program *program, const struct complete_names *names,
		    char *const *words, struct completion *c);

/* complete_split() - a line of a shell up to the cursor, as words: quotes and backslashes are taken away; the last
 * one may be "". Caller frees (strv). */
char **complete_split(const char *line);
