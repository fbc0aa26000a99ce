/* SPDX-License-Identifier: Apache-2.0 */
/* --help, from the same tables as the parser: grouped, at most 80 columns wide. */
#include "cli/help.h"

#include <string.h>

#include "util/mem.h"
#include "util/str.h"

#define HELP_COLUMNS     80
#define HELP_LEFT_MAX    32 /* a longer left side gets its text on the next line */
#define HELP_LEFT_INDENT 2

/* Words of `text` broken at blanks, the first line starting at column `at`, others at
 * `indent`. */
static void print_wrapped(FILE *out, const char *text, size_t at, size_t indent)
{
	bool first = true; /* of its line */

	while (*text) {
		size_t len = strcspn(text, " \n");

		if (!first && at + 1 + len > HELP_COLUMNS) {
			fprintf(out, "\n%*s", (int)indent, "");
			at = indent;
			first = true;
		}
		fprintf(out, "%s%.*s", first ? "" : " ", (int)len, text);
		at += len + (first ? 0 : 1);
		first = false;
		text += len;
		if (*text == '\n') {
			fprintf(out, "\n%*s", (int)indent, "");
			at = indent;
			first = true;
		}
		text += *text != '\0';
	}
	fputc('\n', out);
}

/* "  left side      text", the text wrapped below itself. */
static void print_row(FILE *out, const char *left, const char *text, size_t left_width)
{
	size_t column = HELP_LEFT_INDENT + left_width + 2, len = strlen(left);

	fprintf(out, "%*s%s", HELP_LEFT_INDENT, "", left);
	if (!text || !*text) {
		fputc('\n', out);
		return;
	}
	if (len > left_width)
		fprintf(out, "\n%*s", (int)column, "");
	else
		fprintf(out, "%*s", (int)(left_width + 2 - len), "");
	print_wrapped(out, text, column, column);
}

