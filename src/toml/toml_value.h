/* SPDX-License-Identifier: Apache-2.0 */
/* TOML's values, and pairs of key and value. */
#pragma once

#include "toml/toml_reader.h"
#include "util/cleanup.h"

struct json_object;

/* toml_pair() - "key = value", into a table. */
int toml_pair(struct toml_reader *r, struct json_object *table) _must_check_;
