/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Subordinate ids: which ranges the host's administrator gave to a user. Read from
 * /etc/subuid and /etc/subgid (lines by name and by uid both count, in file order), or
 * through libsubid, loaded at run time, where /etc/nsswitch.conf names another source for
 * `subid`. Source: subuid(5), subgid(5).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtime/idmap.h"
#include "util/cleanup.h"
#include "util/error.h"

enum subid_kind { SUBID_UID, SUBID_GID };

struct subid_range {
	uint32_t start, count;
};

/*
 * subid_read() - the ranges of user `uid` (its name is looked up when needed). Malformed
 * lines are skipped (logged at debug). No range is success with *ret_n 0. *ret is freed
 * by the caller.
 */
int subid_read(enum subid_kind kind, uid_t uid, struct subid_range **ret, size_t *ret_n,
	       struct error *err) _must_check_;

/* subid_read_name() - the same of a name, which need not be a user's. */
int subid_read_name(enum subid_kind kind, const char *name, struct subid_range **ret,
		    size_t *ret_n, struct error *err) _must_check_;

/* subid_parse() - the same from one file's text (pure; name may be NULL). */
void subid_parse(const char *text, const char *name, uid_t uid, struct subid_range **ret,
		 size_t *ret_n);

/* subid_source_is_files() - whether this text of nsswitch.conf leaves subid to the files
 * (pure). */
bool subid_source_is_files(const char *nsswitch);

/*
 * subid_free_start() - where 65536 ids are nobody's, from 100000 up, after all that this
 * text of /etc/subuid gives away; 0 if no room is left (pure).
 */
uint64_t subid_free_start(const char *text);

/*
 * subid_map_from_ranges() - 0 is `own`, 1.. are the ranges in order, without ids that
 * come twice, and at most what a map can hold (pure).
 */
void subid_map_from_ranges(uint32_t own, const struct subid_range *ranges, size_t n,
			   struct idmap *ret);

/*
 * subid_rootless_map() - the map that a plain user's containers get by default: 0 is the
 * user, 1.. are its subordinate ids in order; for root of a user namespace it is what that
 * one has (runtime/own_map.h). No range is ERR_NOT_FOUND with the usermod
 * line to run, and the way to do without (one single id).
 */
int subid_rootless_map(enum subid_kind kind, uid_t uid, gid_t gid, struct idmap *ret,
		       struct error *err) _must_check_;

/* subid_user_name() - from the user database; NULL if uid has no entry. Caller frees. */
char *subid_user_name(uid_t uid);

/*
 * subid_hint_more() - to the hint of *err, of a map that asks for ids that the user does
 * not have, add how to get more of them. Return: -code.
 */
int subid_hint_more(enum subid_kind kind, uid_t uid, struct error *err);

/* subid_more_line() - "usermod --add-subuids ... --add-subgids ... NAME" with ranges that are nobody's. NULL: there are
 * none, or the user has no name. Caller frees. */
char *subid_more_line(uid_t uid);
