/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "build/dockerfile_reader.h"
#include "util/mem.h"
#include "util/str.h"

#define NO_BREAK_SPACE "\xc2\xa0"
#define SHOWN_MAX      40 /* bytes of a word that is none */

static const char *const words[INSTRUCTION_KINDS + 1] = {
	"ADD",    "ARG",   "CMD",         "COPY",  "ENTRYPOINT", "ENV",
	"EXPOSE", "FROM",  "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD",
	"RUN",    "SHELL", "STOPSIGNAL",  "USER",  "VOLUME",     "WORKDIR",
};

const char *instruction_word(enum instruction_kind kind)
{
	return words[kind];
}

struct dockerfile_place instruction_place(const struct instruction *i)
{
	return (struct dockerfile_place){i->line, i->column};
}

void instruction_release(struct instruction *i)
{
	free(i->text);
	for (size_t k = 0; k < i->n_flags; k++) {
		free(i->flags[k].name);
		free(i->flags[k].value);
	}
	free(i->flags);
	strv_free(i->args);
	free(i->places);
	for (size_t k = 0; k < i->n_heredocs; k++) {
		free(i->heredocs[k].name);
		free(i->heredocs[k].content);
	}
	free(i->heredocs);
	*i = (struct instruction){0};
}

/* Room doubles: it is used up when their number is a power of two. One pointer more than that is for the NULL. */
void instruction_add(struct instruction *i, char *text, struct dockerfile_place place)
{
	size_t n = i->n_args, room = n ? 2 * n : 1;

	if ((n & (n - 1)) == 0) {
		i->args = xreallocarray(i->args, room + 1, sizeof(*i->args));
		i->places = xreallocarray(i->places, room, sizeof(*i->places));
	}
	i->args[n] = text;
	i->places[n] = place;
	i->args[++i->n_args] = NULL;
}

static bool find_kind(struct slice word, enum instruction_kind *ret)
{
	for (size_t k = 0; k < INSTRUCTION_KINDS; k++) {
		if (strlen(words[k]) == word.n &&
		    strncasecmp(words[k], word.s, word.n) == 0) {
			*ret = (enum instruction_kind)k;
			return true;
		}
	}
	return false;
}

static int unknown(const struct dockerfile_reader *r, struct slice word)
{
	char upper[SHOWN_MAX + 1] = "";
	int n = word.n < SHOWN_MAX ? (int)word.n : SHOWN_MAX;

	for (int i = 0; i < n; i++)
		upper[i] = (char)toupper((unsigned char)word.s[i]);
	reader_fail(r, word.s, "unknown instruction \"%.*s\"", n, word.s);
	if (memmem(word.s, word.n, NO_BREAK_SPACE, strlen(NO_BREAK_SPACE)))
		return reader_hint(
			r, "There is a no-break space in it: a blank must stand there");
	const char *nearest = str_nearest(upper, words);
	if (nearest)
		return reader_hint(r, "Did you mean %s?", nearest);
	if (r->d->n > 0 && !r->in_onbuild)
		return reader_hint(r,
				   "If it belongs to the instruction above: that "
				   "line must end with %c",
				   r->d->escape);
	return reader_hint(r, "A Dockerfile's lines begin with an instruction: FROM, "
			      "RUN, COPY, ...");
}

static int check_onbuild(const struct dockerfile_reader *r, enum instruction_kind kind,
			 struct slice word)
{
	if (kind == INSTRUCTION_FROM || kind == INSTRUCTION_MAINTAINER ||
	    kind == INSTRUCTION_ONBUILD)
		return reader_fail(r, word.s, "%s can't stand in ONBUILD", words[kind]);
	return 0;
}

/* What a program is given, or a file is called, must not change. */
static int check_utf8(const struct dockerfile_reader *r, enum instruction_kind kind)
{
	const char *at = r->joined.data + r->not_utf8;

	if (r->not_utf8 == SIZE_MAX)
		return 0;
	if (kind == INSTRUCTION_RUN || kind == INSTRUCTION_COPY ||
	    kind == INSTRUCTION_ADD) {
		reader_fail(r, at, "this byte is no UTF-8");
		return reader_hint(
			r,
			"iconv -f ISO-8859-1 -t UTF-8 FILE writes a file of Latin letters as UTF-8");
	}
	if (kind != INSTRUCTION_ONBUILD)
		reader_warn(r, at, "this byte is no UTF-8, U+FFFD takes its place");
	return 0;
}

int reader_instruction(struct dockerfile_reader *r, struct slice text,
		       struct instruction *ret)
{
	struct slice rest = text, word = slice_word(&rest);
	struct dockerfile_place place = reader_place(r, word.s);
	int result;

	if (!find_kind(word, &ret->kind))
		return unknown(r, word);
	result = r->in_onbuild ? check_onbuild(r, ret->kind, word) : 0;
	if (result == 0)
		result = check_utf8(r, ret->kind);
	if (result < 0)
		return result;
	ret->line = place.line;
	ret->column = place.column;
	ret->text = slice_text(text);
	result = reader_flags(r, ret, &rest);
	if (result == 0)
		result = reader_arguments(r, ret, rest);
	ret->last_line = (unsigned int)r->next;
	return result;
}
