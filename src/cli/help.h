/* SPDX-License-Identifier: Apache-2.0 */
/* What everything that shows the tables agrees upon: --help, manual pages, completions. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "cli/command.h"
#include "cli/options.h"
#include "util/cleanup.h"

/* option_is_shown() - not hidden, no heading, and there already. */
bool option_is_shown(const struct option_spec *spec);

/* option_text() - its help, with the words that it takes. Caller frees. */
char *option_text(const struct option_spec *spec);

/* help_program(), help_command() - the texts of --help, at most 80 columns. `full_name`:
 * "cubby container run". `all`: also what is not common. */
void help_program(FILE *out, const struct program *program, bool all);
void help_command(FILE *out, const char *full_name, const struct command *command,
		  bool all);
