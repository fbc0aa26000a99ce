/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/user_lookup.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/fd.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

#define USER_FILE_MAX (8 << 20)
#define PASSWD_FIELDS 7
#define GROUP_FIELDS  4

void user_identity_release(struct user_identity *u)
{
	free(u->groups);
	free(u->home);
	free(u->name);
	*u = (struct user_identity){0};
}

/* The next line, split at colons; NULL at the end. A malformed line is the caller's to
 * skip. */
static char **next_entry(const char **text)
{
	cleanup_free char *line = NULL;
	size_t len;

	if (!*text || !**text)
		return NULL;
	len = strcspn(*text, "\n");
	line = xstrndup(*text, len);
	*text += len + ((*text)[len] == '\n');
	return str_split(line, ':');
}

struct passwd_entry {
	char *name, *home;
	uint32_t uid, gid;
};

static void passwd_entry_release(struct passwd_entry *p)
{
	free(p->name);
	free(p->home);
}

/* By name, or by number where name is NULL. */
static bool find_passwd(const char *text, const char *name, uint32_t uid,
			struct passwd_entry *ret)
{
	for (;;) {
		cleanup_strv char **fields = next_entry(&text);
		struct passwd_entry found = {0};

		if (!fields)
			return false;
		if (strv_len(fields) < PASSWD_FIELDS - 1 ||
		    str_to_u32(fields[2], &found.uid) < 0 ||
		    str_to_u32(fields[3], &found.gid) < 0)
			continue;
		if (name ? !str_eq(fields[0], name) : found.uid != uid)
			continue;
		found.name = xstrdup(fields[0]);
		found.home = xstrdup(fields[5]);
		*ret = found;
		return true;
	}
}

static bool find_group(const char *text, const char *name, uint32_t *ret)
{
	for (;;) {
		cleanup_strv char **fields = next_entry(&text);

		if (!fields)
			return false;
		if (strv_len(fields) >= 3 && str_eq(fields[0], name) &&
		    str_to_u32(fields[2], ret) >= 0)
			return true;
	}
}

static void add_group(struct user_identity *u, uint32_t gid)
{
	if (gid == u->gid)
		return;
	for (size_t i = 0; i < u->n_groups; i++)
		if (u->groups[i] == gid)
			return;
	u->groups = xreallocarray(u->groups, u->n_groups + 1, sizeof(*u->groups));
	u->groups[u->n_groups++] = gid;
}

static void add_groups_of(struct user_identity *u, const char *text)
{
	for (;;) {
		cleanup_strv char **fields = next_entry(&text), **users = NULL;
		uint32_t gid;

		if (!fields)
			return;
		if (strv_len(fields) < GROUP_FIELDS || str_to_u32(fields[2], &gid) < 0)
			continue;
		users = str_split(fields[3], ',');
		if (strv_has(users, u->name))
			add_group(u, gid);
	}
}

static int check_id(const char *what, const char *text, uint32_t id, struct error *err)
{
	if (id == UINT32_MAX)
		return error_set(err, ERR_INVALID, 0, "%s %s: the number is out of range",
				 what, text);
	return 0;
}

static int take_user(const struct user_files *files, const char *user,
		     struct user_identity *u, struct error *err)
{
	cleanup(passwd_entry_release) struct passwd_entry entry = {0};
	bool is_number = str_to_u32(user, &u->uid) >= 0;

	if (find_passwd(files->passwd, is_number ? NULL : user, u->uid, &entry)) {
		u->uid = entry.uid;
		u->gid = entry.gid;
		u->name = TAKE_PTR(entry.name);
		u->home = str_empty(entry.home) ? xstrdup("/") : TAKE_PTR(entry.home);
		return 0;
	}
	u->home = xstrdup(u->uid == 0 && is_number ? "/root" : "/");
	if (is_number)
		return check_id("user", user, u->uid, err);
	/* a root file system need not have the file to have a root */
	if (str_eq(user, "root")) {
		free(u->home);
		u->home = xstrdup("/root");
		u->name = xstrdup("root");
		return 0;
	}
	error_set(err, ERR_NOT_FOUND, 0,
		  "unable to find user %s: no matching entries in passwd file", user);
	return error_hint(
		err,
		"Give a number, for example -u 1000:1000, or add the user to the root "
		"file system's /etc/passwd");
}

