/* SPDX-License-Identifier: Apache-2.0 */
/* The host's accounts, and a container's map in words. Pure but for audit_accounts_read(). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "runtime/idmap.h"
#include "util/cleanup.h"

struct audit_account { /* strings owned */
	char *name, *home;
	uint32_t id;
};

struct audit_accounts {
	struct audit_account *users, *groups; /* owned; home is the users' */
	size_t n_users, n_groups;
	char *subuid; /* text of /etc/subuid, NULL: none */
};
void audit_accounts_release(struct audit_accounts *a);
#define cleanup_audit_accounts cleanup(audit_accounts_release)

/* audit_accounts_parse() - the texts of passwd(5), group(5) and subuid(5); NULL: no such file. Lines
 * of another form are left out. */
void audit_accounts_parse(const char *passwd, const char *group, const char *subuid,
			  struct audit_accounts *ret);

/* audit_accounts_read() - those of /etc; what can't be read is empty. */
void audit_accounts_read(struct audit_accounts *ret);

/* audit_accounts_user(), _group(): name of the first with this id, NULL: nobody's. */
const char *audit_accounts_user(const struct audit_accounts *a, uint32_t uid);
const char *audit_accounts_group(const struct audit_accounts *a, uint32_t gid);

/* audit_accounts_within() - names of the accounts whose uids the map has on the host, but for root and
 * `but`; at most max. Caller frees (strv). */
char **audit_accounts_within(const struct audit_accounts *a, const struct idmap *uids,
			     uint32_t but, size_t max);

/* audit_map_words() - a line of the map each: "0 is alice (you)", "1-65536 are 100000-165535,
 * subordinate ids of alice". Caller frees (strv). */
char **audit_map_words(const struct audit_accounts *a, const struct idmap *uids,
		       uint32_t caller);
