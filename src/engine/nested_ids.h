/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ids for containers in a container (--nested): /etc/subuid and /etc/subgid as they must be inside, so
 * that its plain users have subordinate ids out of the container's own map. Its root needs none
 * (runtime/own_map.h). Pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "runtime/idmap.h"
#include "util/cleanup.h"

struct nested_user {
	char *name; /* NULL: only a number */
	uint32_t uid;
};

struct nested_users {
	struct nested_user *items; /* owned */
	size_t n;
};
void nested_users_release(struct nested_users *u);
#define cleanup_nested_users cleanup(nested_users_release)

/* nested_users_find() - who shall have ids: the container's user; if that is root, the users whom
 * somebody inside may become: those of passwd (NULL: none) with uids for people, login.defs(5). */
void nested_users_find(const char *passwd, uint32_t uid, struct nested_users *ret);

/*
 * nested_subids() - the new text of the file. `text` is what the image has (NULL: no file), `map` the
 * container's. A user whose lines there can be used as they are keeps them. Others lose theirs (useradd
 * writes such, with ids that only a host has), and get an equal share each of the upper ids:
 * from 10000 up where the container has many, else of the upper half; never nobody's. Caller frees;
 * NULL: the file is right as it is, or there is nothing to share.
 */
char *nested_subids(const char *text, const struct nested_users *users,
		    const struct idmap *map);
