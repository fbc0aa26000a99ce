/* SPDX-License-Identifier: Apache-2.0 */
/* What everything that shows the tables agrees upon: --help, manual pages, completions. */
#pragma once

#include <stdbool.h>

#include "cli/command.h"
#include "cli/options.h"
#include "util/cleanup.h"

/* option_is_shown(), command_is_shown() - not hidden, no heading, and there already. */
bool option_is_shown(const struct option_spec *spec);
bool command_is_shown(const struct command *c);

/* option_text() - its help, with the words that it takes. Caller frees. */
char *option_text(const struct option_spec *spec);
