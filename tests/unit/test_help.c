/* SPDX-License-Identifier: Apache-2.0 */
/* Every command of both programs: what its --help looks like, and that its tables are complete. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cubby.h"
#include "cli/help.h"
#include "cli/suggest.h"
#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

#define COLUMNS   80
#define LINES_MAX 45

struct walk {
	void (*check)(const char *name, const struct command *c);
};

static void walk(const char *prefix, const struct command *const *commands,
		 const struct walk *w)
{
	for (; commands && *commands; commands++) {
		cleanup_free char *name = xasprintf("%s %s", prefix, (*commands)->name);

		if (!command_is_shown(*commands))
			continue;
		w->check(name, *commands);
		walk(name, (*commands)->commands, w);
	}
}

static char *help_of(const char *name, const struct command *c, bool all)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	if (c)
		help_command(f, name, c, all);
	else
		help_program(f, &cubby_program, all);
	fclose(f);
	return text;
}

/* Characters, as all of them are one column wide. */
static size_t columns(const char *line)
{
	size_t n = 0;

	for (; *line; line++)
		n += (*line & 0xc0) != 0x80;
	return n;
}

static void check_shape(const char *name, const char *text, size_t max_lines)
{
	cleanup_strv char **lines = str_split(text, '\n');

	strv_foreach (line, lines) {
		ck_assert_msg(columns(*line) <= COLUMNS, "%s --help: too wide: %s", name,
			      *line);
		ck_assert_msg(!str_ends(*line, " ") || str_ends(name, " "),
			      "%s --help: blank at the end: \"%s\"", name, *line);
	}
	ck_assert_msg(!max_lines || strv_len(lines) <= max_lines,
		      "%s --help has %zu lines, at most %zu:\n%s", name, strv_len(lines),
		      max_lines, text);
}

static int check_row(const struct option_spec *spec, size_t base _unused_, void *data)
{
	if (spec->type == OPTION_GROUP || !option_is_shown(spec))
		return 0;
	ck_assert_msg(spec->name, "%s: an option without a name", (const char *)data);
	ck_assert_msg(!str_empty(spec->help), "%s --%s: no text", (const char *)data,
		      spec->name);
	ck_assert_msg(!str_ends(spec->help, ".") || str_ends(spec->help, "..."),
		      "%s --%s: a full stop", (const char *)data, spec->name);
	return 0;
}

/* Up to a pipe or the like; quotes keep blanks. */
static char **shell_words(const char *text)
{
	char **words = NULL;

	while (*(text += strspn(text, " ")) && !strchr("|<>&;", *text)) {
		cleanup_free char *word = xcalloc(1, strlen(text) + 1);
		char quote = '\0';
		size_t n = 0;

		for (; *text && (quote || (*text != ' ' && !strchr(");", *text)));
		     text++) {
			if (quote ? *text == quote : *text == '\'' || *text == '"')
				quote = quote ? '\0' : *text;
			else
				word[n++] = *text;
		}
		strv_add(&words, word);
		text += *text == ')';
	}
	return words;
}

/* "cubby run -it debian | sh": the options of an example are some that the command has. */
static void check_example(const char *name, const struct command *c, const char *example)
{
	cleanup_strv char **own = NULL;
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *values = xcalloc(1, c->values_size + 1);
	const char *at = strstr(example, name);
	cleanup_free char **args = NULL;
	size_t n = 0;
	enum help_wanted help;
	int r;

	if (!at || c->commands)
		return;
	own = shell_words(at + strlen(name));
	args = xcalloc(strv_len(own) + 1, sizeof(*args));
	if (c->defaults)
		c->defaults(values);
	r = options_parse(&(struct options_parse){.table = c->options,
						  .values = values,
						  .see = name,
						  .stop_at_first = c->stop_at_first,
						  .ret_help = &help,
						  .ret_args = args,
						  .ret_n_args = &n},
			  (int)strv_len(own), own, &err);
	ck_assert_msg(r >= 0, "%s: example \"%s\": %s", name, example, err.text);
	ck_assert_msg(n >= c->min_args && n <= c->max_args,
		      "%s: example \"%s\": %zu arguments", name, example, n);
	options_release(c->options, values);
}

