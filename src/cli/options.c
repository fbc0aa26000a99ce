/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options.h"

#include <limits.h>
#include <string.h>

#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

/* Where a row was found: an included table's offsets are relative to `base`. */
struct found {
	const struct option_spec *spec;
	size_t base;
};

struct parser {
	const struct options_parse *p;
	int argc, next; /* next: index of the word to look at */
	char *const *argv;
	size_t n_args;
	enum help_wanted help;
};

int options_walk(const struct option_spec *table,
		 int (*fn)(const struct option_spec *spec, size_t base, void *data),
		 void *data)
{
	struct {
		const struct option_spec *row;
		size_t base;
	} stack[8] = {{table, 0}};
	size_t depth = 1;

	while (table && depth > 0) {
		const struct option_spec *row = stack[depth - 1].row;
		size_t base = stack[depth - 1].base;
		int r;

		if (row->type == OPTION_END) {
			depth--;
			continue;
		}
		stack[depth - 1].row++;
		if (row->type == OPTION_INCLUDE) {
			if (depth == ARRAY_SIZE(stack))
				abort(); /* a table that includes itself */
			stack[depth].row = row->include;
			stack[depth++].base = base + row->offset;
			continue;
		}
		r = fn(row, base, data);
		if (r != 0)
			return r;
	}
	return 0;
}

bool option_takes_value(const struct option_spec *spec)
{
	return spec->type != OPTION_BOOL && spec->type != OPTION_COUNT &&
	       spec->type != OPTION_NOT_YET && !spec->bare_value;
}

const char *option_value_word(const struct option_spec *spec)
{
	if (spec->value)
		return spec->value;
	switch (spec->type) {
	case OPTION_INT:
	case OPTION_I64:
	case OPTION_U64:
		return "N";
	case OPTION_SIZE:
		return "SIZE";
	case OPTION_DURATION:
		return "TIME";
	case OPTION_STRING:
	case OPTION_STRV:
	case OPTION_LIST:
	case OPTION_CUSTOM:
		return "TEXT";
	case OPTION_WORD:
		return "WORD";
	case OPTION_END:
	case OPTION_GROUP:
	case OPTION_INCLUDE:
	case OPTION_BOOL:
	case OPTION_COUNT:
	case OPTION_NOT_YET:
		break;
	}
	return "";
}

struct search {
	const char *name; /* NULL: search the letter */
	size_t name_len;
	char letter;
	struct found result;
};

static bool name_is(const char *name, const struct search *s)
{
	return name && strlen(name) == s->name_len &&
	       memcmp(name, s->name, s->name_len) == 0;
}

static int search_row(const struct option_spec *spec, size_t base _unused_, void *data)
{
	struct search *s = data;
	bool hit = s->name ? name_is(spec->name, s)
			   : spec->letter && spec->letter == s->letter;

	for (const char *const *a = spec->aliases; s->name && !hit && a && *a; a++)
		hit = name_is(*a, s);
	if (!hit)
		return 0;
	s->result = (struct found){spec, base};
	return 1;
}

const struct option_spec *options_find(const struct option_spec *table, const char *name,
				       size_t len, char letter)
{
	struct search s = {.name = name, .name_len = len, .letter = letter};

	return options_walk(table, search_row, &s) ? s.result.spec : NULL;
}

static int collect_name(const struct option_spec *spec, size_t base _unused_, void *data)
{
	if (spec->name && spec->type != OPTION_NOT_YET && !spec->hidden)
		strv_addf(data, "%s", spec->name);
	return 0;
}

static void see_help(const struct parser *x, const char *suggestion, struct error *err)
{
	if (suggestion)
		error_hint(err, "did you mean %s?\nSee '%s --help'", suggestion,
			   x->p->see);
	else
		error_hint(err, "See '%s --help'", x->p->see);
}

static int unknown_name(const struct parser *x, const char *name, size_t len,
			struct error *err)
{
	cleanup_strv char **names = NULL;
	cleanup_free char *typed = xstrndup(name, len), *suggestion = NULL;
	const char *nearest;

	options_walk(x->p->table, collect_name, &names);
	strv_add(&names, "help");
	nearest = str_nearest(typed, (const char *const *)names);
	if (nearest)
		suggestion = xasprintf("--%s", nearest);
	error_set(err, ERR_INVALID, 0, "unknown flag: --%s", typed);
	see_help(x, suggestion, err);
	return -EINVAL;
}

static int bad_value(const struct option_match *m, struct error *err,
		     const char *expected)
{
	cleanup_free char *quoted = str_quote(m->value);

	error_set(err, ERR_INVALID, 0, "invalid value %s for %s: expected %s", quoted,
		  m->typed, expected);
	return -EINVAL;
}

