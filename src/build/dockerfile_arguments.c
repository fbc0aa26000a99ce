/* SPDX-License-Identifier: Apache-2.0 */
/* What stands behind the word and the flags of each kind of instruction. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "build/dockerfile_reader.h"
#include "build/expand.h"
#include "util/mem.h"
#include "util/str.h"

typedef int (*arguments_fn)(struct dockerfile_reader *r, struct instruction *i,
			    struct slice rest);

static void add(const struct dockerfile_reader *r, struct instruction *i, struct slice s)
{
	instruction_add(i, slice_text(s), reader_place(r, s.s));
}

static int missing(const struct dockerfile_reader *r, const struct instruction *i,
		   struct slice rest, const char *what, const char *example)
{
	reader_fail(r, rest.s, "%s needs %s", instruction_word(i->kind), what);
	return example ? reader_hint(r, "For example: %s %s", instruction_word(i->kind),
				     example)
		       : -EINVAL;
}

/* The rest of the line, as it is. */
static int take_rest(struct dockerfile_reader *r, struct instruction *i,
		     struct slice rest)
{
	static const char *const examples[INSTRUCTION_KINDS] = {
		[INSTRUCTION_MAINTAINER] = "\"Jane <jane@example.com>\"",
		[INSTRUCTION_STOPSIGNAL] = "SIGTERM",
		[INSTRUCTION_USER] = "1000:1000",
		[INSTRUCTION_WORKDIR] = "/app",
	};

	if (rest.n == 0)
		return missing(r, i, rest, "an argument", examples[i->kind]);
	add(r, i, rest);
	return 0;
}

static int take_command(struct dockerfile_reader *r, struct instruction *i,
			struct slice rest)
{
	int result = reader_json(r, i, rest);

	if (result < 0)
		return result;
	if (result == 0 && rest.n == 0 && i->kind != INSTRUCTION_RUN) {
		i->is_exec = true;
		return 0;
	}
	if (i->kind == INSTRUCTION_RUN && (rest.n == 0 || (result && i->n_args == 0)))
		return missing(r, i, rest, "a command", "make install");
	if (result == 1)
		return 0;
	add(r, i, rest);
	return i->kind == INSTRUCTION_RUN ? reader_heredocs(r, i, rest) : 0;
}

static int take_words(const struct dockerfile_reader *r, struct instruction *i,
		      struct slice rest)
{
	int result = 0;

	if (i->kind != INSTRUCTION_EXPOSE)
		result = reader_json(r, i, rest);
	if (result != 0)
		return result;
	while (rest.n > 0) {
		struct slice word =
			i->kind == INSTRUCTION_COPY || i->kind == INSTRUCTION_ADD
				? slice_copy_word(&rest, r->d->escape)
				: slice_word(&rest);

		add(r, i, word);
	}
	return 0;
}

static int take_list(struct dockerfile_reader *r, struct instruction *i,
		     struct slice rest)
{
	bool ports = i->kind == INSTRUCTION_EXPOSE;
	int result = take_words(r, i, rest);

	if (result < 0)
		return result;
	if (i->n_args == 0)
		return missing(r, i, rest, ports ? "a port" : "a path",
			       ports ? "8080/tcp" : "/data");
	for (size_t k = 0; k < i->n_args; k++) {
		if (!*i->args[k])
			return reader_fail(r, rest.s, "%s has an empty element",
					   instruction_word(i->kind));
	}
	return 0;
}

static int take_shell(struct dockerfile_reader *r, struct instruction *i,
		      struct slice rest)
{
	int result = reader_json(r, i, rest);

	if (result < 0)
		return result;
	if (result == 0 || i->n_args == 0)
		return missing(r, i, rest, "its words as an array of JSON",
			       "[\"/bin/bash\", \"-c\"]");
	return 0;
}

/* A heredoc's word becomes "<<NAME"; as a destination it makes no sense. */
static int name_heredocs(const struct dockerfile_reader *r, struct instruction *i)
{
	for (size_t k = 0; k < i->n_args; k++) {
		struct slice word = {i->args[k], strlen(i->args[k])};
		cleanup_free char *name = NULL;
		bool strip, expands;

		if (!heredoc_word(word, &name, &strip, &expands))
			continue;
		if (k + 1 == i->n_args)
			return dockerfile_error_at(r->d, i->places[k], r->err,
						   "a heredoc is no destination");
		free(i->args[k]);
		i->args[k] = xasprintf("<<%s", name);
	}
	return 0;
}

static int take_copy(struct dockerfile_reader *r, struct instruction *i,
		     struct slice rest)
{
	int result = take_words(r, i, rest);

