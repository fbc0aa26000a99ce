/* SPDX-License-Identifier: Apache-2.0 */
/* User namespaces as a tree for people and as JSON. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "engine/id_words.h"
#include "runtime/userns_scan.h"

struct buf;
struct json_object;

struct userns_view {
	const struct userns_list *list;
	char **const *
		containers; /* for each namespace the names (strv) of the containers in it */
	const struct id_names *names; /* of the ids outside */
	size_t columns;               /* 0: lines are not broken */
	bool ascii;                   /* no line-drawing characters */
	bool all_processes;
	bool is_host; /* the caller's namespace is the host's */
};

void userns_view_text(const struct userns_view *v, struct buf *out);

/*
 * userns_view_json() - an array in the order of the tree. Caller owns. Members: ID, Parent (0: none), Depth, Own,
 * OwnerUID, Owner, Containers, MapKnown, UIDMap and GIDMap ("inside:outside:count" each), Processes.
 */
struct json_object *userns_view_json(const struct userns_view *v);

/* userns_view_is_utf8() - whether the terminal shows UTF-8, by LC_ALL, LC_CTYPE and LANG; locale(7). */
bool userns_view_is_utf8(const char *lc_all, const char *lc_ctype, const char *lang);
