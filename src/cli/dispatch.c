/* SPDX-License-Identifier: Apache-2.0 */
/* A command line on its way to its command. */
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/help.h"

#include "cli/suggest.h"
#include "util/mem.h"
#include "util/str.h"

/* One command line on its way; what is owned here is freed by run_release(). */
struct run {
	struct command_call call;
	char *full_name; /* "cubby container run" */
	char **args, **global_args;
};

static void run_release(struct run *x)
{
	if (x->call.command && x->call.values)
		options_release(x->call.command->options, x->call.values);
	options_release(x->call.program->options, x->call.globals);
	free(x->call.values);
	free(x->full_name);
	free(x->args);
	free(x->global_args);
}

void cli_print_error(FILE *out, const struct error *err)
{
	cleanup_free char *message = error_message(err);
	/* Parts of both may come from a root file system or from a program. */
	cleanup_free char *text = str_visible(message, "");
	cleanup_free char *hint = str_visible(err->hint ? err->hint : "", "\n");

	fprintf(out, "Error: %s\n", text);
	if (*hint)
		fprintf(out, "%s\n", hint);
}

static int check_arg_count(const struct run *x, struct error *err)
{
	const struct command *c = x->call.command;
	size_t n = x->call.n_args;
	const char *bound = c->min_args == c->max_args ? "exactly"
			    : n < c->min_args          ? "at least"
						       : "at most";
	size_t limit = n < c->min_args ? c->min_args : c->max_args;

	if (n >= c->min_args && (c->max_args == COMMAND_ANY || n <= c->max_args))
		return 0;
	if (limit == 0)
		error_set(err, ERR_INVALID, 0, "%s takes no arguments, got %s",
			  x->full_name, x->call.args[0]);
	else
		error_set(err, ERR_INVALID, 0, "%s needs %s %zu argument%s, got %zu",
			  x->full_name, bound, limit, limit == 1 ? "" : "s", n);
	return error_hint(err, "See '%s --help'", x->full_name);
}

static int run_command(struct run *x, int argc, char *const *argv, struct error *err)
{
	const struct command *c = x->call.command;
	struct options_parse p = {.table = c->options, .see = x->full_name};
	enum help_wanted help = HELP_NONE;
	int r;

	if (c->not_yet)
		return error_set(err, ERR_UNSUPPORTED, 0, "%s is not supported yet",
				 x->full_name);
	x->call.values = xcalloc(1, c->values_size ? c->values_size : 1);
	if (c->defaults)
		c->defaults(x->call.values);
	if (c->settings && x->call.program->configure) {
		r = x->call.program->configure(&x->call, err);
		if (r < 0)
			return r;
	}
	x->args = xcalloc((size_t)argc + 1, sizeof(*x->args));
	p.values = x->call.values;
	p.stop_at_first = c->stop_at_first;
	p.ret_help = &help;
	p.ret_args = x->args;
	p.ret_n_args = &x->call.n_args;
	r = options_parse(&p, argc, argv, err);
	if (r < 0)
		return r;
	if (help) {
		help_command(stdout, x->full_name, c, help == HELP_ALL);
		return 0;
	}
	x->call.args = x->args;
	r = check_arg_count(x, err);
	if (r < 0)
		return r;
	if (x->call.program->prepare)
		r = x->call.program->prepare(&x->call, err);
	return r < 0 ? r : c->run(&x->call, err);
}

static bool is_help(const char *word)
{
	return str_eq(word, "--help") || str_eq(word, "-h") ||
	       str_eq(word, "--help=all") || str_eq(word, "help");
}

/* A group without a command. */
static int missing_command(const struct run *x, struct error *err)
{
	help_command(stderr, x->full_name, x->call.command, false);
	fputc('\n', stderr);
	return error_set(err, ERR_INVALID, 0, "missing command '%s COMMAND'",
			 x->full_name);
}

static const struct command *const *next_commands(const struct command *c,
						  const char *word)
{
	if (c->first_words && word && command_find(c->first_words, word) &&
	    access(word, F_OK) < 0)
		return c->first_words;
	return c->commands;
}

/* Down the groups ("container run") to a command, then run it. */
static int dispatch(struct run *x, char *const *words, struct error *err)
{
	const struct command *const *commands = x->call.program->commands;
	size_t n = 0;

	for (;;) {
		const struct command *c;
		char *longer;

		if (!words[n])
			return missing_command(x, err);
		if (x->call.command && is_help(words[n])) {
			help_command(stdout, x->full_name, x->call.command, true);
			return 0;
		}
		c = command_find(commands, words[n]);
		if (!c)
			return suggest_command(x->call.program, x->full_name, commands,
					       words[n], err);
		longer = xasprintf("%s %s", x->full_name, c->name);
		free(x->full_name);
		x->full_name = longer;
		x->call.command = c;
		n++;
		commands = next_commands(c, words[n]);
		if (!commands)
			return run_command(x, (int)strv_len(words + n), words + n, err);
	}
}

static bool asked_for_version(const struct program *program, const void *globals)
{
	size_t given = program->version_given;

	return given && *((const bool *)globals + given - 1);
}

static int run_line(struct run *x, int argc, char *const *argv, struct error *err)
{
	const struct program *program = x->call.program;
	enum help_wanted help = HELP_NONE;
	size_t n = 0;
	struct options_parse p = {
		.table = program->options,
		.values = x->call.globals,
		.see = program->name,
		.stop_at_first = true,
		.ret_help = &help,
		.ret_n_args = &n,
	};
	int r;

	x->global_args = xcalloc((size_t)argc + 1, sizeof(*x->global_args));
	p.ret_args = x->global_args;
	r = options_parse(&p, argc - 1, argv + 1, err);
	if (r < 0)
		return r;
	if (!help && asked_for_version(program, x->call.globals)) {
		printf("%s\n", program->version);
		return 0;
	}
	bool help_word = n > 0 && str_eq(x->global_args[0], "help");

	if (help || (help_word && n == 1)) {
		help_program(stdout, program, help == HELP_ALL);
		return 0;
	}
	if (help_word) { /* "help run" is "run --help" */
		memmove(x->global_args, x->global_args + 1, (n - 1) * sizeof(char *));
		x->global_args[n - 1] = (char *)"--help";
	}
	if (n > 0)
		return dispatch(x, x->global_args, err);
	help_program(stderr, program, false);
	fputc('\n', stderr);
	return error_set(err, ERR_INVALID, 0, "missing command '%s COMMAND'",
			 program->name);
}

int cli_main(const struct program *program, void *globals, int argc, char *const *argv)
{
	cleanup(run_release) struct run x = {
		.call = {.program = program, .globals = globals, .argv = argv},
		.full_name = xstrdup(program->name),
	};
	cleanup_error struct error err = ERROR_INIT;
	int r = run_line(&x, argc, argv, &err);

	/* What was promised on stdout and could not be written is a failure as well. */
	if (r >= 0 && fflush(stdout) != 0)
		r = error_set(&err, ERR_SYSTEM, errno, "write to standard output");
	if (r >= 0)
		return r;
	if (program->report)
		program->report(&x.call, &err);
	cli_print_error(stderr, &err);
	return program->exit_status ? program->exit_status(&x.call, &err)
				    : error_exit_status(&err);
}