static int group_number(const struct user_files *files, const char *group, uint32_t *ret,
			struct error *err)
{
	if (str_to_u32(group, ret) >= 0)
		return check_id("group", group, *ret, err);
	if (find_group(files->group, group, ret))
		return 0;
	error_set(err, ERR_NOT_FOUND, 0,
		  "unable to find group %s: no matching entries in group file", group);
	return error_hint(
		err,
		"Give a number, or add the group to the root file system's /etc/group");
}

static int lookup(const struct user_files *files, const char *user, const char *group,
		  char *const *group_add, struct user_identity *u, struct error *err)
{
	int r;

	r = take_user(files, str_empty(user) ? "0" : user, u, err);
	if (r < 0)
		return r;
	if (!str_empty(group)) {
		r = group_number(files, group, &u->gid, err);
		if (r < 0)
			return r;
	} else if (u->name) {
		add_groups_of(u, files->group);
	}
	strv_foreach (name, group_add) {
		uint32_t gid;

		r = group_number(files, *name, &gid, err);
		if (r < 0)
			return r;
		add_group(u, gid);
	}
	return 0;
}

int user_lookup_text(const struct user_files *files, const char *text,
		     char *const *group_add, struct user_identity *ret, struct error *err)
{
	cleanup_strv char **parts = str_split(text ? text : "", ':');
	cleanup_user_identity struct user_identity u = {0};
	int r;

	if (strv_len(parts) > 2)
		return error_set(err, ERR_INVALID, 0,
				 "user \"%s\": expected USER[:GROUP]", text);
	r = lookup(files, parts[0], parts[1], group_add, &u, err);
	if (r < 0)
		return r;
	*ret = u;
	u = (struct user_identity){0};
	return 0;
}

/* Missing is an answer (*ret NULL); a file that cannot be read is an error. */
static int read_in_root(int root_fd, const char *path, char **ret, struct error *err)
{
	cleanup_fd int fd = path_open_file(root_fd, path, err);
	cleanup_buf struct buf text = {0};
	int r;

	if (fd < 0 && (err->kind == ERR_NOT_FOUND || err->code == ENOTDIR)) {
		error_drop(err, "the root file system has no such file");
		return 0;
	}
	if (fd < 0)
		return error_wrap(err, "look up the user");
	buf_init(&text, USER_FILE_MAX);
	r = fd_read_all(fd, &text);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read %s of the root file system",
				 path);
	*ret = buf_take(&text);
	return 0;
}

int user_files_read(int root_fd, char **ret_passwd, char **ret_group, struct error *err)
{
	int r = read_in_root(root_fd, "/etc/passwd", ret_passwd, err);

	return r < 0 ? r : read_in_root(root_fd, "/etc/group", ret_group, err);
}

static void count_ids(const char *text, size_t n_fields, size_t last_field,
		      uint32_t below, uint32_t *highest)
{
	for (;;) {
		cleanup_strv char **fields = next_entry(&text);
		uint32_t id;

		if (!fields)
			return;
		if (strv_len(fields) != n_fields)
			continue;
		for (size_t i = 2; i <= last_field; i++)
			if (str_to_u32(fields[i], &id) >= 0 && id < below &&
			    id > *highest)
				*highest = id;
	}
}

uint32_t user_files_highest(const struct user_files *files, uint32_t below)
{
	uint32_t highest = 0;

	count_ids(files->passwd, PASSWD_FIELDS, 3, below, &highest);
	count_ids(files->group, GROUP_FIELDS, 2, below, &highest);
	return highest;
}

int user_lookup(int root_fd, const char *text, char *const *group_add,
		struct user_identity *ret, struct error *err)
{
	cleanup_free char *passwd = NULL, *group = NULL;
	int r = user_files_read(root_fd, &passwd, &group, err);

	if (r < 0)
		return r;
	return user_lookup_text(&(struct user_files){passwd, group}, text, group_add, ret,
				err);
}

char *user_lookup_name(const char *text, uint32_t id)
{
	for (;;) {
		cleanup_strv char **fields = next_entry(&text);
		uint32_t found;

		if (!fields)
			return NULL;
		if (strv_len(fields) >= 3 && !str_empty(fields[0]) &&
		    str_to_u32(fields[2], &found) >= 0 && found == id)
			return xstrdup(fields[0]);
	}
}

bool user_lookup_has(const char *text, const char *name, uint32_t id)
{
	for (;;) {
		cleanup_strv char **fields = next_entry(&text);
		uint32_t found;

		if (!fields)
			return false;
		if (strv_len(fields) >= 3 &&
		    (str_eq(fields[0], name) ||
		     (str_to_u32(fields[2], &found) >= 0 && found == id)))
			return true;
	}
}
