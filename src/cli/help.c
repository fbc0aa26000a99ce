/* SPDX-License-Identifier: Apache-2.0 */
/* --help, from the same tables as the parser: grouped, at most 80 columns wide. */
#include <string.h>

#include "cli/command.h"
#include "util/mem.h"
#include "util/str.h"

#define HELP_COLUMNS     80
#define HELP_LEFT_MAX    30 /* a longer left side gets its text on the next line */
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
	bool any;
};

static bool is_shown(const struct option_spec *spec)
{
	return !spec->hidden && spec->type != OPTION_NOT_YET &&
	       spec->type != OPTION_GROUP;
}

static int measure_option(const struct option_spec *spec, size_t base _unused_,
			  void *data)
{
	struct option_list *l = data;
	cleanup_free char *left = NULL;

	if (!is_shown(spec))
		return 0;
	left = option_left(spec);
	if (strlen(left) > l->width && strlen(left) <= HELP_LEFT_MAX)
		l->width = strlen(left);
	return 0;
}

static int print_option(const struct option_spec *spec, size_t base _unused_, void *data)
{
	struct option_list *l = data;
	cleanup_free char *left = NULL, *words = NULL, *text = NULL;

	if (spec->type == OPTION_GROUP) {
		fprintf(l->out, "\n%s:\n", spec->help);
		l->any = true;
	}
	if (!is_shown(spec))
		return 0;
	if (!l->any)
		fprintf(l->out, "\nOptions:\n");
	l->any = true;
	left = option_left(spec);
	if (spec->type == OPTION_WORD) {
		words = strv_join((char *const *)spec->words, ", ");
		text = xasprintf("%s (%s)", spec->help, words);
	}
	print_row(l->out, left, text ? text : spec->help, l->width);
	return 0;
}

static void print_options(FILE *out, const struct option_spec *table)
{
	struct option_list l = {.out = out};

	options_walk(table, measure_option, &l);
	options_walk(table, print_option, &l);
}

static size_t widest_command(const struct command *const *commands)
{
	size_t width = 0;

	for (; *commands; commands++)
		if (!(*commands)->hidden && !(*commands)->not_yet &&
		    strlen((*commands)->name) > width)
			width = strlen((*commands)->name);
	return width;
}

static void print_commands(FILE *out, const struct command *const *commands,
			   const char *group, size_t width)
{
	bool any = false;

	for (; *commands; commands++) {
		const struct command *c = *commands;

		if (c->hidden || c->not_yet || (group && !str_eq(c->group, group)))
			continue;
		if (!any)
			fprintf(out, "\n%s:\n", group ? group : "Commands");
		any = true;
		print_row(out, c->name, c->summary, width);
	}
}

void help_program(FILE *out, const struct program *program)
{
	size_t width = widest_command(program->commands);

	print_wrapped(out, program->summary, 0, 0);
	fprintf(out, "\nUsage: %s [options] COMMAND\n", program->name);
	if (!program->groups)
		print_commands(out, program->commands, NULL, width);
	for (const char *const *g = program->groups; g && *g; g++)
		print_commands(out, program->commands, *g, width);
	print_options(out, program->options);
	if (program->examples) {
		fprintf(out, "\nExamples:\n");
		print_indented(out, program->examples);
	}
	fprintf(out, "\nSee '%s COMMAND --help' for one command.\n", program->name);
}

void help_command(FILE *out, const char *full_name, const struct command *command)
{
	cleanup_free char *summary =
		xstrdup(command->summary ? command->summary : command->name);

	/* Summaries are lower case for lists; alone on a line one starts with a capital.
	 */
	if (summary[0] >= 'a' && summary[0] <= 'z')
		summary[0] = (char)(summary[0] - 'a' + 'A');
	print_wrapped(out, summary, 0, 0);
	fprintf(out, "\nUsage: %s %s\n", full_name, command->usage ? command->usage : "");
	if (command->description) {
		fputc('\n', out);
		print_wrapped(out, command->description, 0, 0);
	}
	if (command->commands)
		print_commands(out, command->commands, NULL,
			       widest_command(command->commands));
	print_options(out, command->options);
	if (command->examples) {
		fprintf(out, "\nExamples:\n");
		print_indented(out, command->examples);
	}
	if (command->commands)
		fprintf(out, "\nSee '%s COMMAND --help' for one command.\n", full_name);
}
