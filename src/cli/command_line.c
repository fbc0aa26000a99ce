/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command_line.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/str.h"

void command_line_release(struct command_line *l)
{
	free(l->globals);
	free(l->options);
	free(l->args);
	*l = (struct command_line){0};
}

/* Words from here on, and whether another one is the value of the option in the first. */
struct cursor {
	char *const *word;
	struct line_option *option; /* to be filled */
};

static int unknown(const char *word, struct error *err)
{
	return error_set(err, ERR_INVALID, 0, "unknown option %s in a command line",
			 word);
}

static void take_next(struct cursor *c)
{
	c->option->value = c->option->words[1] = *c->word;
	if (*c->word)
		c->word++;
}

static int take_long(const struct option_spec *table, struct cursor *c, struct error *err)
{
	char *word = *c->word++;
	const char *equals = strchr(word, '=');
	size_t len = equals ? (size_t)(equals - word) - 2 : strlen(word) - 2;
	const struct option_spec *spec = options_find(table, word + 2, len, 0);

	if (!spec)
		return unknown(word, err);
	*c->option = (struct line_option){spec, {word}, equals ? equals + 1 : NULL};
	if (!equals && option_takes_value(spec))
		take_next(c);
	return 0;
}

/* As options_parse() has it: a letter that takes a value takes the rest of the word, or the next word. */
static int take_letters(const struct option_spec *table, struct cursor *c,
			struct error *err)
{
	char *word = *c->word++;

	*c->option = (struct line_option){NULL, {word}, NULL};
	for (const char *p = word + 1; *p; p++) {
		const struct option_spec *spec = options_find(table, NULL, 0, *p);

		if (!spec)
			return unknown(word, err);
		if (p == word + 1)
			c->option->spec = spec;
		else if (c->option->spec != spec)
			c->option->spec = NULL;
		if (p[1] == '=') {
			c->option->value = p + 2;
			return 0;
		}
		if (!option_takes_value(spec))
			continue;
		c->option->value = p + 1;
		if (!p[1])
			take_next(c);
		return 0;
	}
	return 0;
}

static int take_words(char *const *word, struct command_line *l, struct error *err)
{
	size_t room = strv_len((char **)word) + 1, n_args = 0;
	const struct option_spec *table = l->command->options;
	bool only_args = false;

	l->options = xcalloc(room, sizeof(*l->options));
	l->args = xcalloc(room, sizeof(*l->args));
	while (*word) {
		struct cursor c = {word, &l->options[l->n_options]};
		int r;

		if (!only_args && str_eq(*word, "--")) {
			only_args = true;
			word++;
			continue;
		}
		if (only_args || **word != '-' || !(*word)[1]) {
			l->args[n_args++] = *word++;
			only_args = only_args || l->command->stop_at_first;
			continue;
		}
		r = (*word)[1] == '-' ? take_long(table, &c, err)
				      : take_letters(table, &c, err);
		if (r < 0)
			return r;
		l->n_options++;
		word = c.word;
	}
	return 0;
}

static int take_globals(const struct program *program, char *const *argv,
			struct command_line *l, char *const **ret_word, struct error *err)
{
	size_t n = 0;

	l->globals = xcalloc(strv_len((char **)argv) + 1, sizeof(*l->globals));
	for (char *const *word = argv + 1; *word;) {
		struct line_option option;
		struct cursor c = {word, &option};
		int r;

		if (**word != '-' || !(*word)[1]) {
			*ret_word = word;
			return 0;
		}
		r = (*word)[1] == '-' ? take_long(program->options, &c, err)
				      : take_letters(program->options, &c, err);
		if (r < 0)
			return r;
		for (; word < c.word; word++)
			l->globals[n++] = *word;
	}
	return error_set(err, ERR_INVALID, 0, "a command line without a command");
}

int command_line_parse(const struct program *program, char *const *argv,
		       struct command_line *ret, struct error *err)
{
	const struct command *const *commands = program->commands;
	cleanup_command_line struct command_line l = {0};
	char *const *word = NULL;
	int r = argv && argv[0] ? take_globals(program, argv, &l, &word, err)
				: error_set(err, ERR_INVALID, 0, "an empty command line");

	if (r < 0)
		return r;
	while (commands && *word) {
		l.command = command_find(commands, *word);
		if (!l.command)
			return error_set(err, ERR_INVALID, 0, "unknown command %s",
					 *word);
		word++;
		commands = l.command->commands;
	}
	if (!l.command)
		return error_set(err, ERR_INVALID, 0, "a command line without a command");
	r = take_words(word, &l, err);
	if (r < 0)
		return r;
	*ret = l;
	l = (struct command_line){0};
	return 0;
}

const char *command_line_value(const struct command_line *l, const char *name)
{
	const char *value = NULL;

	for (size_t i = 0; i < l->n_options; i++) {
		const struct line_option *o = &l->options[i];

		if (o->spec && str_eq(o->spec->name, name))
			value = o->value ? o->value : "";
	}
	return value;
}
