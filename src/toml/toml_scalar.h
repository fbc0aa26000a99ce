/* SPDX-License-Identifier: Apache-2.0 */
/* TOML's values of one word: numbers, dates, times, true and false. */
#pragma once

#include "toml/toml_reader.h"
#include "util/cleanup.h"

struct json_object;

/* toml_scalar() - caller owns *ret. */
int toml_scalar(struct toml_reader *r, struct json_object **ret) _must_check_;
