/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reader of TOML 1.0, strict: what the specification calls invalid is refused, with line and
 * column. The result is the tree that the same data would have in JSON; dates and times become
 * strings, as they stand there. Pure. Two things are narrower than the specification: no NUL in
 * strings, at most TOML_DEPTH_MAX levels. Source: https://toml.io/en/v1.0.0
 */
#pragma once

#include <stddef.h>

#include "toml/toml_reader.h" /* TOML_DEPTH_MAX */
#include "util/cleanup.h"
#include "util/error.h"

struct json_object;

/* toml_parse() - `what` names the text in messages. *ret is an object; caller owns. ERR_INVALID. */
int toml_parse(const char *text, size_t len, const char *what, struct json_object **ret,
	       struct error *err) _must_check_;
