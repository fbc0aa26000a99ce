/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Units of systemd as text: quoting, and the parts that those of containers and of pods have in common. Pure. Source:
 * systemd.unit(5), systemd.service(5) "COMMAND LINES", systemd.syntax(7).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/cleanup.h"

/* unit_quote() - one word of a command line: no specifier, variable or quote in it means anything. Caller frees. */
char *unit_quote(const char *word);

/* unit_quote_assignment() - "NAME=VALUE" for Environment=, where $ means nothing anyway. Caller frees. */
char *unit_quote_assignment(const char *assignment);

/* unit_path() - for a key that takes one path, unquoted. Caller frees. */
char *unit_path(const char *path);

/* unit_quote_words() - several, separated by blanks. Caller frees. */
char *unit_quote_words(char *const *words);

/* What a unit says. All borrowed; strvs may be NULL. Lines of commands are strvs of text that is quoted already; the
 * first is on the key's line, each other on a line of its own. */
struct unit_file {
	const char *name;         /* "container-web@": without ".service" */
	const char *program;      /* for the header; NULL: none... */
	const char *date;         /* ...with this time */
	const char *for_instance; /* " for %I"; "" */
	const char *mounts;       /* RequiresMountsFor= */
	const char *directory;    /* where paths of the commands begin; NULL: anywhere */
	const char *binds_to;     /* a unit that it goes with; NULL: none */
	char **members;           /* units that go with it */
	char **wants, **after, **requires;                 /* of the user's */
	char **environment;                                /* quoted */
	const char *restart;                               /* a word of systemd's */
	const char *start_limit;                           /* NULL: none */
	int64_t restart_sec, start_sec, stop_sec;          /* < 0: not given */
	char **start_pre[2], **start, **stop, **stop_post; /* start_pre: NULL: none */
	const char *pidfile; /* NULL: it is of Type=notify */
};

/* unit_file_text() - all of it. Caller frees. */
char *unit_file_text(const struct unit_file *u);
