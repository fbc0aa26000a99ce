/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cubby.conf: defaults that an administrator or a user sets. /etc/cubby/cubby.conf, then
 * $XDG_CONFIG_HOME/cubby/cubby.conf (~/.config), which has the last word. A line is `key = value`; a
 * value is a whole number or a word in double quotes; # begins a comment. (All of it is valid TOML; the
 * reader for the rest of TOML belongs to the transfer program, as every run pays for what it links.)
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

struct settings {
	char *userns; /* default of --userns; owned; NULL: the built-in one */
	uint32_t auto_min_size, auto_max_size; /* ids of a range that cubby chooses */
	bool has_auto_pool;
	uint32_t auto_pool_first, auto_pool_last; /* root's, both included */
	uint64_t layer_max_size;                  /* bytes; 0: the built-in limit */
};
#define SETTINGS_INIT                   \
	((struct settings){             \
		.auto_min_size = 1024,  \
		.auto_max_size = 65536, \
	})
void settings_release(struct settings *s);
#define cleanup_settings cleanup(settings_release)

/* settings_parse() - one file's text on top of what *s holds. `what` names it in messages, which say the
 * line too. Unknown keys and values that make no sense are ERR_INVALID. Pure. */
int settings_parse(const char *text, const char *what, struct settings *s,
		   struct error *err) _must_check_;

/* settings_read() - both files; those that do not exist change nothing. One in a home directory that
 * belongs to somebody else than the caller or root is not read. */
int settings_read(struct settings *ret, struct error *err) _must_check_;
