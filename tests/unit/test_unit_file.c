/* SPDX-License-Identifier: Apache-2.0 */
/* Units of systemd as text, and command lines taken apart for them. */
#include "unit.h"

#include <string.h>

#include "cli/command_line.h"
#include "cli/unit_file.h"
#include "util/str.h"

START_TEST(quoted)
{
	static const struct {
		const char *word, *command, *assignment;
	} cases[] = {
		{"plain", "plain", "plain"},
		{"", "\"\"", "\"\""},
		{";", "\";\"", "\";\""},
		{"a;b", "a;b", "a;b"},
		{"A=b c", "\"A=b c\"", "\"A=b c\""},
		{"50%$x", "50%%$$x", "50%%$x"},
		{"it's", "\"it's\"", "\"it's\""},
		{"a\\b\"c", "\"a\\\\b\\\"c\"", "\"a\\\\b\\\"c\""},
		{"a\tb\nc", "\"a\\tb\\nc\"", "\"a\\tb\\nc\""},
		{"\x01\x7f", "\"\\x01\\x7f\"", "\"\\x01\\x7f\""},
		{"\xc3\xa4*?", "\xc3\xa4*?", "\xc3\xa4*?"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *a = unit_quote(cases[i].word),
				  *b = unit_quote_assignment(cases[i].word);

		ck_assert_str_eq(a, cases[i].command);
		ck_assert_str_eq(b, cases[i].assignment);
	}
	cleanup_free char *path = unit_path("/a b/%c");
	ck_assert_str_eq(path, "/a b/%%c");
}
END_TEST

START_TEST(whole_unit)
{
	char *start[] = {(char *)"/bin/cubby run", (char *)"-d", (char *)"image", NULL};
	char *after[] = {(char *)"b.service", (char *)"c.service", NULL};
	const struct unit_file u = {
		.name = "container-web@",
		.for_instance = " for %I",
		.mounts = "%t/cubby",
		.after = after,
		.restart = "always",
		.restart_sec = 5,
		.start_sec = -1,
		.stop_sec = 70,
		.start = start,
	};
	cleanup_free char *text = unit_file_text(&u);

	ck_assert_str_eq(text, "# container-web@.service\n\n"
			       "[Unit]\n"
			       "Description=Cubby container-web.service for %I\n"
			       "Documentation=man:cubby-generate-systemd(1)\n"
			       "Wants=network-online.target\n"
			       "After=network-online.target\n"
			       "RequiresMountsFor=%t/cubby\n\n"
			       "# User-defined dependencies\n"
			       "After=b.service c.service\n\n"
			       "[Service]\n"
			       "Environment=PODMAN_SYSTEMD_UNIT=%n\n"
			       "Restart=always\n"
			       "RestartSec=5\n"
			       "TimeoutStopSec=70\n"
			       "ExecStart=/bin/cubby run \\\n\t-d \\\n\timage\n"
			       "Type=notify\n"
			       "NotifyAccess=all\n\n"
			       "[Install]\n"
			       "WantedBy=default.target\n");
}
END_TEST

struct values {
	bool flag, tty;
	const char *name;
	char **env;
};
static const struct option_spec options[] = {
	OPT_BOOL(struct values, flag, "detach", 'd', "d"),
	OPT_BOOL(struct values, tty, "tty", 't', "t"),
	OPT_STRING(struct values, name, "name", 'n', "NAME", "n"),
	OPT_STRV(struct values, env, "env", 'e', "ENV", "e"),
	OPT_END,
};
static const struct option_spec globals[] = {
	OPT_STRING(struct values, name, "root", 0, "DIR", "r"),
	OPT_END,
};
static const struct command run = {
	.name = "run", .options = options, .stop_at_first = true};
static const struct command make = {.name = "make", .options = options};
static const struct command *const subcommands[] = {&run, NULL};
static const struct command group = {.name = "container", .commands = subcommands};
static const struct command *const commands[] = {&run, &make, &group, NULL};
static const struct program program = {
	.name = "p", .options = globals, .commands = commands};

static char *told(const struct command_line *l)
{
	cleanup_strv char **words = NULL;

	for (size_t i = 0; i < l->n_options; i++) {
		const struct line_option *o = &l->options[i];
		cleanup_free char *typed = strv_join((char **)o->words, "_");

		strv_addf(&words, "[%s %s:%s]", typed, o->spec ? o->spec->name : "?",
			  o->value ? o->value : "-");
	}
	strv_foreach (word, l->args)
		strv_add(&words, *word);
	return words ? strv_join(words, " ") : strdup("");
}

START_TEST(taken_apart)
{
	static const struct {
		const char *line, *expected; /* NULL: an error */
	} cases[] = {
		{"p run -d image -x --y", "[-d detach:-] image -x --y"},
		{"p --root r container run --name web -e=A -eB -e C i",
		 "[--name_web name:web] [-e=A env:A] [-eB env:B] [-e_C env:C] i"},
		{"p --root=r run -dt -dn web --detach=false --tty i",
		 "[-dt ?:-] [-dn_web ?:web] [--detach=false detach:false] [--tty tty:-] i"},
		{"p run -- -x -d", "-x -d"},
		{"p make a -d b -- -c", "[-d detach:-] a b -c"},
		{"p run - a", "- a"},
		{"p run --nosuch i", NULL},
		{"p run -x i", NULL},
		{"p nosuch", NULL},
		{"p --root", NULL},
		{"p", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_strv char **argv = str_split(cases[i].line, ' ');
		cleanup_command_line struct command_line l = {0};
		cleanup_error struct error err = ERROR_INIT;
		int r = command_line_parse(&program, argv, &l, &err);
		cleanup_free char *text = r >= 0 ? told(&l) : NULL;

		ck_assert_msg(str_eq(text, cases[i].expected), "%s: %s", cases[i].line,
			      text);
		if (r >= 0 && str_starts(cases[i].line, "p --root r "))
			ck_assert_str_eq(l.globals[1], "r");
	}
}
END_TEST

START_TEST(values)
{
	char *argv[] = {(char *)"p",        (char *)"run", (char *)"--name", (char *)"a",
			(char *)"--name=b", (char *)"-d",  (char *)"i",      NULL};
	cleanup_command_line struct command_line l = {0};
	cleanup_error struct error err = ERROR_INIT;

	ck_assert_int_ge(command_line_parse(&program, argv, &l, &err), 0);
	ck_assert_ptr_eq(l.command, &run);
	ck_assert_str_eq(command_line_value(&l, "name"), "b");
	ck_assert_str_eq(command_line_value(&l, "detach"), "");
	ck_assert_ptr_null(command_line_value(&l, "tty"));
}
END_TEST

UNIT_MAIN("unit_file", quoted, whole_unit, taken_apart, values)
