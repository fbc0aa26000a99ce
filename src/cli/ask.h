/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to whoever sits at the terminal. */
#pragma once

#include "util/cleanup.h"
#include "util/error.h"

/* ask_line() - prompt on stderr, a line from stdin without its end; end of file is ERR_INVALID. Caller
 * frees. */
int ask_line(const char *prompt, char **ret, struct error *err) _must_check_;

/* ask_secret() - the same without showing what is typed; stdin must be a terminal. */
int ask_secret(const char *prompt, char **ret, struct error *err) _must_check_;

/* ask_rest() - all of stdin, without the line end at its end. Caller frees. */
int ask_rest(char **ret, struct error *err) _must_check_;