	if (result < 0)
		return result;
	if (i->n_args < 2)
		return missing(r, i, rest,
			       i->n_args ? "a source and a destination, this is only one"
					 : "a source and a destination",
			       "src/ /app/");
	if (i->is_exec)
		return 0;
	result = name_heredocs(r, i);
	return result < 0 ? result : reader_heredocs(r, i, rest);
}

static bool is_stage_name(struct slice s)
{
	for (size_t k = 0; k < s.n; k++) {
		unsigned char c = (unsigned char)s.s[k];

		if (!isalpha(c) && (k == 0 || (!isdigit(c) && !strchr("-_.", c))))
			return false;
	}
	return s.n > 0;
}

static int take_from(struct dockerfile_reader *r, struct instruction *i,
		     struct slice rest)
{
	struct slice whole = rest, image = slice_word(&rest), as = slice_word(&rest);
	struct slice name = slice_word(&rest);

	if (image.n == 0)
		return missing(r, i, whole, "an image", "debian:12");
	add(r, i, image);
	if (as.n == 0)
		return 0;
	if (as.n != 2 || strncasecmp(as.s, "as", 2) != 0) {
		reader_fail(r, as.s, "behind FROM's image stands AS and a name, if any");
		return reader_hint(r, "For example: FROM %.*s AS build",
				   image.n < 100 ? (int)image.n : 100, image.s);
	}
	if (name.n == 0)
		return reader_fail(r, as.s, "AS needs a name");
	if (rest.n > 0)
		return reader_fail(r, rest.s, "nothing can follow the stage's name");
	if (!is_stage_name(name)) {
		reader_fail(r, name.s, "\"%.*s\" is no name of a stage",
			    name.n < 100 ? (int)name.n : 100, name.s);
		return reader_hint(r, "A letter, then letters, digits, '-', '_', '.'");
	}
	add(r, i, name);
	for (char *c = i->args[1]; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return 0;
}

/* NAME value, of ENV and LABEL: the value is the rest of the line. */
static int take_old_pair(const struct dockerfile_reader *r, struct instruction *i,
			 struct slice name, struct slice value)
{
	if (value.n == 0) {
		reader_fail(r, name.s, "%s needs a name and a value",
			    instruction_word(i->kind));
		return reader_hint(r, "For example: %s %.*s=value",
				   instruction_word(i->kind),
				   name.n < 100 ? (int)name.n : 100, name.s);
	}
	instruction_add(
		i, xasprintf("%.*s=%.*s", (int)name.n, name.s, (int)value.n, value.s),
		reader_place(r, name.s));
	return 0;
}

static int take_pair(const struct dockerfile_reader *r, struct instruction *i,
		     struct slice word)
{
	const char *equals = memchr(word.s, '=', word.n);

	if (!equals && i->kind != INSTRUCTION_ARG) {
		reader_fail(r, word.s,
			    "\"%.*s\" has no =", word.n < 100 ? (int)word.n : 100,
			    word.s);
		return reader_hint(r, "Each word is NAME=value; a value with blanks "
				      "stands in double quotes");
	}
	if (equals == word.s)
		return reader_fail(r, word.s, "there is no name before the =");
	add(r, i, word);
	return 0;
}

static int take_pairs(struct dockerfile_reader *r, struct instruction *i,
		      struct slice rest)
{
	struct slice left = rest, word = slice_quoted_word(&left, r->d->escape);

	if (word.n == 0)
		return missing(r, i, rest, "a name",
			       i->kind == INSTRUCTION_ARG ? "VERSION=1.0" : "name=value");
	if (i->kind != INSTRUCTION_ARG && !memchr(word.s, '=', word.n)) {
		word = slice_word(&rest);
		return take_old_pair(r, i, word, rest);
	}
	for (; word.n > 0; word = slice_quoted_word(&left, r->d->escape)) {
		int result = take_pair(r, i, word);

		if (result < 0)
			return result;
	}
	return 0;
}

static int take_health(struct dockerfile_reader *r, struct instruction *i,
		       struct slice rest)
{
	struct slice word = slice_word(&rest);

