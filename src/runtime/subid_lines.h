/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All lines of /etc/subuid and /etc/subgid beside the accounts of the host, as subid_check() looks at
 * them, and where there is room for another range. Pure. Source: subuid(5), passwd(5), group(5).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/subid.h"
#include "util/cleanup.h"

#define SUBID_KINDS 2 /* as enum subid_kind counts */
#define SUBID_RANGE_SIZE \
	65536 /* SUB_UID_COUNT of login.defs(5): 0..65535 with nobody, 65534 */

/* One line that is neither empty nor a comment. Strings are owned. */
struct subid_line {
	enum subid_kind kind;
	size_t number;         /* from 1 */
	char *text;            /* the whole line */
	char *owner;           /* its first field */
	char *user;            /* the account that it means; the owner if there is none */
	bool known, by_uid;    /* there is such an account; the owner is its uid */
	bool well_formed;      /* three fields, the latter two numbers */
	uint64_t start, after; /* after the last one; 0 both unless well_formed */
	bool usable;           /* well-formed, holds something, ends before 2^32-1 */
	bool dealt_with; /* for subid_check(): a remedy that replaces it was given */
};

struct subid_account {
	char *name;
	uint32_t id;
};

struct subid_block { /* ids that are somebody's */
	uint64_t start, after;
};

struct subid_lines {
	struct subid_line *items;
	size_t n;
	struct subid_account *accounts[SUBID_KINDS]; /* sorted by id */
	size_t n_accounts[SUBID_KINDS];
	struct subid_block *blocks; /* sorted by start; of both kinds */
	size_t n_blocks;
	uint64_t after_ranges; /* where no range is any more */
};

/* subid_lines_init() - subids: texts of the two files; accounts: /etc/passwd and /etc/group. NULL: there is none. */
void subid_lines_init(struct subid_lines *t, const char *const subids[SUBID_KINDS],
		      const char *const accounts[SUBID_KINDS]);
void subid_lines_release(struct subid_lines *t);
#define cleanup_subid_lines cleanup(subid_lines_release)

/* subid_lines_account() - by name; NULL if there is none. Users are of kind SUBID_UID. */
const struct subid_account *subid_lines_account(const struct subid_lines *t,
						enum subid_kind kind, const char *name);

/* subid_lines_account_from() - the first account whose id is at or after this. NULL: none. */
const struct subid_account *subid_lines_account_from(const struct subid_lines *t,
						     enum subid_kind kind, uint64_t id);

/*
 * subid_lines_take() - the start of `count` ids that are neither in a range nor an account's, as uids and as
 * gids: after all ranges, or in the first gap from 100000 on. They are taken then: the next call finds others.
 * Return: 0 if there is no room.
 */
uint64_t subid_lines_take(struct subid_lines *t, uint64_t count);

/* subid_lines_is_free() - whether no range and no account of this kind has any of these ids. */
bool subid_lines_is_free(const struct subid_lines *t, enum subid_kind kind,
			 uint64_t start, uint64_t after);
