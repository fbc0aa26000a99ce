/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/suggest.h"

#include <string.h>

#include "util/mem.h"
#include "util/str.h"

#define PLACES_MAX 4

/* What is only an alias is near as well, but a person is told the name. */
static const char *nearest_command(const struct command *const *commands,
				   const char *typed)
{
	cleanup_strv char **names = NULL;
	const char *nearest;

	for (const struct command *const *c = commands; *c; c++) {
		if (!command_is_shown(*c))
			continue;
		strv_add(&names, (*c)->name);
		strv_foreach (alias, (char *const *)(*c)->aliases)
			strv_add(&names, *alias);
	}
	nearest = str_nearest(typed, (const char *const *)names);
	return nearest ? command_find(commands, nearest)->name : NULL;
}

/* "cubby ps", "cubby volume ls": where there is a command of that name. */
static char **places(const struct program *program, const char *typed)
{
	const struct command *c = command_find(program->commands, typed);
	char **found = NULL;

	if (c && command_is_shown(c))
		strv_addf(&found, "%s %s", program->name, c->name);
	for (const struct command *const *g = program->commands; *g; g++) {
		c = command_find((*g)->commands, typed);
		if (c && command_is_shown(*g) && command_is_shown(c))
			strv_addf(&found, "%s %s %s", program->name, (*g)->name, typed);
	}
	return found;
}

static const char *why_not(const struct program *program, const char *typed)
{
	for (const struct foreign_word *f = program->foreign; f && f->word; f++)
		if (str_eq(f->word, typed))
			return f->instead;
	return NULL;
}

int suggest_command(const struct program *program, const char *full_name,
		    const struct command *const *commands, const char *typed,
		    struct error *err)
{
	bool top = commands == program->commands;
	const char *why = top ? why_not(program, typed) : NULL;
	const char *nearest = why ? NULL : nearest_command(commands, typed);
	cleanup_strv char **elsewhere = places(program, typed);
	cleanup_free char *list = NULL;

	error_set(err, ERR_INVALID, 0, "unknown command: %s %s", full_name, typed);
	if (why)
		return error_hint(err, "%s", why);
	for (size_t n = strv_len(elsewhere); n > PLACES_MAX; n--) {
		free(elsewhere[n - 1]);
		elsewhere[n - 1] = NULL;
	}
	list = strv_join(elsewhere, ", ");
	if (elsewhere)
		return error_hint(err, "did you mean %s?\nSee '%s --help'", list,
				  full_name);
	if (nearest)
		return error_hint(err, "did you mean %s %s?\nSee '%s --help'", full_name,
				  nearest, full_name);
	return error_hint(err, "See '%s --help'", full_name);
}
