/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole command line taken apart without acting on it: the program's options, the command, its options one by one
 * as they were typed, and the other words. For those who write it anew with some options more and others less.
 */
#pragma once

#include <stddef.h>

#include "cli/command.h"
#include "util/cleanup.h"
#include "util/error.h"

/* One option, or several letters in one word. */
struct line_option {
	const struct option_spec *spec; /* NULL: several letters in one word */
	char *words[3];                 /* as typed, NULL-terminated */
	const char *value;              /* NULL: none was typed */
};

struct command_line {                  /* the words are borrowed from argv */
	const struct command *command; /* the subcommand, of "container run" */
	char **globals;                /* owned, NULL-terminated */
	struct line_option *options;   /* owned */
	size_t n_options;
	char **args; /* owned, NULL-terminated */
};
void command_line_release(struct command_line *l);
#define cleanup_command_line cleanup(command_line_release)

/* command_line_parse() - argv begins with the program's name. An option that the command hasn't is ERR_INVALID. */
int command_line_parse(const struct program *program, char *const *argv,
		       struct command_line *ret, struct error *err) _must_check_;

/* command_line_value() - of the last option with this name; NULL: it is not there. A flag without a value has "". */
const char *command_line_value(const struct command_line *l, const char *name);
