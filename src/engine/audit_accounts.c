/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/audit_accounts.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>

#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define FILE_MAX_BYTES (16 << 20)
#define NAMES_IN_LINE  3

enum passwd_field {
	PASSWD_NAME,
	PASSWD_PASSWORD,
	PASSWD_ID,
	PASSWD_GID,
	PASSWD_GECOS,
	PASSWD_HOME
};

static void release(struct audit_account *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(list[i].name);
		free(list[i].home);
	}
	free(list);
}

void audit_accounts_release(struct audit_accounts *a)
{
	release(a->users, a->n_users);
	release(a->groups, a->n_groups);
	free(a->subuid);
	*a = (struct audit_accounts){0};
}

/* Name and number stand in the same places of both files. */
static size_t parse(const char *text, struct audit_account **ret)
{
	cleanup_strv char **lines = text ? str_split(text, '\n') : NULL;
	struct audit_account *list = xcalloc(strv_len(lines) + 1, sizeof(*list));
	size_t n = 0;

	strv_foreach (line, lines) {
		cleanup_strv char **fields = str_split(*line, ':');
		size_t n_fields = strv_len(fields);
		uint32_t id;

		if (n_fields <= PASSWD_ID || str_empty(fields[PASSWD_NAME]) ||
		    str_to_u32(fields[PASSWD_ID], &id) < 0 || id == IDMAP_NONE)
			continue;
		list[n].name = xstrdup(fields[PASSWD_NAME]);
		list[n].id = id;
		if (n_fields > PASSWD_HOME && fields[PASSWD_HOME][0] == '/')
			list[n].home = xstrdup(fields[PASSWD_HOME]);
		n++;
	}
	*ret = list;
	return n;
}

void audit_accounts_parse(const char *passwd, const char *group, const char *subuid,
			  struct audit_accounts *ret)
{
	*ret = (struct audit_accounts){0};
	ret->n_users = parse(passwd, &ret->users);
	ret->n_groups = parse(group, &ret->groups);
	ret->subuid = subuid ? xstrdup(subuid) : NULL;
}

static char *read_file(const char *path)
{
	cleanup_error struct error err = ERROR_INIT;
	char *text = NULL;

	if (fs_read(AT_FDCWD, path, FILE_MAX_BYTES, &text, NULL, &err) < 0)
		error_drop(&err, "then nobody is known by it");
	return text;
}

void audit_accounts_read(struct audit_accounts *ret)
{
	cleanup_free char *passwd = read_file("/etc/passwd"),
			  *group = read_file("/etc/group"),
			  *subuid = read_file("/etc/subuid");

	audit_accounts_parse(passwd, group, subuid, ret);
}

static const char *find(const struct audit_account *list, size_t n, uint32_t id)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].id == id)
			return list[i].name;
	return NULL;
}

const char *audit_accounts_user(const struct audit_accounts *a, uint32_t uid)
{
	return find(a->users, a->n_users, uid);
}

const char *audit_accounts_group(const struct audit_accounts *a, uint32_t gid)
{
	return find(a->groups, a->n_groups, gid);
}

char **audit_accounts_within(const struct audit_accounts *a, const struct idmap *uids,
			     uint32_t but, size_t max)
{
	char **names = NULL;
	size_t n = 0;

	for (size_t i = 0; i < a->n_users && n < max; i++) {
		uint32_t id = a->users[i].id;

		if (id == 0 || id == but || idmap_to_inside(uids, id) == IDMAP_NONE)
			continue;
		strv_add(&names, a->users[i].name);
		n++;
	}
	return names;
}

/* Whose subordinate ids first..last are, as the file writes it; caller frees. */
static char *subordinate_of(const struct audit_accounts *a, uint64_t first, uint64_t last)
{
	cleanup_strv char **lines = a->subuid ? str_split(a->subuid, '\n') : NULL;

	strv_foreach (line, lines) {
		cleanup_strv char **fields = str_split(*line, ':');
		uint32_t start, count;

		if (strv_len(fields) == 3 && str_to_u32(fields[1], &start) >= 0 &&
		    str_to_u32(fields[2], &count) >= 0 && first >= start &&
		    last < (uint64_t)start + count)
			return xstrdup(fields[0]);
	}
	return NULL;
}

static char *line_words(const struct audit_accounts *a, const struct idmap_line *l,
			uint32_t caller)
{
	const char *name = audit_accounts_user(a, l->outside);
	cleanup_free char *owner = subordinate_of(a, l->outside, l->outside);

	if (l->outside == caller)
		return xasprintf("%" PRIu32 " is %s (you)", l->inside,
				 name ? name : "you");
	if (name)
		return xasprintf("%" PRIu32 " is %s (uid %" PRIu32 ")", l->inside, name,
				 l->outside);
	if (owner)
		return xasprintf("%" PRIu32 " is %" PRIu32 ", a subordinate id of %s",
				 l->inside, l->outside, owner);
	return xasprintf("%" PRIu32 " is %" PRIu32 ", nobody", l->inside, l->outside);
}

/* "root, you, bob and others": who of the host is among the ids of a line; NULL: nobody. */
static char *range_names(const struct audit_accounts *a, const struct idmap_line *l,
			 uint32_t caller)
{
	const struct idmap one = {.lines = (struct idmap_line *)l, .n_lines = 1};
	cleanup_strv char **accounts =
		audit_accounts_within(a, &one, caller, NAMES_IN_LINE + 1);
	cleanup_strv char **names = NULL;
	size_t n = 0;

	if (l->outside == 0)
		strv_add(&names, "root");
	if (caller != 0 && idmap_to_inside(&one, caller) != IDMAP_NONE)
		strv_add(&names, "you");
	strv_foreach (name, accounts)
		strv_add(&names, n++ < NAMES_IN_LINE ? *name : "others");
	return names ? strv_join(names, ", ") : NULL;
}

static char *range_words(const struct audit_accounts *a, const struct idmap_line *l,
			 uint32_t caller)
{
	uint64_t last_in = (uint64_t)l->inside + l->count - 1;
	uint64_t last_out = (uint64_t)l->outside + l->count - 1;
	cleanup_free char *names = range_names(a, l, caller);
	cleanup_free char *owner = subordinate_of(a, l->outside, last_out);
	cleanup_free char *head =
		xasprintf("%" PRIu32 "-%" PRIu64 " are %" PRIu32 "-%" PRIu64, l->inside,
			  last_in, l->outside, last_out);

	if (names)
		return xasprintf("%s, among them %s", head, names);
	if (owner)
		return xasprintf("%s, subordinate ids of %s", head, owner);
	return xasprintf("%s, nobody's", head);
}

char **audit_map_words(const struct audit_accounts *a, const struct idmap *uids,
		       uint32_t caller)
{
	char **words = NULL;

	for (size_t i = 0; i < uids->n_lines; i++) {
		const struct idmap_line *l = &uids->lines[i];

		strv_add_take(&words, l->count == 1 ? line_words(a, l, caller)
						    : range_words(a, l, caller));
	}
	return words;
}
