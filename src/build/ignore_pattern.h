/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pattern over paths: * and ? stop at slashes, ** does not, [a-z] [^a-z], \ takes a character's meaning. Pure.
 * Sources: Go's path/filepath Match; what Docker's patternmatcher makes of **: "**" and a slash behind it are any number of whole
 * directories, at the pattern's end they are all there is.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"

#define IGNORE_PATTERN_MAX 1024 /* characters */

struct ignore_pattern;

/* ignore_pattern_new() - NULL: malformed, *ret_why says how (static). Slashes at both ends, "." and ".." are cleaned away. */
struct ignore_pattern *ignore_pattern_new(const char *text, const char **ret_why);
void ignore_pattern_free(struct ignore_pattern *p);
DEFINE_CLEANUP(struct ignore_pattern *, ignore_pattern_free)
#define cleanup_ignore_pattern cleanup(ignore_pattern_freep)

/* Which pairs of neighbouring bytes stand in a text, as bits: a pattern whose pairs a path does not have can't match it. */
#define IGNORE_PAIR_WORDS 4
struct ignore_pairs {
	uint64_t bits[IGNORE_PAIR_WORDS];
};
void ignore_pairs_take(struct ignore_pairs *p, const char *s);

/* ignore_pattern_matches() - the path, and its pairs; or_above: or a directory that it lies in. */
bool ignore_pattern_matches(const struct ignore_pattern *p, const char *path,
			    const struct ignore_pairs *pairs, bool or_above);
/* ignore_pattern_reaches() - there are paths below this directory that match. */
bool ignore_pattern_reaches(const struct ignore_pattern *p, const char *directory);
