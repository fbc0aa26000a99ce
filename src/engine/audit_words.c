/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/audit_words.h"

#include <inttypes.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "util/mem.h"
#include "util/str.h"

#define BIT(n)      (UINT64_C(1) << (n))
#define PATHS_SHOWN 2 /* in one clause of the verdict */
#define CANS_SHOWN  3

static bool judges_root(const struct audit_facts *f)
{
	return audit_judged(f)->uid == 0;
}

/* "its root", or who else runs in it. */
static char *subject(const struct audit_facts *f)
{
	return judges_root(f) ? xstrdup("its root")
			      : xasprintf("its user %" PRIu32, audit_judged(f)->uid);
}

/* The verdict says "you" only of an ordinary user: root is named as such. */
static bool is_caller(const struct audit_facts *f, uint32_t host_uid)
{
	return f->caller_uid != 0 && host_uid == f->caller_uid;
}

char *audit_words_ids(const struct audit_facts *f)
{
	const struct audit_who *who = audit_judged(f);
	cleanup_free char *it = subject(f);
	cleanup_free char *names = NULL;

	if (!f->own_user_ns && who->host_uid == 0)
		return xasprintf("%s is the host's root: no user namespace", it);
	if (who->is_mapped && who->host_uid == 0)
		return xasprintf("%s is the host's root", it);
	if (audit_reaches_all(f) && f->shares_root)
		return xasprintf("one of its ids is the host's root");
	if (who->is_mapped && is_caller(f, who->host_uid))
		return xasprintf("%s is you (%s) on the host", it, f->caller);
	if (who->is_mapped && who->user)
		return xasprintf("%s is %s on the host", it, who->user);
	if (f->shares_caller)
		return xasprintf("one of its ids is you (%s) on the host", f->caller);
	names = strv_join(f->accounts, ", ");
	return xasprintf("among its ids are accounts of the host: %s", names);
}

/* "write /etc", "command the Docker daemon": what follows "it can". */
static char *path_can(const struct audit_path *p)
{
	switch (p->kind) {
	case AUDIT_VOLUME:
	case AUDIT_ROOTFS:
		if (!p->writable && p->remountable)
			return xasprintf("write %s after making it writable", p->source);
		return xasprintf("write %s", p->source);
	case AUDIT_SOCKET:
		return xasprintf("command %s (%s)", p->what ? p->what : "a service",
				 p->source);
	case AUDIT_DEVICE:
		return xasprintf("%s %s (%s)",
				 !p->writable   ? "read"
				 : !p->readable ? "write"
						: "read and write",
				 p->what ? p->what : "a device", p->source);
	case AUDIT_SECRET:
		break;
	}
	return xasprintf("read %s (%s)", p->source, p->what ? p->what : "secret");
}

char *audit_words_path(const struct audit_path *p)
{
	cleanup_free char *can = path_can(p);

	return xasprintf("it can %s", can);
}

static bool is_write(const struct audit_path *p)
{
	return p->kind == AUDIT_VOLUME && p->writable;
}

/* "write A, B and 3 more" */
static void add_writes(const struct audit_facts *f, enum audit_level level, char ***cans)
{
	cleanup_strv char **shown = NULL;
	cleanup_free char *list = NULL;
	size_t n = 0;

	for (size_t i = 0; i < f->paths.n; i++) {
		const struct audit_path *p = &f->paths.items[i];

		if (!is_write(p) || audit_path_level(f, p) != level)
			continue;
		if (n++ < PATHS_SHOWN)
			strv_add(&shown, p->source);
	}
	if (n == 0)
		return;
	list = strv_join(shown, ", ");
	if (n > PATHS_SHOWN)
		strv_addf(cans, "write %s and %zu more", list, n - PATHS_SHOWN);
	else
		strv_addf(cans, "write %s", list);
}

/* The disks of a host are many: one clause for all devices that are good for the same. */
static void add_devices(const struct audit_facts *f, enum audit_level level, char ***cans)
{
	cleanup_strv char **said = NULL;

	for (size_t i = 0; i < f->paths.n; i++) {
		const struct audit_path *p = &f->paths.items[i];
		const char *what = p->what ? p->what : "";
		size_t more = 0;

		if (p->kind != AUDIT_DEVICE || audit_path_level(f, p) != level ||
		    strv_has(said, what))
			continue;
		strv_add(&said, what);
		for (size_t k = i + 1; k < f->paths.n; k++)
			more += f->paths.items[k].kind == AUDIT_DEVICE &&
				audit_path_level(f, &f->paths.items[k]) == level &&
				str_eq(f->paths.items[k].what, p->what);
		if (more)
			strv_addf(cans, "use %s (%s and %zu more)", what, p->source,
				  more);
		else
			strv_add_take(cans, path_can(p));
	}
}

/* Where the rest does not say it already. */
static void add_setuid(const struct audit_facts *f, char ***cans)
{
	for (size_t i = 0; i < f->paths.n; i++)
		if (f->paths.items[i].kind == AUDIT_ROOTFS &&
		    audit_path_setuid(f, &f->paths.items[i]))
			strv_addf(
				cans,
				"leave setuid-root programs in %s for anybody on the host",
				f->paths.items[i].source);
}

