/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Variables in a Dockerfile's words: $NAME, ${NAME}, ${NAME:-word}, :+ :? - + ?, #pattern ##, %, %%, /old/new and //; quotes and
 * escapes removed. Pure. Source: Dockerfile reference, "Environment replacement".
 */
#pragma once

#include <stdbool.h>

#include "build/expand_pattern.h" /* EXPAND_MAX: bytes of a result; ERR_INVALID beyond it */
#include "util/cleanup.h"
#include "util/error.h"

struct expand_scope {
	char *const *
		vars; /* strv "NAME=value"; of one that stands there twice the last counts */
	char escape;
};

#define EXPAND_MAX \
	(4 << 20) /* bytes of a result; ERR_INVALID beyond it: values grow by doubling */

/*
 * expand_word() - one word, quotes and escapes removed; blanks stay. COPY, ADD, ENV, LABEL, USER, WORKDIR and all others but
 * EXPOSE: what the reader gives as one argument stays one. Caller frees. ERR_INVALID: a quote or brace without its end, ${x:?words}.
 */
int expand_word(const char *text, const struct expand_scope *s, char **ret,
		struct error *err) _must_check_;
/* expand_words() - split at blanks outside of quotes that are typed, not those that come out of variables (strv, added to). */
int expand_words(const char *text, const struct expand_scope *s, char ***ret,
		 struct error *err) _must_check_;
/* expand_fields() - split at blanks of unquoted variables too: EXPOSE $PORTS. */
int expand_fields(const char *text, const struct expand_scope *s, char ***ret,
		  struct error *err) _must_check_;
/* expand_plain() - variables and escapes only, quotes stay: heredocs of COPY and ADD whose word is not quoted. */
int expand_plain(const char *text, const struct expand_scope *s, char **ret,
		 struct error *err) _must_check_;
/* expand_check() - whether a word (plain: a heredoc) can be expanded at all, whatever the variables are. */
int expand_check(const char *text, char escape, bool plain,
		 struct error *err) _must_check_;
