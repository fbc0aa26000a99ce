/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"

#include "util/str.h"

const struct command *command_find(const struct command *const *commands,
				   const char *name)
{
	for (; commands && *commands; commands++)
		if (str_eq((*commands)->name, name) ||
		    strv_has((char *const *)(*commands)->aliases, name))
			return *commands;
	return NULL;
}

bool command_is_shown(const struct command *c)
{
	return !c->hidden && !c->not_yet;
}
