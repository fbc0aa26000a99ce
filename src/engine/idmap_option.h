/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --uidmap and --gidmap, as podman has them:
 *
 *   [FLAGS]CONTAINER:FROM[:COUNT]     several in a row, "0:1:10:10:100:5", are as good as several options
 *
 * FROM is an id of the user's whole map (0: the user, 1 and up: the subordinate ids), for root one of the
 * host; @FROM is one of the host for everybody. COUNT is 1 if it is not said; lines of no ids do nothing.
 * Flags: u and g, the line counts for users, or groups, only (without them, and where both options are
 * given, for what the option is for); +, ids that earlier lines gave away on either side move to this one.
 * A map that an ordinary user begins with + is the whole map otherwise: from 0 up, what is left.
 * Source: podman-run(1). Pure.
 */
#pragma once

#include <stdbool.h>

#include "runtime/idmap.h"
#include "util/cleanup.h"
#include "util/error.h"

struct idmap_option {
	const char *name;   /* "--uidmap", for messages */
	char *const *lines; /* strv */
	bool for_groups;    /* the map that is wanted */
	bool ignore_flags;  /* of u and g: both options were given */
	const struct idmap
		*whole; /* the whole map of an ordinary user; NULL: ids of the host */
};

/*
 * idmap_option_build() - FROM ids are the outside ids of the map; sorted, checked. Empty if no line is for this
 * kind. ERR_INVALID, and ERR_DENIED for an @ id that the user does not have.
 */
int idmap_option_build(const struct idmap_option *o, struct idmap *ret,
		       struct error *err) _must_check_;

/* idmap_option_needs_whole() - some line can't be understood without the whole map. */
bool idmap_option_needs_whole(char *const *lines);
