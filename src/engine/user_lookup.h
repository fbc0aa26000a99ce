/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who a container's process is: -u USER[:GROUP], by the container's own /etc/passwd and
 * /etc/group, read inside its root by our own parser. The host's users (NSS) never count.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

struct user_identity {
	uint32_t uid, gid;
	uint32_t *groups; /* owned; supplementary, without gid, sorted as found */
	size_t n_groups;
	char *home; /* owned; "/" if the user is not known */
	char *name; /* owned; NULL if the user is not known */
};
void user_identity_release(struct user_identity *u);
#define cleanup_user_identity cleanup(user_identity_release)

/*
 * user_lookup() - text: "", "root", "0", "name:group", "1000:1000", NULL = root. Numbers
 * need no entry; a name without one is ERR_NOT_FOUND. Supplementary groups are those that
 * list the user, and only if no group was given. group_add (strv, may be NULL) adds more
 * by name or number.
 */
int user_lookup(int root_fd, const char *text, char *const *group_add,
		struct user_identity *ret, struct error *err) _must_check_;

/* user_lookup_text() - the same from the two files' texts (NULL: no such file). Pure. */
struct user_files {
	const char *passwd, *group;
};
int user_lookup_text(const struct user_files *files, const char *text,
		     char *const *group_add, struct user_identity *ret,
		     struct error *err) _must_check_;

/* user_lookup_name() - of the first entry with this id in the text of a passwd or group file (NULL: no such file);
 * NULL if there is none. Caller frees. Pure. */
char *user_lookup_name(const char *text, uint32_t id);

/* user_lookup_has() - whether an entry of the text (NULL: none) has this name, or this id. Pure. */
bool user_lookup_has(const char *text, const char *name, uint32_t id);

/* user_files_read() - of a root; NULL for one that is not there. Caller frees both. */
int user_files_read(int root_fd, char **ret_passwd, char **ret_group,
		    struct error *err) _must_check_;

/* user_files_highest() - the highest id of a user or group in them that is lower than `below`; 0 if none is. Pure. */
uint32_t user_files_highest(const struct user_files *files, uint32_t below);
