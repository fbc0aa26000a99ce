/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands as data: a program is a table of commands, a command a const struct in a file
 * of its own. cli_main() parses the global options, finds the command, parses its
 * options, checks the number of arguments, runs it, and prints the one error there can
 * be:
 *
 *   Error: start container web: mount /proc: permission denied
 *   the hint, if there is one
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "cli/options.h"
#include "util/cleanup.h"
#include "util/error.h"

struct program;
struct command;

/* What a command is given. */
struct command_call {
	const struct program *program;
	const struct command *command;
	void *globals;     /* the program's parsed global options */
	void *values;      /* the command's parsed options: command->values_size bytes */
	char *const *args; /* the words after the options, NULL-terminated */
	size_t n_args;
	char *const *argv; /* the whole command line */
};

/*
 * What a command's arguments name, so that a shell can complete them. Most of it is said by the words of
 * `usage`: CONTAINER, IMAGE, VOLUME, POD, NETWORK, SECRET, FILE, DIR, PATH (cp's CONTAINER:PATH too), USER.
 */
enum arguments {
	ARGUMENTS_BY_USAGE,
	ARGUMENTS_CONTAINERS_RUNNING, /* each CONTAINER is one that runs */
	ARGUMENTS_CONTAINERS_STOPPED, /* one that does not */
	ARGUMENTS_CONTAINERS_PAUSED,
	ARGUMENTS_NONE,
};

struct command {
	const char *name;
	const char *const *aliases; /* NULL-terminated, may be NULL */
	const char *group;          /* heading in the program's --help */
	const char *usage;       /* what follows the name: "[options] CONTAINER [COMMAND
				    [ARG...]]" */
	const char *summary;     /* one line, lower case, no full stop */
	const char *description; /* a paragraph, may be NULL */
	const char
		*examples; /* lines "cubby run ..." separated by newlines, may be NULL */
	const struct option_spec *options; /* may be NULL */
	enum arguments arguments; /* for completions; 0: by the words of `usage` */
	size_t values_size; /* of the struct that the options fill; it starts zeroed */
	void (*defaults)(void *values); /* sets what is not 0, may be NULL */
	size_t min_args, max_args;      /* COMMAND_ANY: no upper limit */
	bool stop_at_first; /* words after the first argument are not options: run, exec
			     */
	int settings;       /* what program->configure() is told; 0: it is not called */
	bool hidden;
	bool common;  /* help_program() gives it a line of its own */
	bool not_yet; /* known from podman or Docker: an error that says so; needs only
			 name and group */
	const struct command *const
		*commands; /* a group such as `container`: subcommands, NULL-terminated;
			      run is NULL */
	/* Commands that are meant if the first word is one of these and there is no such file ("build prune"); NULL-terminated,
	 * may be NULL. */
	const struct command *const *first_words;
	/* Return: exit status >= 0, or -errno with *err. */
	int (*run)(const struct command_call *call, struct error *err);
};
#define COMMAND_ANY ((size_t)-1)

/* A command of podman's or Docker's that makes no sense here, and why. */
struct foreign_word {
	const char *word, *instead; /* a sentence */
};

struct program {
	const char *name;    /* "cubby" */
	const char *summary; /* one line */
	const char *version; /* the text that --version prints */
	const char *examples;
	const char *const *groups; /* order of the headings, NULL-terminated */
	const struct foreign_word
		*foreign; /* commands that it will never have; ends with a
					       NULL word; may be NULL */
	const struct option_spec *options; /* global, before the command; may be NULL */
	const struct command *const *commands; /* NULL-terminated */
	size_t version_given; /* OPT_GIVEN() of the bool of --version in the globals; 0:
				 none */
	/* configure() - between the defaults of a command and its options: what files of settings say; may be
	 * NULL. */
	int (*configure)(const struct command_call *call, struct error *err);
	/* prepare() - after the global options, before the command runs; may be NULL. */
	int (*prepare)(const struct command_call *call, struct error *err);
	/* report() - what else happens to an error than printing it to stderr (a log
	 * file); may be NULL. */
	void (*report)(const struct command_call *call, const struct error *err);
	/* exit_status() - NULL: error_exit_status(). Used for command lines that can't be
	 * parsed as well. */
	int (*exit_status)(const struct command_call *call, const struct error *err);
};

/* cli_main() - argv as main() got it; globals: zeroed or defaulted struct of the program.
 * Return: exit status. */
int cli_main(const struct program *program, void *globals, int argc, char *const *argv);

/* cli_print_error() - "Error: sentence" and the hint's lines, to out. */
void cli_print_error(FILE *out, const struct error *err);

/* command_find() - by name or alias, NULL if none. */
const struct command *command_find(const struct command *const *commands,
				   const char *name);

/* command_is_shown() - neither hidden nor to come later. */
bool command_is_shown(const struct command *c);