static int set_bool(const struct option_match *m, struct error *err)
{
	static const char *const yes[] = {"1", "t", "T", "true", "True", "TRUE"};
	static const char *const no[] = {"0", "f", "F", "false", "False", "FALSE"};

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (str_eq(m->value, yes[i]) || str_eq(m->value, no[i])) {
			*(bool *)m->target = str_eq(m->value, yes[i]);
			return 0;
		}
	}
	return bad_value(m, err, "true or false");
}

static int set_list(const struct option_match *m)
{
	cleanup_strv char **parts = str_split(m->value, ',');

	strv_foreach (part, parts)
		strv_add(m->target, *part);
	return 0;
}

static int set_word(const struct option_match *m, struct error *err)
{
	cleanup_free char *all = NULL, *expected = NULL;

	for (int i = 0; m->spec->words[i]; i++) {
		if (str_eq(m->spec->words[i], m->value)) {
			*(int *)m->target = i;
			return 0;
		}
	}
	all = strv_join((char *const *)m->spec->words, ", ");
	expected = xasprintf("one of %s", all);
	return bad_value(m, err, expected);
}

/* A whole number, within the row's bounds or (both 0) those of its type. */
static int read_number(const struct option_match *m, int64_t *ret, struct error *err)
{
	const struct option_spec *s = m->spec;
	bool bounded = s->min != 0 || s->max != 0, is_int = s->type == OPTION_INT;
	int64_t min = bounded ? s->min : is_int ? INT_MIN : INT64_MIN;
	int64_t max = bounded ? s->max : is_int ? INT_MAX : INT64_MAX;
	cleanup_free char *range = NULL;

	if (str_to_i64(m->value, ret) == 0 && *ret >= min && *ret <= max)
		return 0;
	if (!bounded)
		return bad_value(m, err, "a whole number");
	range = xasprintf("a whole number from %lld to %lld", (long long)min,
			  (long long)max);
	return bad_value(m, err, range);
}

static int set_number(const struct option_match *m, struct error *err)
{
	int64_t number = 0;
	int r = read_number(m, &number, err);

	if (r < 0)
		return r;
	if (m->spec->type == OPTION_INT)
		*(int *)m->target = (int)number;
	else
		*(int64_t *)m->target = number;
	return 0;
}

static int set_size(const struct option_match *m, struct error *err)
{
	uint64_t size = 0;

	if (m->spec->min < 0 && str_eq(m->value, "-1")) {
		*(int64_t *)m->target = -1;
		return 0;
	}
	if (str_to_size(m->value, &size) < 0 || size > INT64_MAX)
		return bad_value(m, err, "a size such as 512m or 2g");
	*(int64_t *)m->target = (int64_t)size;
	return 0;
}

static int set_value(const struct option_match *m, struct error *err)
{
	switch (m->spec->type) {
	case OPTION_BOOL:
		return set_bool(m, err);
	case OPTION_COUNT:
		++*(int *)m->target;
		return 0;
	case OPTION_STRING:
		*(const char **)m->target = m->value;
		return 0;
	case OPTION_STRV:
		strv_add(m->target, m->value);
		return 0;
	case OPTION_LIST:
		return set_list(m);
	case OPTION_WORD:
		return set_word(m, err);
	case OPTION_INT:
	case OPTION_I64:
		return set_number(m, err);
	case OPTION_U64:
		if (str_to_u64(m->value, m->target) < 0)
			return bad_value(m, err, "a whole number, not negative");
		return 0;
	case OPTION_SIZE:
		return set_size(m, err);
	case OPTION_DURATION:
		if (time_parse_duration(m->value, m->target) < 0)
			return bad_value(m, err, "a time such as 10s or 1m30s");
		return 0;
	case OPTION_CUSTOM:
		return m->spec->parse(m, err);
	case OPTION_END:
	case OPTION_GROUP:
	case OPTION_INCLUDE:
	case OPTION_NOT_YET:
		break;
	}
	abort(); /* such rows are never matched */
}

static int apply(struct parser *x, const struct found *f, const char *typed,
		 const char *value, struct error *err)
{
	char *base = (char *)x->p->values + f->base;
	struct option_match m = {f->spec, typed, value, base, base + f->spec->offset};
	int r = set_value(&m, err);

	if (r < 0) {
		if (!err->hint)
			see_help(x, NULL, err);
		return r;
	}
	if (f->spec->given)
		*(bool *)(base + f->spec->given - 1) = true;
	return 0;
}

