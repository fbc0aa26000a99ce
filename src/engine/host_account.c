/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/host_account.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/str.h"

#define ENTRY_MAX 65536

void host_account_release(struct host_account *a)
{
	free(a->name);
	free(a->comment);
	free(a->home);
	free(a->group);
	*a = (struct host_account){0};
}

static char *group_name(gid_t gid)
{
	cleanup_free char *strings = xmalloc(ENTRY_MAX);
	struct group entry, *found = NULL;

	if (getgrgid_r(gid, &entry, strings, ENTRY_MAX, &found) != 0 || !found)
		return NULL;
	return xstrdup(entry.gr_name);
}

/* The first field of GECOS is the name of a person, as podman has it. */
static void take(const struct passwd *entry, struct host_account *ret)
{
	*ret = (struct host_account){
		.name = xstrdup(entry->pw_name),
		.comment = xstrdup(entry->pw_gecos ? entry->pw_gecos : ""),
		.home = xstrdup(entry->pw_dir ? entry->pw_dir : "/"),
		.group = group_name(entry->pw_gid),
		.uid = entry->pw_uid,
		.gid = entry->pw_gid,
	};
	ret->comment[strcspn(ret->comment, ",")] = '\0';
}

bool host_account_of(uint32_t uid, struct host_account *ret)
{
	cleanup_free char *strings = xmalloc(ENTRY_MAX);
	struct passwd entry, *found = NULL;

	if (getpwuid_r(uid, &entry, strings, ENTRY_MAX, &found) != 0 || !found)
		return false;
	take(found, ret);
	return true;
}

int host_account_find(const char *text, struct host_account *ret, struct error *err)
{
	cleanup_free char *strings = xmalloc(ENTRY_MAX);
	struct passwd entry, *found = NULL;
	uint32_t uid;

	if (getpwnam_r(text, &entry, strings, ENTRY_MAX, &found) == 0 && found) {
		take(found, ret);
		return 0;
	}
	if (str_to_u32(text, &uid) >= 0 && host_account_of(uid, ret))
		return 0;
	return error_set(err, ERR_NOT_FOUND, 0, "--hostuser %s: unknown user %s", text,
			 text);
}
