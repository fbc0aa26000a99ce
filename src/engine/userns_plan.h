/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which user namespace a container gets, from --userns, --uidmap, --gidmap, --subuidname, --subgidname, cubby.conf
 * and who asks. Decided in three steps:
 *
 *   create_plan_userns()   what is asked for; refuses what contradicts itself
 *   create_plan_ids()      the maps; of a range of its own, only how large it must be
 *   userns_reserve()       once the container's run directory is locked: ids are taken (id_alloc.h), and the range is
 *                          filled in
 *
 * Without any of the options an ordinary user's containers have the user's whole map, 0 is the user and 1.. its
 * subordinate ids; root's are as ROOT_DEFAULT in create_userns.c says.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/userns_option.h"
#include "runtime/idmap.h"
#include "util/cleanup.h"
#include "util/error.h"

struct userns_plan {
	/* HOST of root: no user namespace. HOST and PRIVATE of others: the whole map; PRIVATE with `is_explicit`:
	 * a map of --uidmap and the like. AUTO: a range of its own */
	enum userns_mode mode;
	bool is_explicit;
	struct userns_option option;
	char *words;        /* "auto:size=500", as asked for; NULL: nothing was */
	char *default_user; /* "1000:1000" if -u is not said; NULL: the image's */
	char *path;         /* of the namespace that is joined, NULL: none */
	uint64_t needed;    /* AUTO: ids that it can't do without */
	struct idmap fixed_uids,
		fixed_gids; /* AUTO: lines that are not of the range, to ids of the host */
	bool reserves;      /* userns_reserve() has something to do, with an open store */
};
void userns_plan_release(struct userns_plan *u); /* safe on a zeroed struct */
