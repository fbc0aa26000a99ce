/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "build/dockerfile_reader.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

enum flag_type {
	FLAG_TEXT,
	FLAG_TEXTS, /* may stand there again */
	FLAG_TRUTH,
	FLAG_DURATION,
	FLAG_NUMBER,
};

struct flag_rule {
	const char *name;
	enum flag_type type;
	unsigned int kinds; /* bits */
};

#define OF(kind) (1U << INSTRUCTION_##kind)

static const struct flag_rule rules[] = {
	{"platform", FLAG_TEXT, OF(FROM)},
	{"mount", FLAG_TEXTS, OF(RUN)},
	{"network", FLAG_TEXT, OF(RUN)},
	{"security", FLAG_TEXT, OF(RUN)},
	{"from", FLAG_TEXT, OF(COPY)},
	{"chown", FLAG_TEXT, OF(COPY) | OF(ADD)},
	{"chmod", FLAG_TEXT, OF(COPY) | OF(ADD)},
	{"link", FLAG_TRUTH, OF(COPY) | OF(ADD)},
	{"parents", FLAG_TRUTH, OF(COPY)},
	{"exclude", FLAG_TEXTS, OF(COPY) | OF(ADD)},
	{"checksum", FLAG_TEXT, OF(ADD)},
	{"keep-git-dir", FLAG_TRUTH, OF(ADD)},
	{"unpack", FLAG_TRUTH, OF(ADD)},
	{"interval", FLAG_DURATION, OF(HEALTHCHECK)},
	{"timeout", FLAG_DURATION, OF(HEALTHCHECK)},
	{"start-period", FLAG_DURATION, OF(HEALTHCHECK)},
	{"start-interval", FLAG_DURATION, OF(HEALTHCHECK)},
	{"retries", FLAG_NUMBER, OF(HEALTHCHECK)},
};

static const struct flag_rule *rule_of(enum instruction_kind kind, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		if (rules[i].kinds & 1U << kind && str_eq(rules[i].name, name))
			return &rules[i];
	}
	return NULL;
}

/* The nearest, or all there are; or another instruction that has it. */
static int hint_unknown(const struct dockerfile_reader *r, enum instruction_kind kind,
			const char *name, struct slice word)
{
	const char *names[ARRAY_SIZE(rules) + 1] = {0}, *nearest;
	cleanup_strv char **list = NULL;
	cleanup_free char *all = NULL;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		if (rules[i].kinds & 1U << kind) {
			names[n++] = rules[i].name;
			strv_addf(&list, "--%s", rules[i].name);
		}
	}
	nearest = str_nearest(name, names);
	if (nearest)
		return reader_hint(r, "Did you mean --%s?", nearest);
	all = strv_join(list, " ");
	if (all && *all)
		return reader_hint(r, "%s has: %s", instruction_word(kind), all);
	if (kind == INSTRUCTION_CMD || kind == INSTRUCTION_ENTRYPOINT)
		return reader_hint(r, "As a word of the command: %s [\"%.*s\"]",
				   instruction_word(kind), (int)word.n, word.s);
	return reader_hint(r, "%s has no flags", instruction_word(kind));
}

static int check_value(const struct dockerfile_reader *r, const struct flag_rule *rule,
		       const char *value, struct slice word)
{
	uint64_t number;
	int64_t usec;

	if (rule->type == FLAG_TRUTH) {
		if (!value || strcasecmp(value, "true") == 0 ||
		    strcasecmp(value, "false") == 0)
			return 0;
		return reader_fail(r, word.s, "--%s is true or false, not \"%s\"",
				   rule->name, value);
	}
	if (!value || !*value) {
		reader_fail(r, word.s, "--%s needs a value", rule->name);
		return reader_hint(r, "The value follows an equals sign: --%s=VALUE",
				   rule->name);
	}
	if (rule->type == FLAG_NUMBER &&
	    (str_to_u64(value, &number) < 0 || number > INT32_MAX))
		return reader_fail(r, word.s, "--%s is a number, not \"%s\"", rule->name,
				   value);
	if (rule->type != FLAG_DURATION)
		return 0;
	/* A bare number is no duration of Go's, but 0 is. */
	if (time_parse_duration(value, &usec) < 0 || usec < 0 ||
	    (usec != 0 && strspn(value, "0123456789.") == strlen(value))) {
		reader_fail(r, word.s, "--%s is a duration, not \"%s\"", rule->name,
			    value);
		return reader_hint(r, "For example: --%s=1m30s", rule->name);
	}
	if (usec > 0 && usec < 1000)
		return reader_fail(r, word.s, "--%s is at least 1ms", rule->name);
	return 0;
}