static void check_command(const char *name, const struct command *c)
{
	cleanup_free char *text = help_of(name, c, false), *all = help_of(name, c, true);
	cleanup_strv char **examples = str_split(c->examples ? c->examples : "", '\n');

	ck_assert_msg(!str_empty(c->summary), "%s: no summary", name);
	ck_assert_msg(!str_ends(c->summary, ".") || str_ends(c->summary, "..."),
		      "%s: a full stop after its summary", name);
	ck_assert_msg(c->usage || !c->options, "%s: no usage", name);
	ck_assert_msg(strv_len(examples) >= 2, "%s: %zu examples", name,
		      strv_len(examples));
	strv_foreach (example, examples) {
		ck_assert_msg(strstr(*example, "cubby"), "%s: example: %s", name,
			      *example);
		check_example(name, c, *example);
	}
	check_shape(name, text, LINES_MAX);
	check_shape(name, all, 0);
	options_walk(c->options, check_row, (void *)name);
}

START_TEST(every_command_fits_a_screen)
{
	const struct walk w = {check_command};

	walk("cubby", cubby_program.commands, &w);
}
END_TEST

static void check_group(const char *name, const struct command *c)
{
	ck_assert_msg(strchr(name, ' ') != strrchr(name, ' ') ||
			      strv_has((char *const *)cubby_program.groups, c->group),
		      "%s: cubby --help has no heading '%s'", name, c->group);
}

START_TEST(the_program_fits_a_screen)
{
	cleanup_free char *text = help_of("cubby", NULL, false);
	cleanup_free char *all = help_of("cubby", NULL, true);
	const struct walk w = {check_group};

	check_shape("cubby", text, 50);
	check_shape("cubby", all, 0);
	walk("cubby", cubby_program.commands, &w);
	ck_assert_ptr_nonnull(strstr(all, "--runroot"));
}
END_TEST

START_TEST(common_options_first)
{
	const struct command *run = command_find(cubby_program.commands, "run");
	cleanup_free char *text = help_of("cubby run", run, false);
	cleanup_free char *all = help_of("cubby run", run, true);

	ck_assert_ptr_nonnull(strstr(text, "--detach"));
	ck_assert_ptr_null(strstr(text, "--personality"));
	ck_assert_ptr_nonnull(strstr(text, "cubby run --help=all"));
	ck_assert_ptr_nonnull(strstr(all, "--personality"));
	ck_assert_ptr_null(strstr(all, "--help=all"));
}
END_TEST

static const struct {
	const char *group, *typed, *hint;
} suggestions[] = {
	{NULL, "imags", "did you mean cubby images?\nSee 'cubby --help'"},
	{NULL, "lgos", "did you mean cubby logs?\nSee 'cubby --help'"},
	{NULL, "swarm", "Cubby has no cluster: it runs containers on this host"},
	{NULL, "frobnicate", "See 'cubby --help'"},
	{"image", "run", "did you mean cubby run, "},
	{"container", "inspct", "did you mean cubby container inspect?"},
	{"container", "machine", "See 'cubby container --help'"},
};

START_TEST(unknown_commands)
{
	for (size_t i = 0; i < ARRAY_SIZE(suggestions); i++) {
		const char *group = suggestions[i].group;
		const struct command *const *commands = cubby_program.commands;
		cleanup_free char *name =
			group ? xasprintf("cubby %s", group) : xstrdup("cubby");
		cleanup_error struct error err = ERROR_INIT;

		if (group)
			commands = command_find(commands, group)->commands;
		ck_assert_int_lt(suggest_command(&cubby_program, name, commands,
						 suggestions[i].typed, &err),
				 0);
		ck_assert_int_eq(err.kind, ERR_INVALID);
		ck_assert_msg(str_starts(err.hint, suggestions[i].hint), "%s", err.hint);
	}
}
END_TEST

UNIT_MAIN("help", every_command_fits_a_screen, the_program_fits_a_screen,
	  common_options_first, unknown_commands)
