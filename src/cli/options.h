/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options as data. One table of struct option_spec per command drives the parser, --help,
 * the man page's option list and the shell completions. Values go by offset into a struct
 * of the command's own: nothing here is global. The parser only reads and checks words;
 * it never acts.
 *
 * Forms taken, as pflag (podman, Docker) does:
 *   --name value   --name=value   -n value   -nvalue   -n=value   -it (letters bundled)
 * -itn value
 *   --flag   --flag=true|false|1|0|t|f (booleans take a value only after '=')   --   (end
 * of options)
 *
 * Example:
 *   struct list_options { bool quiet; int format; char **filters; };
 *   static const struct option_spec list_options[] = {
 *           OPT_BOOL(struct list_options, quiet, "quiet", 'q', "print ids only"),
 *           OPT_WORD(struct list_options, format, "format", 'f', format_words, "form of
 * the output"), OPT_STRV(struct list_options, filters, "filter", 0, "KEY=VALUE", "show
 * only these"), OPT_NOT_YET("checkpoint", 0), OPT_END,
 *   };
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

enum option_type {
	OPTION_END = 0, /* ends a table */
	OPTION_GROUP, /* not an option: `help` is the heading of what follows in --help */
	OPTION_INCLUDE, /* not an option: the rows of `include`, their offsets moved by
			   `offset` */
	OPTION_BOOL,    /* bool */
	OPTION_COUNT,   /* int; each time adds one */
	OPTION_STRING,  /* const char *, points into argv; the last one wins */
	OPTION_STRV, /* char **, one entry each time, as given; freed by options_release()
		      */
	OPTION_LIST, /* char **, as OPTION_STRV, and each value is split at commas */
	OPTION_WORD, /* int, index into `words` */
	OPTION_INT,  /* int, within min..max unless both are 0 */
	OPTION_I64,  /* int64_t, the same */
	OPTION_U64,  /* uint64_t */
	OPTION_SIZE, /* int64_t bytes, "10m", "1.5g"; -1 only with min = -1 (unlimited) */
	OPTION_DURATION, /* int64_t usec, "10s", "1h30m", bare number: seconds */
	OPTION_CUSTOM,   /* parse() is called each time */
	OPTION_NOT_YET,  /* known from podman or Docker, an error that says so */
};

/* One option as it was met, for OPTION_CUSTOM. */
struct option_spec;
struct option_match {
	const struct option_spec *spec;
	const char *typed; /* "--memory" or "-m", for messages */
	const char *value;
	void *values; /* the struct being filled */
	void *target; /* values + offset */
};

struct option_spec {
	const char *name; /* long, without dashes; NULL: only the letter exists */
	char letter;      /* short; 0: none */
	enum option_type type;
	const char *const
		*aliases; /* more long names, NULL-terminated; not shown in --help */
	size_t offset;    /* of the member in the struct of values */
	size_t given; /* 1 + offset of a bool that becomes true when the option is met, 0:
			 none (OPT_GIVEN) */
	const char *value; /* word for the value in --help ("PATH"); NULL: by type */
	const char *help; /* one short line, lower case, no full stop; of a common one the
			      part before a semicolon is shown at first */
	const char *const *words; /* OPTION_WORD: NULL-terminated */
	const char *bare_value; /* used for '--name' without '='; then a separate word is
				   never taken as the value */
	int64_t min, max;
	int (*parse)(const struct option_match *match,
		     struct error *err); /* 0 or -errno */
	const struct option_spec *include;
	bool hidden; /* works, but --help does not show it */
	bool common; /* where a command has such rows, --help shows only them, and
			--help=all every one */
};

#define OPT_GIVEN(type, member) (1 + offsetof(type, member))
#define OPT_END                    \
	{                          \
		.type = OPTION_END \
	}
#define OPT_GROUP(heading)                              \
	{                                               \
		.type = OPTION_GROUP, .help = (heading) \
	}
#define OPT_INCLUDE(table)                                 \
	{                                                  \
		.type = OPTION_INCLUDE, .include = (table) \
	}
#define OPT_INCLUDE_AT(struct_type, member, table)          \
	{                                                   \
		.type = OPTION_INCLUDE, .include = (table), \
		.offset = offsetof(struct_type, member)     \
	}
#define OPT_NOT_YET(long_name, short_letter)                                          \
	{                                                                             \
		.type = OPTION_NOT_YET, .name = (long_name), .letter = (short_letter) \
	}

/* OPT_*(struct type, member, "name", 'letter', ..., "help", [.more = designated
 * initialisers]) */
#define OPT_ROW(option_type, struct_type, member, long_name, short_letter, ...) \
	{                                                                       \
		.type = (option_type), .offset = offsetof(struct_type, member), \
		.name = (long_name), .letter = (short_letter), __VA_ARGS__      \
	}
#define OPT_BOOL(s, m, n, l, h, ...) \
	OPT_ROW(OPTION_BOOL, s, m, n, l, .help = (h), ##__VA_ARGS__)
#define OPT_STRING(s, m, n, l, v, h, ...) \
	OPT_ROW(OPTION_STRING, s, m, n, l, .value = (v), .help = (h), ##__VA_ARGS__)
#define OPT_STRV(s, m, n, l, v, h, ...) \
	OPT_ROW(OPTION_STRV, s, m, n, l, .value = (v), .help = (h), ##__VA_ARGS__)
#define OPT_LIST(s, m, n, l, v, h, ...) \
	OPT_ROW(OPTION_LIST, s, m, n, l, .value = (v), .help = (h), ##__VA_ARGS__)
#define OPT_WORD(s, m, n, l, w, h, ...) \
	OPT_ROW(OPTION_WORD, s, m, n, l, .words = (w), .help = (h), ##__VA_ARGS__)
#define OPT_INT(s, m, n, l, v, h, ...) \
	OPT_ROW(OPTION_INT, s, m, n, l, .value = (v), .help = (h), ##__VA_ARGS__)
#define OPT_I64(s, m, n, l, v, h, ...) \
	OPT_ROW(OPTION_I64, s, m, n, l, .value = (v), .help = (h), ##__VA_ARGS__)
#define OPT_U64(s, m, n, l, v, h, ...) \
	OPT_ROW(OPTION_U64, s, m, n, l, .value = (v), .help = (h), ##__VA_ARGS__)
#define OPT_SIZE(s, m, n, l, v, h, ...) \
	OPT_ROW(OPTION_SIZE, s, m, n, l, .value = (v), .help = (h), ##__VA_ARGS__)
#define OPT_DURATION(s, m, n, l, v, h, ...) \
	OPT_ROW(OPTION_DURATION, s, m, n, l, .value = (v), .help = (h), ##__VA_ARGS__)
#define OPT_CUSTOM(s, m, n, l, v, fn, h, ...)                                        \
	OPT_ROW(OPTION_CUSTOM, s, m, n, l, .value = (v), .parse = (fn), .help = (h), \
		##__VA_ARGS__)

enum help_wanted { HELP_NONE, HELP_COMMON, HELP_ALL };

struct options_parse {
	const struct option_spec *table; /* may be NULL */
	void *values;
	const char *see; /* "cubby run": the hint of every error ends with "See 'cubby run
			    --help'" */
	bool stop_at_first; /* the first word that is no option ends them: run, exec */
	enum help_wanted
		*ret_help; /* of --help, --help=all (and -h where the table has no
				       such letter); parsing stops */
	char **ret_args;   /* argc + 1 pointers of the caller's: the words that are no
			       options, NULL-terminated */
	size_t *ret_n_args;
};

/*
 * options_parse() - words argv[0..argc-1] (without the command's name). Errors are
 * ERR_INVALID (ERR_UNSUPPORTED for OPTION_NOT_YET) with a hint.
 */
int options_parse(const struct options_parse *p, int argc, char *const *argv,
		  struct error *err) _must_check_;

/*
 * options_set() - as if "--name=value" had been there; `typed` is what messages call it. The value is borrowed as argv's are.
 * Return: 0, or 1 if the table has no such option yet.
 */
int options_set(const struct option_spec *table, void *values, const char *name,
		const char *value, const char *typed, struct error *err) _must_check_;

/* options_release() - free what the parser allocated in values (the strvs) and set it to
 * NULL. */
void options_release(const struct option_spec *table, void *values);

/* options_walk() - every row in order, OPTION_INCLUDE followed; fn's nonzero return ends
 * it and is returned. */
int options_walk(const struct option_spec *table,
		 int (*fn)(const struct option_spec *spec, size_t base, void *data),
		 void *data);

/* options_find() - the row of a long name (len bytes of it) or, with name NULL, of a letter; NULL if there is none. */
const struct option_spec *options_find(const struct option_spec *table, const char *name,
				       size_t len, char letter);

/* option_takes_value() - whether '--name' needs a value (in the next word if not after
 * '='). */
bool option_takes_value(const struct option_spec *spec);
/* option_value_word() - what --help shows for the value; "" for booleans. */
const char *option_value_word(const struct option_spec *spec);