/* `value` is what stood after '=', or NULL. */
static int apply_option(struct parser *x, const struct found *f, const char *typed,
			const char *value, struct error *err)
{
	if (f->spec->type == OPTION_NOT_YET) {
		error_set(err, ERR_UNSUPPORTED, 0, "%s is not supported yet", typed);
		see_help(x, NULL, err);
		return -EOPNOTSUPP;
	}
	if (f->spec->type == OPTION_COUNT && value) {
		error_set(err, ERR_INVALID, 0, "%s takes no value", typed);
		see_help(x, NULL, err);
		return -EINVAL;
	}
	if (!value && !option_takes_value(f->spec))
		value = f->spec->bare_value ? f->spec->bare_value : "true";
	if (!value && x->next < x->argc)
		value = x->argv[x->next++];
	if (!value) {
		error_set(err, ERR_INVALID, 0, "flag needs an argument: %s", typed);
		see_help(x, NULL, err);
		return -EINVAL;
	}
	return apply(x, f, typed, value, err);
}

/* "--help" with what stood behind an equals sign, or NULL. */
static int take_help(struct parser *x, const char *value, struct error *err)
{
	struct option_match m = {.typed = "--help", .value = value};

	if (!value || str_eq(value, "true"))
		x->help = HELP_COMMON;
	else if (str_eq(value, "all"))
		x->help = HELP_ALL;
	else if (!str_eq(value, "false"))
		return bad_value(&m, err, "all, or nothing");
	return 0;
}

static int parse_long(struct parser *x, const char *word, struct error *err)
{
	const char *name = word + 2, *equals = strchr(name, '=');
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	struct search s = {.name = name, .name_len = len};
	cleanup_free char *typed = xstrndup(word, len + 2);

	if (options_walk(x->p->table, search_row, &s) == 0) {
		if (len == strlen("help") && memcmp(name, "help", len) == 0)
			return take_help(x, equals ? equals + 1 : NULL, err);
		return unknown_name(x, name, len, err);
	}
	return apply_option(x, &s.result, typed, equals ? equals + 1 : NULL, err);
}

/* Bundled letters: each that takes a value takes the rest of the word, or the next word.
 */
static int parse_letters(struct parser *x, const char *word, struct error *err)
{
	for (const char *c = word + 1; *c; c++) {
		struct search s = {.letter = *c};
		const char typed[] = {'-', *c, '\0'};
		const char *value = NULL;
		bool rest;
		int r;

		if (options_walk(x->p->table, search_row, &s) == 0) {
			if (*c == 'h')
				return take_help(x, NULL, err);
			error_set(err, ERR_INVALID, 0,
				  "unknown shorthand flag: '%c' in %s", *c, word);
			see_help(x, NULL, err);
			return -EINVAL;
		}
		rest = c[1] == '=' || (c[1] && option_takes_value(s.result.spec));
		if (rest)
			value = c[1] == '=' ? c + 2 : c + 1;
		r = apply_option(x, &s.result, typed, value, err);
		if (r < 0 || rest)
			return r;
	}
	return 0;
}

int options_parse(const struct options_parse *p, int argc, char *const *argv,
		  struct error *err)
{
	struct parser x = {.p = p, .argc = argc, .argv = argv};
	bool options_over = false;

	while (x.next < argc && !x.help) {
		const char *word = argv[x.next++];
		int r = 0;

		if (options_over || word[0] != '-' || !word[1]) {
			p->ret_args[x.n_args++] = argv[x.next - 1];
			options_over = options_over || p->stop_at_first;
			continue;
		}
		if (str_eq(word, "--"))
			options_over = true;
		else if (word[1] == '-')
			r = parse_long(&x, word, err);
		else
			r = parse_letters(&x, word, err);
		if (r < 0)
			return r;
	}
	p->ret_args[x.n_args] = NULL;
	*p->ret_n_args = x.n_args;
	if (p->ret_help)
		*p->ret_help = x.help;
	return 0;
}

int options_set(const struct option_spec *table, void *values, const char *name,
		const char *value, const char *typed, struct error *err)
{
	struct search s = {.name = name, .name_len = strlen(name)};
	struct option_match m;
	char *base;
	int r;

	options_walk(table, search_row, &s);
	if (!s.result.spec || s.result.spec->type == OPTION_NOT_YET)
		return 1;
	base = (char *)values + s.result.base;
	m = (struct option_match){s.result.spec, typed, value, base,
				  base + s.result.spec->offset};
	r = set_value(&m, err);
	if (r >= 0 && s.result.spec->given)
		*(bool *)(base + s.result.spec->given - 1) = true;
	return r;
}

static int release_row(const struct option_spec *spec, size_t base, void *values)
{
	char ***v;

	if (spec->type != OPTION_STRV && spec->type != OPTION_LIST)
		return 0;
	v = (void *)((char *)values + base + spec->offset);
	strv_free(*v);
	*v = NULL;
	return 0;
}

void options_release(const struct option_spec *table, void *values)
{
	options_walk(table, release_row, values);
}
