/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/manual.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/help.h"
#include "util/mem.h"
#include "util/str.h"

/* Of the pages' form; mandoc(1) wants one, and the day of the build would make builds differ. */
#define PAGES_DATE     "2026-11-27"
#define LINE_MAX_BYTES 65

/* One page on its way into a file. */
struct page {
	FILE *out;
	char *path;
};

static void page_release(struct page *p)
{
	if (p->out)
		fclose(p->out);
	free(p->path);
}

/* roff's own characters as themselves; at_start: of a line, where a dot begins a request. */
static void put_text(FILE *out, const char *text, bool at_start)
{
	static const struct {
		char c;
		const char *roff;
	} names[] = {{'\\', "\\e"},  {'-', "\\-"},   {'~', "\\(ti"},
		     {'^', "\\(ha"}, {'`', "\\(ga"}, {'\'', "\\(aq"}};

	if (at_start && (*text == '.' || *text == '\''))
		fputs("\\&", out);
	for (; *text; text++) {
		const char *roff = NULL;

		for (size_t i = 0; i < ARRAY_SIZE(names) && !roff; i++)
			roff = names[i].c == *text ? names[i].roff : NULL;
		if (roff)
			fputs(roff, out);
		else
			fputc(*text, out);
	}
}

static void put_font(FILE *out, char font, const char *text)
{
	fprintf(out, "\\f%c", font);
	put_text(out, text, false);
	fputs("\\fR", out);
}

/* The same in lines that are not too long for mandoc(1), broken at blanks. */
static void put_filled(FILE *out, const char *text)
{
	cleanup_strv char **words = str_split(text, ' ');
	size_t at = 0;

	strv_foreach (word, words) {
		bool broken = at > 0 && at + strlen(*word) > LINE_MAX_BYTES;

		if (at > 0)
			fputc(broken ? '\n' : ' ', out);
		put_text(out, *word, broken || at == 0);
		at = (broken ? 0 : at + 1) + strlen(*word);
	}
}

/* A sentence of a text that has none of its ends. */
static void put_sentence(FILE *out, const char *text)
{
	cleanup_free char *sentence = xstrdup(text);
	size_t len = strlen(text);

	if (islower((unsigned char)sentence[0]))
		sentence[0] = (char)toupper((unsigned char)sentence[0]);
	put_filled(out, sentence);
	if (len && !strchr(".!?", text[len - 1]))
		fputc('.', out);
	fputc('\n', out);
}

/* Paragraphs a line each; with entries, "WORD|text" is one. */
static void put_paragraphs(FILE *out, const char *text, bool entries)
{
	cleanup_strv char **lines = str_split(text, '\n');
	bool first = true;

	strv_foreach (line, lines) {
		char *bar = entries ? strchr(*line, '|') : NULL;

		if (bar) {
			*bar = '\0';
			bar[1] = (char)toupper((unsigned char)bar[1]);
			fputs(".TP\n", out);
			put_font(out, 'B', *line);
			fputc('\n', out);
		} else if (!first) {
			fputs(".PP\n", out);
		}
		put_filled(out, bar ? bar + 1 : *line);
		fputc('\n', out);
		first = false;
	}
}

