/* SPDX-License-Identifier: Apache-2.0 */
/* TOML's four kinds of strings. */
#pragma once

#include "toml/toml_reader.h"
#include "util/cleanup.h"

/* toml_string() - from its opening quotes; caller frees *ret. one_line: those of three quotes are not
 * allowed (keys). */
int toml_string(struct toml_reader *r, bool one_line, char **ret) _must_check_;
