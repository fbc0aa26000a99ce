/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key sequence that leaves a container running and goes back to the shell: words
 * separated by commas, each a single character or ctrl-X with X one of a-z @ ^ _ [ \ ].
 * Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "util/cleanup.h"
#include "util/error.h"

#define DETACH_KEYS_DEFAULT "ctrl-p,ctrl-q"
#define DETACH_KEYS_MAX     16

struct detach_keys {
	size_t len;     /* 0: there is no such sequence */
	size_t matched; /* of it, typed last and held back */
	unsigned char keys[DETACH_KEYS_MAX];
};

/* detach_keys_parse() - NULL: the default; "": none. ERR_INVALID with the word that is no
 * key. */
int detach_keys_parse(struct detach_keys *d, const char *text,
		      struct error *err) _must_check_;

/*
 * detach_keys_scan() - what of in is to be passed on goes to out, which has room for
 * len + DETACH_KEYS_MAX bytes; a part that may become the sequence is held back until it
 * is clear. Return: true when the sequence is complete; what follows it in `in` is
 * dropped.
 */
bool detach_keys_scan(struct detach_keys *d, const unsigned char *in, size_t len,
		      unsigned char *out, size_t *ret_len);

/* detach_keys_flush() - what is held back, when nothing follows: to out, room for
 * DETACH_KEYS_MAX. */
size_t detach_keys_flush(struct detach_keys *d, unsigned char *out);
