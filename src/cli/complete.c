/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/complete.h"

#include <ctype.h>
#include <string.h>

#include "cli/help.h"
#include "util/mem.h"
#include "util/str.h"

/* Where in the tables the words have led. */
struct place {
	const struct program *program;
	const struct command *command;         /* NULL: the program itself */
	const struct command *const *commands; /* that may come next; NULL: none */
	const struct option_spec *options;
	const struct option_spec *pending; /* the option whose value comes next */
	char **given;                      /* arguments, so far */
	bool options_over, lost;
};

void complete_narrow(struct completion *c, size_t n)
{
	char *lead = xasprintf("%s%.*s", c->lead ? c->lead : "", (int)n, c->prefix);

	free(c->lead);
	c->lead = lead;
	c->prefix += n;
}

void complete_add(struct completion *c, const char *word, const char *description)
{
	cleanup_free char *whole = NULL, *text = NULL;

	if (!str_starts(word, c->prefix))
		return;
	whole = xasprintf("%s%s", c->lead ? c->lead : "", word);
	text = str_visible(description && !c->no_descriptions ? description : "", "");
	if (str_ends(word, ":") || str_ends(word, "="))
		c->open_ended = true;
	if (strlen(whole) >= c->lead_dropped)
		fprintf(c->out, "%s\t%s\n", whole + c->lead_dropped, text);
}

struct wanted {
	const char *name; /* NULL: the letter */
	size_t len;
	char letter;
	const struct option_spec *found;
};

static bool is_name(const char *name, const struct wanted *w)
{
	return name && strlen(name) == w->len && memcmp(name, w->name, w->len) == 0;
}

static int find_row(const struct option_spec *spec, size_t base _unused_, void *data)
{
	struct wanted *w = data;
	bool hit = w->name ? is_name(spec->name, w)
			   : spec->letter && spec->letter == w->letter;

	for (const char *const *a = spec->aliases; w->name && !hit && a && *a; a++)
		hit = is_name(*a, w);
	if (hit)
		w->found = spec;
	return hit;
}

static const struct option_spec *find_long(const struct option_spec *table,
					   const char *name)
{
	struct wanted w = {.name = name, .len = strcspn(name, "=")};

	options_walk(table, find_row, &w);
	return w.found;
}

/* The option of "-itv" that waits for a value in the next word; NULL: none does. */
static const struct option_spec *pending_letter(const struct option_spec *table,
						const char *word)
{
	for (const char *c = word + 1; *c; c++) {
		struct wanted w = {.letter = *c};

		options_walk(table, find_row, &w);
		if (!w.found || c[1] == '=')
			return NULL;
		if (option_takes_value(w.found))
			return c[1] ? NULL : w.found;
	}
	return NULL;
}

/* The option of this word, if its value is the next word. */
static const struct option_spec *pending_of(const struct place *at, const char *word)
{
	const struct option_spec *spec;

	if (word[1] != '-')
		return pending_letter(at->options, word);
	spec = find_long(at->options, word + 2);
	return spec && !strchr(word, '=') && option_takes_value(spec) ? spec : NULL;
}

/* Which records the names come from. */
static void note_global(struct completion *c, const char *name, const char *value)
{
	if (str_eq(name, "root"))
		c->root = value;
	else if (str_eq(name, "runroot"))
		c->runroot = value;
}

static void enter(struct place *at, const char *word)
{
	const struct command *found = command_find(at->commands, word);

	if (!at->command && str_eq(word, "help"))
		return;
	if (!found || found->not_yet) {
		at->lost = true;
		return;
	}
	at->command = found;
	at->commands = found->commands;
	at->options = found->options;
}

static void pass(struct place *at, struct completion *c, const char *word)
{
	const char *equals = strchr(word, '=');

	if (at->pending) {
		if (!at->command)
			note_global(c, at->pending->name, word);
		at->pending = NULL;
	} else if (!at->options_over && str_eq(word, "--")) {
		at->options_over = true;
	} else if (!at->options_over && word[0] == '-' && word[1]) {
		at->pending = pending_of(at, word);
		if (!at->command && str_starts(word, "--root="))
			note_global(c, "root", equals + 1);
		if (!at->command && str_starts(word, "--runroot="))
			note_global(c, "runroot", equals + 1);
	} else if (at->commands) {
		enter(at, word);
	} else {
		strv_add(&at->given, word);
		at->options_over =
			at->options_over || (at->command && at->command->stop_at_first);
	}
}

static void add_words(struct completion *c, const char *const *words)
{
	for (; *words; words++)
		complete_add(c, *words, NULL);
}

