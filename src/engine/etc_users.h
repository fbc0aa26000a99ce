/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines for the container's /etc/passwd and /etc/group: for people of the host, and for a user that is a number
 * only, so that programs find who they are. Podman's rules: a name or a number that is there already is
 * left alone. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "engine/host_account.h"
#include "engine/user_lookup.h"

struct etc_users {
	struct user_files files;          /* what the root file system has */
	const struct host_account *hosts; /* --hostuser */
	size_t n_hosts;
	const struct host_account *
		caller; /* --userns=keep-id: with the ids that it has inside; NULL: none */
	const char *
		user; /* -u, or the image's: "UID[:GROUP]"; others need no line; may be NULL */
	uint32_t gid;                           /* that user's */
	const char *passwd_entry, *group_entry; /* templates; NULL: the usual lines */
	const char *home;                       /* of those whose own home is not there */
	bool (*has_home)(const void *data, const char *home); /* is it? NULL: no */
	const void *data;
};

/* etc_users_lines() - lines to add, each with its newline; NULL where none is needed. Callers free. */
void etc_users_lines(const struct etc_users *u, char **ret_passwd, char **ret_group);

/* etc_users_text() - a file's text and the lines after it. Caller frees. */
char *etc_users_text(const char *text, const char *lines);
