/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Defaults that an administrator or a user sets. cubby.conf: /etc/cubby/cubby.conf, then
 * $XDG_CONFIG_HOME/cubby/cubby.conf (~/.config), which has the last word. A line is `key = value`; a
 * value is a whole number or a word in double quotes; # begins a comment. The same keys may stand in a table
 * [cubby] of containers.conf (containers_conf.h), before those. Who reads them: the program once, for the commands
 * that make containers or speak to registries; the engine for itself where nobody has.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

struct json_object;

struct settings {
	char *userns; /* default of --userns; owned; NULL: the built-in one */
	uint32_t auto_min_size, auto_max_size; /* ids of a range that cubby chooses */
	bool has_auto_pool;
	uint32_t auto_pool_first, auto_pool_last; /* root's, both included */
	uint64_t layer_max_size;                  /* bytes; 0: the built-in limit */
	struct json_object *conf; /* containers.conf; owned; NULL: there is none */
};
#define SETTINGS_INIT                   \
	((struct settings){             \
		.auto_min_size = 1024,  \
		.auto_max_size = 65536, \
	})
void settings_release(struct settings *s);
#define cleanup_settings cleanup(settings_release)

/* The keys, for the manual. */
struct settings_key {
	const char *key, *example, *help; /* as conf_key's */
};
extern const struct settings_key settings_keys[]; /* ends with NULLs */

/* settings_parse() - one file's text on top of what *s holds. `what` names it in messages, which say the
 * line too. Unknown keys and values that make no sense are ERR_INVALID. Pure. */
int settings_parse(const char *text, const char *what, struct settings *s,
		   struct error *err) _must_check_;

/* settings_read() - all files; those that do not exist change nothing. One in a home directory that belongs to
 * somebody else than the caller or root is not read. modules: of --module (strv), may be NULL. */
int settings_read(char *const *modules, struct settings *ret,
		  struct error *err) _must_check_;

/* settings_copy() - into *ret, which holds nothing yet. */
void settings_copy(const struct settings *s, struct settings *ret);