	if (word.n == 0)
		return missing(r, i, word, "CMD and a command, or NONE",
			       "CMD curl -f http://localhost/");
	if (word.n == 4 && strncasecmp(word.s, "NONE", 4) == 0) {
		if (rest.n > 0)
			return reader_fail(r, rest.s, "nothing can follow NONE");
		instruction_add(i, xstrdup("NONE"), reader_place(r, word.s));
		return 0;
	}
	if (word.n != 3 || strncasecmp(word.s, "CMD", 3) != 0) {
		reader_fail(r, word.s, "HEALTHCHECK is followed by CMD or NONE");
		return reader_hint(r, "For example: HEALTHCHECK CMD %.*s",
				   word.n < 100 ? (int)word.n : 100, word.s);
	}
	instruction_add(i, xstrdup("CMD"), reader_place(r, word.s));
	int result = reader_json(r, i, rest);
	if (result < 0)
		return result;
	if (result == 0 && rest.n > 0)
		add(r, i, rest);
	return i->n_args > 1 ? 0 : missing(r, i, rest, "a command behind CMD", NULL);
}

/* The text is read as an instruction of its own now, so that what is wrong with it shows here and not in the image built upon this one. */
static int take_onbuild(struct dockerfile_reader *r, struct instruction *i,
			struct slice rest)
{
	struct instruction inner = {0};
	struct buf text;

	if (rest.n == 0)
		return missing(r, i, rest, "an instruction", "RUN make");
	buf_init(&text, 2 * DOCKERFILE_MAX);
	r->in_onbuild = true;
	int result = reader_instruction(r, rest, &inner);
	r->in_onbuild = false;
	buf_add(&text, rest.s, rest.n);
	for (size_t k = 0; k < inner.n_heredocs && result == 0; k++) {
		if (!str_is_utf8(inner.heredocs[k].content))
			result = reader_fail(
				r, rest.s,
				"ONBUILD's heredoc goes into the image's config, and "
				"that must be UTF-8");
		buf_printf(&text, "\n%s%s", inner.heredocs[k].content,
			   inner.heredocs[k].name);
	}
	if (result == 0)
		instruction_add(i, buf_take(&text), reader_place(r, rest.s));
	buf_release(&text);
	instruction_release(&inner);
	return result;
}

static const arguments_fn takers[INSTRUCTION_KINDS] = {
	[INSTRUCTION_ADD] = take_copy,           [INSTRUCTION_ARG] = take_pairs,
	[INSTRUCTION_CMD] = take_command,        [INSTRUCTION_COPY] = take_copy,
	[INSTRUCTION_ENTRYPOINT] = take_command, [INSTRUCTION_ENV] = take_pairs,
	[INSTRUCTION_EXPOSE] = take_list,        [INSTRUCTION_FROM] = take_from,
	[INSTRUCTION_HEALTHCHECK] = take_health, [INSTRUCTION_LABEL] = take_pairs,
	[INSTRUCTION_MAINTAINER] = take_rest,    [INSTRUCTION_ONBUILD] = take_onbuild,
	[INSTRUCTION_RUN] = take_command,        [INSTRUCTION_SHELL] = take_shell,
	[INSTRUCTION_STOPSIGNAL] = take_rest,    [INSTRUCTION_USER] = take_rest,
	[INSTRUCTION_VOLUME] = take_list,        [INSTRUCTION_WORKDIR] = take_rest,
};

static bool expands(enum instruction_kind kind)
{
	return kind != INSTRUCTION_RUN && kind != INSTRUCTION_CMD &&
	       kind != INSTRUCTION_ENTRYPOINT && kind != INSTRUCTION_HEALTHCHECK &&
	       kind != INSTRUCTION_MAINTAINER && kind != INSTRUCTION_ONBUILD &&
	       kind != INSTRUCTION_SHELL;
}

/* Quotes and braces without an end are found now, and not when half of the steps are done. */
static int check_words(const struct dockerfile_reader *r, const struct instruction *i)
{
	for (size_t k = 0; k < i->n_args; k++) {
		if (!expand_check(i->args[k], r->d->escape, false, r->err))
			continue;
		if (!i->is_exec &&
		    (i->kind == INSTRUCTION_COPY || i->kind == INSTRUCTION_ADD ||
		     i->kind == INSTRUCTION_VOLUME))
			error_hint(r->err,
				   "Blanks end a word here, quotes or not: what has "
				   "blanks stands in an array: %s [\"a b\", \"c\"]",
				   instruction_word(i->kind));
		return dockerfile_wrap(r->d, i->places[k], r->err);
	}
	for (size_t k = 0; k < i->n_heredocs; k++) {
		if (i->heredocs[k].expands &&
		    expand_check(i->heredocs[k].content, r->d->escape, true, r->err) <
			    0) {
			error_hint(r->err,
				   "With its word in quotes nothing in a heredoc is "
				   "expanded: <<\"%s\"",
				   i->heredocs[k].name);
			return dockerfile_wrap(r->d, instruction_place(i), r->err);
		}
	}
	return 0;
}

int reader_arguments(struct dockerfile_reader *r, struct instruction *i,
		     struct slice rest)
{
	int result = takers[i->kind](r, i, rest);

	return result == 0 && expands(i->kind) ? check_words(r, i) : result;
}