/* What a value's word says of it: "FILE", "DIR[:OPTIONS]". */
static void add_by_value_word(struct completion *c, const struct complete_names *names,
			      const struct option_spec *spec)
{
	const char *value = option_value_word(spec);
	cleanup_free char *word =
		xstrndup(value, strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"));

	if (names->add(c, word, ARGUMENTS_BY_USAGE))
		return;
	if (str_eq(word, "FILE") || str_eq(word, "PATH") || str_eq(word, "SOURCE") ||
	    str_eq(word, "HOST"))
		c->files = true;
	else if (str_eq(word, "DIR"))
		c->dirs = true;
}

static void add_value(struct completion *c, const struct complete_names *names,
		      const struct option_spec *spec)
{
	static const char *const booleans[] = {"true", "false", NULL};

	if (spec->type == OPTION_WORD)
		add_words(c, spec->words);
	else if (spec->type == OPTION_BOOL)
		add_words(c, booleans);
	else if (!names->add_value(c, spec))
		add_by_value_word(c, names, spec);
}

static int add_option(const struct option_spec *spec, size_t base _unused_, void *data)
{
	cleanup_free char *name = NULL;

	if (!option_is_shown(spec) || !spec->name)
		return 0;
	name = xasprintf("--%s", spec->name);
	complete_add(data, name, spec->help);
	return 0;
}

static void add_commands(struct completion *c, const struct command *const *commands)
{
	for (; *commands; commands++) {
		if (!command_is_shown(*commands))
			continue;
		complete_add(c, (*commands)->name, (*commands)->summary);
		strv_foreach (alias, (char *const *)(*commands)->aliases)
			if (*c->prefix && str_starts(*alias, c->prefix))
				complete_add(c, *alias, (*commands)->summary);
	}
}

/* The word of "[options] CONTAINER [PATH|FILE...]" for argument number n; the last one with dots counts for
 * those that follow. Caller frees; NULL: no more. */
static char *usage_word(const char *usage, size_t n)
{
	cleanup_strv char **words = str_split(usage ? usage : "", ' ');
	const char *last = NULL;

	strv_foreach (word, words) {
		const char *start = *word + strspn(*word, "[");

		if (!isupper((unsigned char)*start))
			continue;
		last = strstr(start, "...") ? start : NULL;
		if (n-- == 0)
			return xstrdup(start);
	}
	return last ? xstrdup(last) : NULL;
}

static void add_argument(struct completion *c, const struct complete_names *names,
			 const struct place *at)
{
	enum arguments state = at->command->arguments;
	cleanup_free char *word = NULL;
	cleanup_strv char **kinds = NULL;

	if (state == ARGUMENTS_NONE)
		return;
	word = usage_word(at->command->usage, strv_len(at->given));
	kinds = str_split(word ? word : "", '|');
	strv_foreach (kind, kinds) {
		char *name = *kind;

		if (str_starts(name, "CONTAINER:"))
			c->open_ended = c->files = true;
		name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] = '\0';
		if (str_eq(name, "FILE") || str_eq(name, "PATH"))
			c->files = true;
		else if (str_eq(name, "DIR") || str_eq(name, "DIRECTORY"))
			c->dirs = true;
		else
			names->add(c, name, state);
	}
}

static void complete_last(const struct place *at, const struct complete_names *names,
			  const char *word, struct completion *c)
{
	const char *equals = strchr(word, '=');
	const struct option_spec *spec;

	if (at->pending) {
		add_value(c, names, at->pending);
		return;
	}
	if (!at->options_over && str_starts(word, "--") && equals) {
		spec = find_long(at->options, word + 2);
		complete_narrow(c, (size_t)(equals + 1 - word));
		if (spec)
			add_value(c, names, spec);
		return;
	}
	if (!at->options_over && word[0] == '-') {
		options_walk(at->options, add_option, c);
		complete_add(c, "--help", "show what it does and its options");
	} else if (at->commands) {
		add_commands(c, at->commands);
		if (!at->command)
			complete_add(c, "help", "show what a command does");
	} else if (at->command) {
		add_argument(c, names, at);
	}
}

void complete_words(const struct program *program, const struct complete_names *names,
		    char *const *words, struct completion *c)
{
	struct place at = {
		.program = program,
		.commands = program->commands,
		.options = program->options,
	};

	for (; words[0] && words[1] && !at.lost; words++)
		pass(&at, c, words[0]);
	c->prefix = words[0] ? words[0] : "";
	c->given = at.given;
	if (!at.lost)
		complete_last(&at, names, c->prefix, c);
	strv_free(at.given);
	free(c->lead);
	c->lead = NULL;
	fprintf(c->out, ":%s%s%s\n", c->files ? "f" : "", c->dirs ? "d" : "",
		c->open_ended ? "s" : "");
}

char **complete_split(const char *line)
{
	char **words = NULL;

	for (;;) {
		cleanup_free char *word = xcalloc(1, strlen(line) + 1);
		char quote = '\0';
		size_t n = 0;

		line += strspn(line, " \t");
		for (; *line && (quote || !strchr(" \t", *line)); line++) {
			if (quote ? *line == quote : strchr("'\"", *line) != NULL)
				quote = quote ? '\0' : *line;
			else if (*line == '\\' && quote != '\'' && line[1])
				word[n++] = *++line;
			else
				word[n++] = *line;
		}
		strv_add(&words, word);
		if (!*line)
			return words;
	}
}
