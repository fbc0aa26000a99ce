/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/etc_users.h"

#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/str.h"

#define LINES_MAX (1 << 20)

struct lines {
	const struct etc_users *u;
	struct buf passwd, group;
};

static bool has_entry(const char *text, const char *added, const char *name, uint32_t id)
{
	return user_lookup_has(text, name, id) || user_lookup_has(added, name, id);
}

struct variable {
	const char *name, *value;
};

/* Longer names first where one begins with another. */
static void add_template(struct buf *b, const char *template, const struct variable *v)
{
	while (*template) {
		const struct variable *found = v;

		while (found->name && !str_starts(template, found->name))
			found++;
		if (found->name) {
			(void)!buf_add_str(b, found->value);
			template += strlen(found->name);
		} else {
			(void)!buf_add(b, template ++, 1);
		}
	}
	(void)!buf_add_str(b, "\n");
}

/* A field of a line can't hold what ends it. */
static char *field(const char *text)
{
	char *copy = xstrdup(text);

	for (char *p = copy; *p; p++)
		if (*p == ':' || *p == '\n' || *p == '\r')
			*p = ' ';
	return copy;
}

struct person {
	const char *name, *comment, *home;
	uint32_t uid, gid;
};

static void add_passwd(struct lines *l, const struct person *p)
{
	cleanup_free char *name = field(p->name), *comment = field(p->comment),
			  *home = field(p->home), *uid = xasprintf("%u", p->uid),
			  *gid = xasprintf("%u", p->gid);
	const struct variable variables[] = {
		{"$USERNAME", name}, {"$UID", uid},   {"$GID", gid},
		{"$NAME", comment},  {"$HOME", home}, {NULL, NULL},
	};

	if (l->u->passwd_entry)
		add_template(&l->passwd, l->u->passwd_entry, variables);
	else
		(void)!buf_printf(&l->passwd, "%s:*:%s:%s:%s:%s:/bin/sh\n", name, uid,
				  gid, comment, home);
}

static void add_account(struct lines *l, const struct host_account *a)
{
	const struct etc_users *u = l->u;
	bool at_home = u->has_home && u->has_home(u->data, a->home);

	if (!has_entry(u->files.passwd, l->passwd.data, a->name, a->uid))
		add_passwd(l,
			   &(struct person){a->name, a->comment,
					    at_home ? a->home : u->home, a->uid, a->gid});
}

static void add_group(struct lines *l, const char *name, uint32_t gid, const char *user)
{
	cleanup_free char *id = xasprintf("%u", gid), *group = field(name),
			  *list = field(user);
	const struct variable variables[] = {
		{"$GROUPNAME", group},
		{"$GID", id},
		{"$USERLIST", list},
		{NULL, NULL},
	};

	if (has_entry(l->u->files.group, l->group.data, name, gid))
		return;
	if (l->u->group_entry)
		add_template(&l->group, l->u->group_entry, variables);
	else
		(void)!buf_printf(&l->group, "%s:x:%s:%s\n", group, id, list);
}

/* -u UID, -u UID:GID */
static void add_user(struct lines *l)
{
	const struct etc_users *u = l->u;
	cleanup_strv char **parts = str_split(u->user ? u->user : "", ':');
	uint32_t uid, gid;

	if (str_to_u32(parts[0], &uid) < 0)
		return;
	if (!has_entry(u->files.passwd, l->passwd.data, parts[0], uid))
		add_passwd(l, &(struct person){parts[0], "container user", u->home, uid,
					       u->gid});
	if (parts[1] && str_to_u32(parts[1], &gid) >= 0)
		add_group(l, parts[1], gid, parts[0]);
}

void etc_users_lines(const struct etc_users *u, char **ret_passwd, char **ret_group)
{
	struct lines l = {.u = u};

	buf_init(&l.passwd, LINES_MAX);
	buf_init(&l.group, LINES_MAX);
	for (size_t i = 0; i < u->n_hosts; i++) {
		add_account(&l, &u->hosts[i]);
		if (u->hosts[i].group)
			add_group(&l, u->hosts[i].group, u->hosts[i].gid,
				  u->hosts[i].name);
	}
	if (u->caller) {
		add_account(&l, u->caller);
		if (u->caller->group)
			add_group(&l, u->caller->group, u->caller->gid, u->caller->name);
	}
	add_user(&l);
	*ret_passwd = l.passwd.len ? buf_take(&l.passwd) : NULL;
	*ret_group = l.group.len ? buf_take(&l.group) : NULL;
	buf_release(&l.passwd);
	buf_release(&l.group);
}

char *etc_users_text(const char *text, const char *lines)
{
	size_t len = strlen(text);

	return xasprintf("%s%s%s", text, len && text[len - 1] != '\n' ? "\n" : "", lines);
}