static void add_others(const struct audit_facts *f, enum audit_level level,
		       enum audit_path_kind kind, char ***cans)
{
	for (size_t i = 0; i < f->paths.n; i++) {
		const struct audit_path *p = &f->paths.items[i];

		if (p->kind == kind && !is_write(p) && audit_path_level(f, p) == level)
			strv_add_take(cans, path_can(p));
	}
}

static void add_capabilities(const struct audit_facts *f, char ***cans)
{
	uint64_t held = audit_host_capabilities(f);

	for (int n = 0; n < 64; n++)
		if (held & BIT(n) && n == CAP_SYS_ADMIN)
			strv_add(cans, audit_capability_power(n));
	for (int n = 0; n < 64; n++)
		if (held & BIT(n) && n != CAP_SYS_ADMIN)
			strv_add(cans, audit_capability_power(n));
}

/* "a, b and c", at most CANS_SHOWN; NULL if there is nothing. */
static char *and_list(char *const *cans)
{
	cleanup_strv char **head = NULL;
	cleanup_free char *joined = NULL;
	size_t n = strv_len(cans);

	if (!cans || n == 0)
		return NULL;
	if (n > CANS_SHOWN)
		n = CANS_SHOWN;
	for (size_t i = 0; i + 1 < n; i++)
		strv_add(&head, cans[i]);
	if (!head)
		return xstrdup(cans[0]);
	joined = strv_join(head, ", ");
	return xasprintf("%s and %s", joined, cans[n - 1]);
}

static char *can_list(const struct audit_facts *f, enum audit_level level)
{
	cleanup_strv char **cans = NULL;

	add_others(f, level, AUDIT_SOCKET, &cans);
	add_writes(f, level, &cans);
	add_devices(f, level, &cans);
	add_others(f, level, AUDIT_VOLUME, &cans);
	if (level == AUDIT_ROOT) {
		add_capabilities(f, &cans);
		add_setuid(f, &cans);
	}
	add_others(f, level, AUDIT_SECRET, &cans);
	return and_list(cans);
}

static char *root_verdict(const struct audit_facts *f)
{
	cleanup_free char *can = can_list(f, AUDIT_ROOT);
	bool by_ids = audit_id_level(f) == AUDIT_ROOT;
	cleanup_free char *who = by_ids ? audit_words_ids(f) : NULL;

	if (!who)
		return xasprintf("DANGER: it can become root of the host: it can %s",
				 can);
	if (!can)
		return xasprintf("DANGER: %s", who);
	return xasprintf("DANGER: %s; it can %s", who, can);
}

/* Whose rights it has. */
static char *whose(const struct audit_facts *f)
{
	const struct audit_who *who = audit_judged(f);

	if (f->caller_uid != 0)
		return xstrdup("your rights");
	if (who->is_mapped && who->user)
		return xasprintf("rights of %s", who->user);
	return xstrdup("rights of an account");
}

static bool has_volume(const struct audit_facts *f)
{
	for (size_t i = 0; i < f->paths.n; i++)
		if (f->paths.items[i].kind == AUDIT_VOLUME)
			return true;
	return false;
}

static char *user_verdict(const struct audit_facts *f)
{
	cleanup_free char *can = can_list(f, AUDIT_USER), *rights = whose(f);
	cleanup_free char *it = NULL;

	if (audit_id_level(f) == AUDIT_ISOLATED)
		return xasprintf("%s: it can %s", rights, can ? can : "use them");
	it = audit_words_ids(f);
	if (can)
		return xasprintf("%s: %s; it can %s", rights, it, can);
	return xasprintf(
		has_volume(f) ? "%s: %s, but nothing of %s was found that it could write"
			      : "%s: %s, but nothing of %s is mounted into it",
		rights, it, f->caller_uid != 0 ? "yours" : "theirs");
}

static char *isolated_verdict(const struct audit_facts *f)
{
	const struct audit_who *who = audit_judged(f);
	uint64_t size = idmap_size(&f->uids);

	if (who->is_mapped && audit_is_from_pool(f, who->host_uid))
		return xstrdup(
			"isolated: its root is nobody on the host (a range of its own "
			"from the pool)");
	if (!audit_reaches_all(f))
		return xasprintf("isolated: it stays user %" PRIu32
				 ", nobody on the host "
				 "(uid %" PRIu32 ")",
				 who->uid, who->host_uid);
	if (f->uids.n_lines == 1 && size > 1)
		return xasprintf("isolated: %s is nobody on the host (uids %" PRIu32
				 "-%" PRIu64 ")",
				 judges_root(f) ? "its root" : "its user",
				 f->uids.lines[0].outside,
				 f->uids.lines[0].outside + size - 1);
	return xasprintf("isolated: %s is nobody on the host (uid %" PRIu32 ")",
			 judges_root(f) ? "its root" : "its user", who->host_uid);
}

char *audit_words_verdict(const struct audit_facts *f, enum audit_level level)
{
	switch (level) {
	case AUDIT_ISOLATED:
		return isolated_verdict(f);
	case AUDIT_USER:
		return user_verdict(f);
	case AUDIT_ROOT:
		break;
	}
	return root_verdict(f);
}
