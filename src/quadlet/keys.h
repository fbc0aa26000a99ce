/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of each kind of Quadlet file, and which option of cubby's each becomes. Source: podman-systemd.unit(5). */
#pragma once

#include "quadlet/quadlet.h"

enum key_form {
	KEY_ONE,     /* the last value */
	KEY_EACH,    /* each value */
	KEY_WORDS,   /* each word of each value */
	KEY_PAIRS,   /* the same, and each has to be NAME=VALUE */
	KEY_FLAG,    /* yes: --option, no: --option=false */
	KEY_YES,     /* yes: --option with its prefix as the value, no: nothing */
	KEY_OWN,     /* by its own code; option: what becomes of it, for people */
	KEY_REFUSED, /* option: why not, and what does it instead */
};

struct quadlet_key {
	const char *key;
	enum key_form form;
	const char *option; /* "--add-host" */
	const char *prefix; /* before the value; NULL for none */
};

/* quadlet_keys() - the table of a kind, sorted by key, ended by a NULL key. */
const struct quadlet_key *quadlet_keys(enum quadlet_kind kind);

/* keys_check() - no key of the section is unknown or refused. s may be NULL. */
int keys_check(const struct unit_section *s, enum quadlet_kind kind,
	       struct error *err) _must_check_;

/* keys_apply() - what the table says, as arguments added to *args (strv), in the table's order. KEY_OWN is left out. */
int keys_apply(const struct unit_section *s, enum quadlet_kind kind, char ***args,
	       struct error *err) _must_check_;
