/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TOML's rules about which table may be added to from where. Every table knows how it came to be:
 *
 *   on the way   [a.b] makes a: a later [a], or a dotted key, may define it
 *   defined      by its own [header], once; only sub-tables may follow
 *   dotted       by a.b = 1: other dotted keys of the same section may add to it. A section is what
 *                stands under one header, or one pair of braces.
 *   inline       { }: complete
 */
#pragma once

#include "toml/toml_reader.h"
#include "util/cleanup.h"

struct json_object;

/* toml_key() - "a.'b c'.d", as strv; caller frees. The reader goes n levels deeper, the caller
 * takes them back. */
int toml_key(struct toml_reader *r, char ***ret) _must_check_;

/* toml_table_add() - a value under a dotted key, from `table` on; takes the value, also when it
 * fails. `at` is where the key stands. */
int toml_table_add(struct toml_reader *r, struct json_object *table, char *const *key,
		   size_t at, struct json_object *value) _must_check_;

/* toml_table_open() - what the header [key] or, as_element, [[key]] names, below root. */
int toml_table_open(struct toml_reader *r, struct json_object *root, char *const *key,
		    bool as_element, size_t at, struct json_object **ret) _must_check_;

/* toml_table_inline() - a new one, complete once its braces are closed. */
struct json_object *toml_table_inline(void);