static int page_open(struct page *p, const char *dir, const char *name,
		     const char *section, struct error *err)
{
	cleanup_free char *title = xstrdup(name);

	p->path = xasprintf("%s/%s.%s", dir, name, section);
	if (unlink(p->path) < 0 && errno != ENOENT)
		return error_set(err, ERR_SYSTEM, errno, "remove %s", p->path);
	p->out = fopen(p->path, "we");
	if (!p->out)
		return error_set(err, ERR_SYSTEM, errno, "create %s", p->path);
	for (char *c = title; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	fputs(".\\\" Written by the build from the tables of options; SPDX-License-Identifier: Apache-2.0\n",
	      p->out);
	fputs(".TH ", p->out);
	put_text(p->out, title, false);
	fprintf(p->out, " %s %s \"cubby %s\" \"Cubby\"\n", section, PAGES_DATE,
		CUBBY_VERSION);
	return 0;
}

static int page_close(struct page *p, struct error *err)
{
	int failed = ferror(p->out), r = fclose(p->out);

	p->out = NULL;
	if (failed || r != 0)
		return error_set(err, ERR_SYSTEM, errno, "write %s", p->path);
	return 0;
}

static void put_name(FILE *out, const char *name, const char *summary)
{
	fputs(".SH NAME\n", out);
	put_text(out, name, true);
	fputs(" \\- ", out);
	put_text(out, summary, false);
	fputc('\n', out);
}

/* "[options] CONTAINER": brackets and dots as they are, words in italics. */
static void put_usage(FILE *out, const char *usage)
{
	while (*usage) {
		size_t len = strspn(usage, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
					   "abcdefghijklmnopqrstuvwxyz");
		cleanup_free char *word = xstrndup(usage, len ? len : 1);

		if (len)
			put_font(out, 'I', word);
		else
			put_text(out, word, false);
		usage += len ? len : 1;
	}
}

static void put_synopsis(FILE *out, const char *full_name, const char *usage)
{
	fputs(".SH SYNOPSIS\n", out);
	put_font(out, 'B', full_name);
	if (!str_empty(usage))
		fputc(' ', out);
	put_usage(out, usage ? usage : "");
	fputc('\n', out);
}

static int put_option(const struct option_spec *spec, size_t base _unused_, void *data)
{
	const char letter[] = {'-', spec->letter, '\0'};
	const char *value = option_value_word(spec), *before = "";
	cleanup_free char *name = NULL, *text = NULL;
	FILE *out = data;

	if (spec->type == OPTION_GROUP) {
		fputs(".SS ", out);
		put_text(out, spec->help, false);
		fputc('\n', out);
	}
	if (!option_is_shown(spec))
		return 0;
	fputs(".TP\n", out);
	if (spec->letter)
		put_font(out, 'B', letter);
	name = xasprintf("--%s", spec->name ? spec->name : "");
	if (spec->letter && spec->name)
		before = ", ";
	fputs(before, out);
	if (spec->name)
		put_font(out, 'B', name);
	for (const char *const *a = spec->aliases; a && *a; a++) {
		cleanup_free char *alias = xasprintf("--%s", *a);

		fputs(", ", out);
		put_font(out, 'B', alias);
	}
	if (*value) {
		fputs(spec->bare_value ? "[=" : " ", out);
		put_font(out, 'I', value);
		fputs(spec->bare_value ? "]" : "", out);
	}
	fputc('\n', out);
	text = option_text(spec);
	put_sentence(out, text);
	return 0;
}

/* Headings of groups without an option that is shown are left out, as roff would show them. */
struct shown {
	const struct option_spec *group; /* not put yet */
	FILE *out;
};

static int put_shown(const struct option_spec *spec, size_t base, void *data)
{
	struct shown *s = data;

	if (spec->type == OPTION_GROUP)
		s->group = spec;
	if (!option_is_shown(spec))
		return 0;
	if (s->group)
		put_option(s->group, base, s->out);
	s->group = NULL;
	return put_option(spec, base, s->out);
}

static int any_shown(const struct option_spec *spec, size_t base _unused_,
		     void *data _unused_)
{
	return option_is_shown(spec);
}

static void put_options(FILE *out, const struct option_spec *table)
{
	struct shown s = {.out = out};

	if (!options_walk(table, any_shown, NULL))
		return;
	fputs(".SH OPTIONS\n", out);
	options_walk(table, put_shown, &s);
}

static void put_examples(FILE *out, const char *examples)
{
	cleanup_strv char **lines = str_split(examples ? examples : "", '\n');

	if (!examples)
		return;
	fputs(".SH EXAMPLES\n.EX\n", out);
	strv_foreach (line, lines) {
		put_text(out, *line, true);
		fputc('\n', out);
	}
	fputs(".EE\n", out);
}

static void put_section(FILE *out, const char *heading, const char *text)
{
	if (!text)
		return;
	fprintf(out, ".SH %s\n", heading);
	put_paragraphs(out, text, true);
}

/* "cubby(1), cubby.conf(5)": names in bold. */
static void put_see_also(FILE *out, const char *list)
{
	cleanup_strv char **names = str_split(list, ',');

	fputs(".SH SEE ALSO\n", out);
	strv_foreach (name, names) {
		const char *word = *name + strspn(*name, " ");
		cleanup_free char *page = xstrndup(word, strcspn(word, "("));

		put_font(out, 'B', page);
		put_text(out, word + strlen(page), false);
		fputs(name[1] ? ",\n" : "\n", out);
	}
}

static char *page_name(const char *full_name)
{
	char *name = xstrdup(full_name);

	for (char *c = name; *c; c++)
		if (*c == ' ')
			*c = '-';
	return name;
}

static void put_commands(FILE *out, const char *full_name,
			 const struct command *const *commands, const char *group)
{
	bool any = false;

	for (; *commands; commands++) {
		const struct command *c = *commands;
		cleanup_free char *full = xasprintf("%s %s", full_name, c->name);
		cleanup_free char *page = page_name(full);

		if (!command_is_shown(c) || (group && !str_eq(c->group, group)))
			continue;
		if (!any && group)
			fprintf(out, ".SS %s\n", group);
		any = true;
		fputs(".TP\n", out);
		put_font(out, 'B', page);
		fputs("(1)\n", out);
		put_sentence(out, c->summary);
	}
}

/* A page that is another one. */
static int write_link(const char *dir, const char *name, const char *target,
		      struct error *err)
{
	cleanup_free char *path = xasprintf("%s/%s.1", dir, name);
	cleanup_free char *file = xasprintf("%s.1", target);

	if ((unlink(path) < 0 && errno != ENOENT) || symlink(file, path) < 0)
		return error_set(err, ERR_SYSTEM, errno, "create %s", path);
	return 0;
}

/* The names of the command's page: itself, its group, the program. */
static char *see_also(const struct manual_program *m, const char *parent)
{
	cleanup_free char *page = page_name(parent);

	if (str_eq(parent, m->program->name))
		return xasprintf("%s(1), %s", m->program->name, m->see_also);
	return xasprintf("%s(1), %s(1), %s", page, m->program->name, m->see_also);
}

static int write_command(const struct manual_program *m, const char *dir,
			 const char *parent, const struct command *c, struct error *err)
{
	cleanup_free char *full = xasprintf("%s %s", parent, c->name);
	cleanup_free char *name = page_name(full), *see = see_also(m, parent);
	cleanup(page_release) struct page p = {0};
	int r = page_open(&p, dir, name, "1", err);

	if (r < 0)
		return r;
	put_name(p.out, name, c->summary);
	put_synopsis(p.out, full, c->usage);
	fputs(".SH DESCRIPTION\n", p.out);
	if (c->description)
		put_paragraphs(p.out, c->description, false);
	else
		put_sentence(p.out, c->summary);
	strv_foreach (alias, (char *const *)c->aliases) {
		fputs(".PP\nAnother name for it is ", p.out);
		put_font(p.out, 'B', *alias);
		fputs(".\n", p.out);
	}
	if (c->commands) {
		fputs(".SH COMMANDS\n", p.out);
		put_commands(p.out, full, c->commands, NULL);
	}
	put_options(p.out, c->options);
	if (!c->commands)
		put_section(p.out, "EXIT STATUS",
			    c->stop_at_first ? m->run_statuses : m->statuses);
	put_examples(p.out, c->examples);
	put_see_also(p.out, see);
	return page_close(&p, err);
}

static const struct command *same_at_top(const struct manual_program *m,
					 const struct command *c)
{
	for (const struct command *const *t = m->program->commands; *t; t++)
		if (*t == c)
			return c;
	return NULL;
}

/* The page, or what refers to it, and the second names. */
static int write_names(const struct manual_program *m, const char *dir,
		       const char *parent, const struct command *c, struct error *err)
{
	bool top = str_eq(parent, m->program->name);
	bool same = !top && same_at_top(m, c);
	cleanup_free char *full = xasprintf("%s %s", parent, c->name);
	cleanup_free char *name = page_name(full);
	cleanup_free char *target =
		same ? xasprintf("%s-%s", m->program->name, c->name) : xstrdup(name);
	int r = same ? write_link(dir, name, target, err)
		     : write_command(m, dir, parent, c, err);

	strv_foreach (alias, (char *const *)c->aliases) {
		cleanup_free char *other = xasprintf("%s %s", parent, *alias);
		cleanup_free char *other_page = page_name(other);

		if (r >= 0)
			r = write_link(dir, other_page, target, err);
	}
	return r;
}

static int write_commands(const struct manual_program *m, const char *dir,
			  const char *parent, const struct command *const *commands,
			  struct error *err)
{
	for (; *commands; commands++) {
		const struct command *c = *commands;
		cleanup_free char *full = xasprintf("%s %s", parent, c->name);
		int r = 0;

		if (!command_is_shown(c))
			continue;
		r = write_names(m, dir, parent, c, err);
		if (r >= 0 && c->commands)
			r = write_commands(m, dir, full, c->commands, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int write_program(const struct manual_program *m, const char *dir,
			 struct error *err)
{
	const struct program *program = m->program;
	cleanup(page_release) struct page p = {0};
	int r = page_open(&p, dir, program->name, "1", err);

	if (r < 0)
		return r;
	put_name(p.out, program->name, program->summary);
	put_synopsis(p.out, program->name, "[options] COMMAND");
	put_section(p.out, "DESCRIPTION", m->description);
	fputs(".SH COMMANDS\n", p.out);
	for (const char *const *g = program->groups; *g; g++)
		put_commands(p.out, program->name, program->commands, *g);
	put_options(p.out, program->options);
	put_section(p.out, "EXIT STATUS", m->run_statuses);
	for (const struct manual_section *s = m->sections; s && s->heading; s++)
		put_section(p.out, s->heading, s->text);
	put_examples(p.out, program->examples);
	put_see_also(p.out, m->see_also);
	return page_close(&p, err);
}

int manual_write(const struct manual_program *m, const char *dir, struct error *err)
{
	int r = write_program(m, dir, err);

	return r < 0 ? r
		     : write_commands(m, dir, m->program->name, m->program->commands,
				      err);
}

int manual_write_page(const char *dir, const char *name, const char *section,
		      const char *summary, const struct manual_section *sections,
		      const char *see_also_list, struct error *err)
{
	cleanup(page_release) struct page p = {0};
	int r = page_open(&p, dir, name, section, err);

	if (r < 0)
		return r;
	put_name(p.out, name, summary);
	for (; sections->heading; sections++)
		put_section(p.out, sections->heading, sections->text);
	put_see_also(p.out, see_also_list);
	return page_close(&p, err);
}
