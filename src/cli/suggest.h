/* SPDX-License-Identifier: Apache-2.0 */
/* What to say of a command that does not exist. */
#pragma once

#include "cli/command.h"
#include "util/cleanup.h"
#include "util/error.h"

/*
 * suggest_command() - ERR_INVALID "unknown command: cubby contaner", with a hint: the nearest name or alias
 * among `commands`, else the same word elsewhere in the program ("ls" is "cubby ps" and "cubby volume ls"),
 * else why there is no such command here. full_name: "cubby container".
 */
int suggest_command(const struct program *program, const char *full_name,
		    const struct command *const *commands, const char *typed,
		    struct error *err);