static void add_flag(const struct dockerfile_reader *r, struct instruction *i,
		     struct instruction_flag flag)
{
	/* Room doubles: whenever their number is a power of two it is used up. */
	if ((i->n_flags & (i->n_flags - 1)) == 0)
		i->flags = xreallocarray(i->flags, i->n_flags ? i->n_flags * 2 : 1,
					 sizeof(*i->flags));
	i->flags[i->n_flags++] = flag;
}

/* Quotes and escapes are the flag's own, not those of the words in it. */
static char *unquoted(struct slice word, char escape)
{
	char *text = xmalloc(word.n + 1), quote = '\0';
	size_t n = 0;

	for (size_t i = 0; i < word.n; i++) {
		char c = word.s[i];

		if (c == escape && quote != '\'' && i + 1 < word.n)
			text[n++] = word.s[++i];
		else if (quote && c == quote)
			quote = '\0';
		else if (!quote && (c == '\'' || c == '"'))
			quote = c;
		else
			text[n++] = c;
	}
	text[n] = '\0';
	return text;
}

static int take_flag(const struct dockerfile_reader *r, struct instruction *i,
		     struct slice word)
{
	cleanup_free char *text = unquoted(word, r->d->escape);
	char *value = strchr(text, '=');
	const char *name = text + 2;

	if (value)
		*value++ = '\0';
	const struct flag_rule *rule = rule_of(i->kind, name);
	if (!rule) {
		reader_fail(r, word.s, "%s has no flag --%s", instruction_word(i->kind),
			    name);
		return hint_unknown(r, i->kind, name, word);
	}
	int result = check_value(r, rule, value, word);
	if (result < 0)
		return result;
	if (rule->type != FLAG_TEXTS && instruction_flag(i, name))
		return reader_fail(r, word.s, "--%s stands here twice", name);
	add_flag(r, i,
		 (struct instruction_flag){xstrdup(name), value ? xstrdup(value) : NULL,
					   reader_place(r, word.s)});
	return 0;
}

int reader_flags(const struct dockerfile_reader *r, struct instruction *i,
		 struct slice *rest)
{
	while (rest->n >= 2 && memcmp(rest->s, "--", 2) == 0) {
		struct slice word = slice_quoted_word(rest, r->d->escape);

		if (word.n == 2)
			return 0;
		int result = take_flag(r, i, word);
		if (result < 0)
			return result;
	}
	return 0;
}

const struct instruction_flag *instruction_flag_next(const struct instruction *i,
						     const char *name,
						     const struct instruction_flag *after)
{
	const struct instruction_flag *end = i->flags + i->n_flags;

	for (after = after ? after + 1 : i->flags; after < end; after++) {
		if (str_eq(after->name, name))
			return after;
	}
	return NULL;
}

const struct instruction_flag *instruction_flag(const struct instruction *i,
						const char *name)
{
	for (size_t k = i->n_flags; k-- > 0;) {
		if (str_eq(i->flags[k].name, name))
			return &i->flags[k];
	}
	return NULL;
}

bool instruction_has(const struct instruction *i, const char *name)
{
	const struct instruction_flag *flag = instruction_flag(i, name);

	return flag && (!flag->value || strcasecmp(flag->value, "true") == 0);
}
