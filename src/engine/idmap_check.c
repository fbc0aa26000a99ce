/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/idmap_check.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/subid_check.h"
#include "runtime/usermap.h"
#include "util/buf.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/str.h"

#define FILE_MAX  (16 << 20)
#define ENTRY_MAX 16384

struct host {
	char *subids[SUBID_KINDS], *accounts[SUBID_KINDS], *user, *usermod;
	struct json_object *findings;
};

static void host_release(struct host *h)
{
	for (int kind = 0; kind < SUBID_KINDS; kind++) {
		free(h->subids[kind]);
		free(h->accounts[kind]);
	}
	free(h->user);
	free(h->usermod);
	json_object_put(h->findings);
}

/* Missing is an answer: NULL. */
static int read_file(const char *path, char **ret, struct error *err)
{
	int r = fs_read(AT_FDCWD, path, FILE_MAX, ret, NULL, err);

	if (r != -ENOENT)
		return r;
	error_drop(err, "it gives nothing to anybody");
	return 0;
}

/* Users that are not of /etc/passwd (LDAP and the like) count as well: as lines of it. */
static void add_other_users(struct host *h)
{
	struct buf all;

	buf_init(&all, 2 * FILE_MAX);
	(void)!buf_printf(&all, "%s\n",
			  h->accounts[SUBID_UID] ? h->accounts[SUBID_UID] : "");
	for (const char *p = h->subids[SUBID_UID]; p && *p;) {
		size_t len = strcspn(p, ":\n");
		cleanup_free char *owner = xstrndup(p, len);
		cleanup_free char *known = xasprintf("\n%s:", owner);
		cleanup_free char *entry = xmalloc(ENTRY_MAX);
		struct passwd pw, *found = NULL;

		if (len && !strstr(all.data, known) && !str_starts(all.data, known + 1) &&
		    getpwnam_r(owner, &pw, entry, ENTRY_MAX, &found) == 0 && found)
			(void)!buf_printf(&all, "%s:x:%u:%u\n", owner, pw.pw_uid,
					  pw.pw_gid);
		p += strcspn(p, "\n");
		p += *p == '\n';
	}
	free(h->accounts[SUBID_UID]);
	h->accounts[SUBID_UID] = buf_take(&all);
}

static int read_host(struct host *h, bool everybody, struct error *err)
{
	int r = read_file(subid_file(SUBID_UID), &h->subids[SUBID_UID], err);

	if (r >= 0)
		r = read_file(subid_file(SUBID_GID), &h->subids[SUBID_GID], err);
	if (r >= 0)
		r = read_file("/etc/passwd", &h->accounts[SUBID_UID], err);
	if (r >= 0)
		r = read_file("/etc/group", &h->accounts[SUBID_GID], err);
	if (r < 0)
		return r;
	add_other_users(h);
	h->usermod = proc_find("usermod");
	if (everybody)
		return 0;
	h->user = subid_user_name(geteuid());
	if (h->user)
		return 0;
	error_set(err, ERR_NOT_FOUND, 0, "uid %u has no entry in the user database",
		  geteuid());
	return error_hint(err, "Look at everybody's: cubby idmap check --all");
}

/* /etc/nsswitch.conf may name another source: then the caller's ranges are what that says. */
static int ask_other_source(struct host *h, struct error *err)
{
	cleanup_error struct error unread = ERROR_INIT;
	cleanup_free char *text = NULL;

	if (!h->user ||
	    fs_read(AT_FDCWD, "/etc/nsswitch.conf", FILE_MAX, &text, NULL, &unread) < 0 ||
	    subid_source_is_files(text))
		return 0;
	for (int kind = 0; kind < SUBID_KINDS; kind++) {
		cleanup_free struct subid_range *ranges = NULL;
		struct buf lines;
		size_t n;
		int r = subid_read((enum subid_kind)kind, geteuid(), &ranges, &n, err);

		if (r < 0)
			return r;
		buf_init(&lines, FILE_MAX);
		for (size_t i = 0; i < n; i++)
			(void)!buf_printf(&lines, "%s:%u:%u\n", h->user, ranges[i].start,
					  ranges[i].count);
		free(h->subids[kind]);
		h->subids[kind] = buf_take(&lines);
	}
	return 0;
}

struct finding {
	bool is_error;
	const char *where, *file, *user, *problem, *remedy;
	size_t line;
};

