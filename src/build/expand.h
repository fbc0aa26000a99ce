/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Variables in a Dockerfile's words: $NAME, ${NAME}, ${NAME:-word}, :+ :? - + ?, #pattern ##, %, %%, /old/new and //; quotes and
 * escapes removed. Pure. Source: Dockerfile reference, "Environment replacement".
 */
#pragma once

#include "util/cleanup.h"
#include "util/error.h"

struct expand_scope {
	char *const *
		vars; /* strv "NAME=value"; of one that stands there twice the last counts */
	char escape;
};

/* expand_word() - one word, quotes removed. Caller frees. expand_words() - split at blanks outside of quotes that are typed, not
 * those that come out of variables (strv, added to). expand_plain() - variables only, quotes stay: heredocs. */
int expand_word(const char *text, const struct expand_scope *s, char **ret,
		struct error *err) _must_check_;
int expand_words(const char *text, const struct expand_scope *s, char ***ret,
		 struct error *err) _must_check_;
int expand_plain(const char *text, const struct expand_scope *s, char **ret,
		 struct error *err) _must_check_;
