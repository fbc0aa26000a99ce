/* SPDX-License-Identifier: Apache-2.0 */
/* ${NAME#pattern} and its relatives: * is any text, ? one character; nothing else is special. Pure. */
#pragma once

#include <stdbool.h>

#include "util/error.h"

/* Bytes of a value: those of ENV A=$A$A double. */
#define EXPAND_MAX         (4 << 20)
/* The longest pattern that holds a wildcard: what it is looked for in may be megabytes. */
#define EXPAND_PATTERN_MAX 1024

/* expand_trim() - text without the part at its beginning (or end) that the pattern is; longest: of all such parts that one.
 * `escape` takes the meaning of the character behind it. Caller frees. */
int expand_trim(const char *text, const char *pattern, char escape, bool at_end,
		bool longest, char **ret, struct error *err) _must_check_;

/* expand_replace() - the first part (all: each, from left to right) that the pattern is, as long as possible, becomes `with`.
 * Caller frees. ERR_INVALID: longer than EXPAND_MAX. */
struct expand_replacement {
	const char *pattern, *with;
	char escape;
	bool all;
};
int expand_replace(const char *text, const struct expand_replacement *o, char **ret,
		   struct error *err) _must_check_;