static void add_finding(struct host *h, const struct finding *f)
{
	struct json_object *o = json_object_new_object();

	json_add_str(o, "Level", f->is_error ? "error" : "warning");
	json_add_str(o, "Where", f->where);
	json_add_str(o, "File", f->file ? f->file : "");
	json_add_u64(o, "Line", f->line);
	json_add_str(o, "User", f->user ? f->user : "");
	json_add_str(o, "Problem", f->problem);
	json_add_str(o, "Remedy", f->remedy ? f->remedy : "");
	json_object_array_add(h->findings, o);
}

/* Who can write the file can give himself anybody's ids. An owner that the map of this process does not
 * hold (65534) is not judged. */
static void check_permissions(struct host *h, int kind)
{
	const char *path = subid_file((enum subid_kind)kind);
	cleanup_free char *problem = NULL, *remedy = NULL;
	struct stat st;

	if (stat(path, &st) < 0)
		return;
	if (!(st.st_mode & S_IWOTH) && !((st.st_mode & S_IWGRP) && st.st_gid != 0) &&
	    (st.st_uid == 0 || st.st_uid == 65534))
		return;
	problem = xasprintf(
		"others than root can write it (owner %u, mode %04o): they can take anybody's ids",
		st.st_uid, st.st_mode & 07777);
	remedy = xasprintf("chown 0:0 %s; chmod 644 %s", path, path);
	add_finding(h, &(struct finding){.is_error = true,
					 .where = path,
					 .file = path,
					 .problem = problem,
					 .remedy = remedy});
}

static void check_helpers(struct host *h)
{
	cleanup_error struct error why = ERROR_INIT;
	cleanup_free char *problem = NULL;
	const char *remedy;

	if (usermap_check_helpers(&why) >= 0)
		return;
	problem = error_message(&why);
	remedy = why.hint && str_starts(why.hint, "as root: ")
			 ? why.hint + strlen("as root: ")
			 : why.hint;
	add_finding(h, &(struct finding){.is_error = true,
					 .where = "newuidmap, newgidmap",
					 .problem = problem,
					 .remedy = remedy});
}

static void add_found(struct host *h, const struct subid_report *report)
{
	for (size_t i = 0; i < report->n_findings; i++) {
		const struct subid_finding *f = &report->findings[i];
		const char *file = subid_file(f->kind);
		cleanup_free char *where =
			f->line ? xasprintf("%s, line %zu", file, f->line)
				: xasprintf("%s and %s", subid_file(SUBID_UID),
					    subid_file(SUBID_GID));

		add_finding(h, &(struct finding){.is_error = f->is_error,
						 .where = where,
						 .file = f->line ? file : NULL,
						 .line = f->line,
						 .user = f->user,
						 .problem = f->problem,
						 .remedy = f->remedy});
	}
}

static struct json_object *ranges_json(const struct subid_range *ranges, size_t n)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < n; i++) {
		struct json_object *o = json_object_new_object();

		json_add_u64(o, "Start", ranges[i].start);
		json_add_u64(o, "Count", ranges[i].count);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *users_json(const struct subid_report *report)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < report->n_users; i++) {
		const struct subid_user *u = &report->users[i];
		struct json_object *o = json_object_new_object();

		json_add_str(o, "Name", u->name);
		json_add(o, "UIDs",
			 ranges_json(u->ranges[SUBID_UID], u->n_ranges[SUBID_UID]));
		json_add(o, "GIDs",
			 ranges_json(u->ranges[SUBID_GID], u->n_ranges[SUBID_GID]));
		json_object_array_add(list, o);
	}
	return list;
}

int idmap_check_host(bool everybody, struct json_object **ret, struct error *err)
{
	cleanup(host_release) struct host h = {.findings = json_object_new_array()};
	cleanup_subid_report struct subid_report report = {0};
	struct subid_check_input in = {0};
	int r = read_host(&h, everybody, err);

	if (r >= 0)
		r = ask_other_source(&h, err);
	if (r < 0)
		return r;
	for (int kind = 0; kind < SUBID_KINDS; kind++) {
		in.subids[kind] = h.subids[kind];
		in.accounts[kind] = h.accounts[kind];
		check_permissions(&h, kind);
	}
	in.user = h.user;
	in.has_usermod = h.usermod;
	subid_check(&in, &report);
	add_found(&h, &report);
	if (report.n_users)
		check_helpers(&h);
	*ret = json_object_new_object();
	json_add(*ret, "Users", users_json(&report));
	json_add(*ret, "Findings", TAKE_PTR(h.findings));
	return 0;
}