static void print_indented(FILE *out, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		fprintf(out, "  %.*s\n", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

/* "-m, --memory SIZE" */
static char *option_left(const struct option_spec *spec)
{
	char letter[] = {'-', spec->letter, ',', ' ', '\0'};
	const char *value = option_value_word(spec);
	const char *joint = !*value ? "" : spec->bare_value ? "[=" : " ";
	const char *end = spec->bare_value && *value ? "]" : "";

	if (!spec->letter)
		memset(letter, ' ', 4);
	else if (!spec->name)
		letter[2] = '\0';
	return xasprintf("%s%s%s%s%s%s", letter, spec->name ? "--" : "",
			 spec->name ? spec->name : "", joint, value, end);
}

struct option_list {
	FILE *out;
	size_t width;
	bool all;
	const char *group; /* heading of what comes, not printed yet */
	bool any;          /* printed */
};

bool option_is_shown(const struct option_spec *spec)
{
	return !spec->hidden && spec->type != OPTION_NOT_YET &&
	       spec->type != OPTION_GROUP;
}

static int find_common(const struct option_spec *spec, size_t base _unused_,
		       void *data _unused_)
{
	return spec->common && option_is_shown(spec);
}

/* Whether the common rows are picked out, as there are so many. */
static bool has_common(const struct option_spec *table)
{
	return options_walk(table, find_common, NULL) != 0;
}

static int measure_option(const struct option_spec *spec, size_t base _unused_,
			  void *data)
{
	struct option_list *l = data;
	cleanup_free char *left = NULL;

	if (!option_is_shown(spec) || (!l->all && !spec->common))
		return 0;
	left = option_left(spec);
	if (strlen(left) > l->width && strlen(left) <= HELP_LEFT_MAX)
		l->width = strlen(left);
	return 0;
}

char *option_text(const struct option_spec *spec)
{
	cleanup_free char *words = NULL;

	if (spec->type != OPTION_WORD)
		return xstrdup(spec->help);
	words = strv_join((char *const *)spec->words, ", ");
	return xasprintf("%s (%s)", spec->help, words);
}

static int print_option(const struct option_spec *spec, size_t base _unused_, void *data)
{
	struct option_list *l = data;
	cleanup_free char *left = NULL, *text = NULL;

	if (spec->type == OPTION_GROUP)
		l->group = spec->help;
	if (!option_is_shown(spec) || (!l->all && !spec->common))
		return 0;
	if (l->group)
		fprintf(l->out, "%s%s:\n", l->all || !l->any ? "\n" : "", l->group);
	l->group = NULL;
	l->any = true;
	left = option_left(spec);
	text = option_text(spec);
	if (!l->all && spec->type != OPTION_WORD)
		text[strcspn(text, ";")] = '\0'; /* what follows can wait */
	print_row(l->out, left, text, l->width);
	return 0;
}

static void print_options(FILE *out, const struct option_spec *table, bool all)
{
	struct option_list l = {.out = out, .all = all, .group = "Options"};

	options_walk(table, measure_option, &l);
	options_walk(table, print_option, &l);
}

static size_t widest_command(const struct command *const *commands, bool all)
{
	size_t width = 0;

	for (; *commands; commands++)
		if (command_is_shown(*commands) && (all || (*commands)->common) &&
		    strlen((*commands)->name) > width)
			width = strlen((*commands)->name);
	return width;
}

struct command_list {
	FILE *out;
	const struct command *const *commands;
	const char *group; /* NULL: any */
	size_t width;
	bool all; /* else the common ones, and the names of the rest */
};

static void print_commands(const struct command_list *l)
{
	cleanup_strv char **rest = NULL;
	cleanup_free char *names = NULL;

	fprintf(l->out, "\n%s:\n", l->group ? l->group : "Commands");
	for (const struct command *const *c = l->commands; *c; c++) {
		if (!command_is_shown(*c) || (l->group && !str_eq((*c)->group, l->group)))
			continue;
		if (l->all || (*c)->common)
			print_row(l->out, (*c)->name, (*c)->summary, l->width);
		else
			strv_add(&rest, (*c)->name);
	}
	if (!rest)
		return;
	names = strv_join(rest, ", ");
	print_row(l->out, l->width >= 4 ? "more" : "", names, l->width);
}

static void print_examples(FILE *out, const char *examples)
{
	if (!examples)
		return;
	fprintf(out, "\nExamples:\n");
	print_indented(out, examples);
}

static void print_sentence(FILE *out, const char *text)
{
	cleanup_free char *sentence = xstrdup(text);

	/* Summaries are lower case for lists; alone on a line one starts with a capital.
	 */
	if (sentence[0] >= 'a' && sentence[0] <= 'z')
		sentence[0] = (char)(sentence[0] - 'a' + 'A');
	print_wrapped(out, sentence, 0, 0);
}

void help_program(FILE *out, const struct program *program, bool all)
{
	bool pick = !all && program->groups && has_common(program->options);
	struct command_list l = {out, program->commands, NULL,
				 widest_command(program->commands, !pick), !pick};

	print_sentence(out, program->summary);
	fprintf(out, "\nUsage: %s [options] COMMAND\n", program->name);
	if (!program->groups)
		print_commands(&l);
	for (const char *const *g = program->groups; g && *g; g++) {
		l.group = *g;
		print_commands(&l);
	}
	print_options(out, program->options, !pick);
	print_examples(out, program->examples);
	fprintf(out, "\nOne command: %s COMMAND --help%s%s%s\n", program->name,
		pick ? "   All there is: " : "", pick ? program->name : "",
		pick ? " --help=all" : "");
}

void help_command(FILE *out, const char *full_name, const struct command *command,
		  bool all)
{
	const char *description = command->description ? command->description : "";
	bool pick = !all && has_common(command->options);
	cleanup_free char *first = xstrndup(description, strcspn(description, "\n"));
	cleanup_free char *usage = NULL;
	struct command_list l = {out, command->commands, NULL, 0, true};

	print_sentence(out, command->summary ? command->summary : command->name);
	usage = xasprintf("%s %s", full_name, command->usage ? command->usage : "");
	fprintf(out, "\nUsage: ");
	print_wrapped(out, usage, strlen("Usage: "), 2 * strlen("Usage: "));
	if (*description) {
		fputc('\n', out);
		print_wrapped(out, pick ? first : description, 0, 0);
	}
	if (command->commands) {
		l.width = widest_command(command->commands, true);
		print_commands(&l);
	}
	print_options(out, command->options, !pick);
	print_examples(out, command->examples);
	if (command->commands)
		fprintf(out, "\nOne command: %s COMMAND --help\n", full_name);
	if (pick)
		fprintf(out, "\nAll options: %s --help=all\n", full_name);
}
