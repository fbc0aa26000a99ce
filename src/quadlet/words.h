/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words of a value, taken apart and put together as systemd's command lines have them: blanks between, single or double quotes
 * around any part, escapes of C. Source: systemd.syntax(7), systemd.service(5) "COMMAND LINES". Specifiers (%) and variables ($) are
 * systemd's, left as they are.
 */
#pragma once

#include <stdbool.h>

#include "quadlet/unit_file.h"
#include "util/buf.h"
#include "util/error.h"

/*
 * words_split() - the words of an assignment's value, added to *v (strv). An escape that is none stays as it is, as in systemd. Errors: ERR_INVALID, a
 * quote that does not end; *v then has some of them.
 */
int words_split(const struct unit_entry *e, char ***v, struct error *err) _must_check_;

/* words_add() - one word, quoted where it needs it, behind a blank if something is there. */
void words_add(struct buf *line, const char *word);

/* words_flag() - a boolean as systemd writes it: 1 yes y true t on, 0 no n false f off, in any case. Errors: ERR_INVALID. */
int words_flag(const struct unit_entry *e, bool *ret, struct error *err) _must_check_;

/* words_is_flag() - the same, without words about it. */
bool words_is_flag(const char *text, bool *ret);
