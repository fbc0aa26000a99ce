/* SPDX-License-Identifier: Apache-2.0 */
/* From what a container is to the verdict on it. */
#include "engine/audit_verdict.h"

#include <linux/capability.h>

#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

#define BIT(n)   (UINT64_C(1) << (n))
#define USUAL    (BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_SETUID) | BIT(CAP_SETGID))
#define CALLER   1001 /* "ann" */
#define STRANGER 2000000000U

/* A path as found, seen from the one who counts. */
struct seen {
	enum audit_path_kind kind;
	enum audit_power power;
	const char *source, *what;
	uint32_t mode, owner;
	bool readable, writable, remountable, nosuid, idmapped;
};

static const struct judge_case {
	const char *name;
	uint32_t caller;
	bool own_ns, pool;
	uint32_t first, count; /* the map: 0 is first ... */
	const char *account;   /* in the map, besides root and the caller */
	const char *root_name, *user_name;
	uint32_t user;
	bool no_new;
	uint64_t bounding, effective;
	bool host_network;
	struct seen path;
	enum audit_level level;
	const char *verdict, *note, *remedy; /* parts; NULL: any */
} cases[] = {
	{"rootless",
	 CALLER,
	 true,
	 false,
	 CALLER,
	 1,
	 NULL,
	 "ann",
	 "ann",
	 0,
	 false,
	 USUAL,
	 USUAL,
	 false,
	 {0},
	 AUDIT_USER,
	 "your rights: its root is you (ann) on the host, but nothing of yours is mounted into it",
	 NULL,
	 "--userns auto"},
	{"rootless, a directory of the user's",
	 CALLER,
	 true,
	 false,
	 CALLER,
	 1,
	 NULL,
	 "ann",
	 "ann",
	 0,
	 false,
	 USUAL,
	 USUAL,
	 false,
	 {AUDIT_VOLUME, POWER_NONE, "/home/ann/src", NULL, S_IFDIR | 0755, CALLER, true,
	  true, false, false, false},
	 AUDIT_USER,
	 "you (ann) on the host; it can write /home/ann/src",
	 NULL,
	 NULL},
	{"rootless, /tmp",
	 CALLER,
	 true,
	 false,
	 CALLER,
	 1,
	 NULL,
	 "ann",
	 "ann",
	 0,
	 false,
	 USUAL,
	 USUAL,
	 false,
	 {AUDIT_VOLUME, POWER_NONE, "/tmp", NULL, S_IFDIR | 01777, 0, true, true, false,
	  false, false},
	 AUDIT_USER,
	 "nothing of yours",
	 "it can write /tmp, as anybody can",
	 NULL},
	{"rootless, a read-only directory",
	 CALLER,
	 true,
	 false,
	 CALLER,
	 1,
	 NULL,
	 "ann",
	 "ann",
	 0,
	 false,
	 USUAL,
	 USUAL,
	 false,
	 {AUDIT_VOLUME, POWER_NONE, "/home/ann", NULL, S_IFDIR | 0755, CALLER, true,
	  false, false, false, false},
	 AUDIT_USER,
	 "nothing of yours",
	 NULL,
	 NULL},
	{"rootless, read-only with CAP_SYS_ADMIN",
	 CALLER,
	 true,
	 false,
	 CALLER,
	 1,
	 NULL,
	 "ann",
	 "ann",
	 0,
	 false,
	 USUAL | BIT(CAP_SYS_ADMIN),
	 USUAL | BIT(CAP_SYS_ADMIN),
	 false,
	 {AUDIT_VOLUME, POWER_NONE, "/home/ann", NULL, S_IFDIR | 0755, CALLER, true,
	  false, true, false, false},
	 AUDIT_USER,
	 "it can write /home/ann after making it writable",
	 "in its own user namespace only",
	 NULL},
	{"rootless, root's Docker by a group that is kept",
	 CALLER,
	 true,
	 false,
	 CALLER,
	 1,
	 NULL,
	 "ann",
	 "ann",
	 0,
	 false,
	 USUAL,
	 USUAL,
	 false,
	 {AUDIT_SOCKET, POWER_OWNER, "/run/docker.sock", "the Docker daemon",
	  S_IFSOCK | 0660, 0, true, true, false, false, false},
	 AUDIT_ROOT,
	 "DANGER: it can become root of the host: it can command the Docker daemon",
	 NULL,
	 "leave /run/docker.sock out of it"},
	{"rootless, root's Docker, out of reach",
	 CALLER,
	 true,
	 false,
	 CALLER,
	 1,
	 NULL,
	 "ann",
	 "ann",
	 0,
	 false,
	 USUAL,
	 USUAL,
	 false,
	 {AUDIT_SOCKET, POWER_OWNER, "/run/docker.sock", "the Docker daemon",
	  S_IFSOCK | 0660, 0, false, false, false, false, false},
	 AUDIT_USER,
	 "nothing of yours",
	 NULL,
	 NULL},
	{"rootless, the user's podman",
	 CALLER,
	 true,
	 false,
	 CALLER,
	 1,
	 NULL,
	 "ann",
	 "ann",
	 0,
	 false,
	 USUAL,
	 USUAL,
	 false,
	 {AUDIT_SOCKET, POWER_OWNER, "/run/user/1001/podman/podman.sock", "podman",
	  S_IFSOCK | 0660, CALLER, true, true, false, false, false},
	 AUDIT_USER,
	 "it can command podman (/run/user/1001/podman/podman.sock)",
	 NULL,
	 NULL},
	{"rootless, privileged",
	 CALLER,
	 true,
	 false,
	 CALLER,
	 1,
	 NULL,
	 "ann",
	 "ann",
	 0,
	 false,
	 UINT64_MAX,
	 UINT64_MAX,
	 false,
	 {0},
	 AUDIT_USER,
	 "your rights",
	 "own user namespace only",
	 NULL},
	{"a range of its own",
	 0,
	 true,
	 false,
	 STRANGER,
	 65536,
	 NULL,
	 NULL,
	 NULL,
	 0,
	 false,
	 USUAL,
	 USUAL,
	 false,
	 {0},
	 AUDIT_ISOLATED,
	 "isolated: its root is nobody on the host (uids 2000000000-2000065535)",
	 NULL,
	 NULL},
	{"a range from the pool",
	 CALLER,
	 true,
	 true,
	 0,
	 65536,
	 NULL,
	 NULL,
	 NULL,
	 0,
	 false,
	 USUAL,
	 USUAL,
	 false,
	 {0},
	 AUDIT_ISOLATED,
	 "from the pool",
	 NULL,
	 NULL},
	{"a range of its own, a directory for all",
	 0,
	 true,
	 false,
	 STRANGER,
	 65536,
	 NULL,
	 NULL,
	 NULL,
	 0,
	 false,
	 USUAL,
	 USUAL,
	 false,
	 {AUDIT_VOLUME, POWER_NONE, "/srv", NULL, S_IFDIR | 0777, 0, true, true, false,
	  false, false},
	 AUDIT_ISOLATED,
	 "isolated",
	 "it can write /srv, as anybody can",
	 NULL},
	{"a range of its own, a directory by an ACL",
	 0,
	 true,
	 false,
	 STRANGER,
	 65536,
	 NULL,
	 NULL,
	 NULL,
	 0,
	 false,
	 USUAL,
	 USUAL,
	 false,
	 {AUDIT_VOLUME, POWER_NONE, "/srv", NULL, S_IFDIR | 0770, 0, true, true, false,
	  false, false},
	 AUDIT_ISOLATED,
	 "isolated",
	 "as its ids were given the right to",
	 NULL},
	{"a range of its own, /etc for all",
	 0,
	 true,
	 false,
	 STRANGER,
	 65536,
	 NULL,
	 NULL,
	 NULL,
	 0,
	 false,
	 USUAL,
	 USUAL,
	 false,
	 {AUDIT_VOLUME, POWER_NONE, "/etc", NULL, S_IFDIR | 0777, 0, true, true, false,
	  false, false},
	 AUDIT_ROOT,
	 "DANGER: it can become root of the host: it can write /etc",
	 NULL,
	 ":ro"},
	{"a range of its own, idmapped",
	 0,
	 true,
	 false,
	 STRANGER,
	 65536,
	 NULL,
	 NULL,
	 NULL,
	 0,
	 false,
	 USUAL,
	 USUAL,
	 false,
	 {AUDIT_VOLUME, POWER_NONE, "/srv/data", NULL, S_IFDIR | 0755, 0, true, true,
	  false, false, true},
	 AUDIT_ROOT,
	 "it can write /srv/data",
	 NULL,
	 NULL},
	{"a range of its own, a secret",
	 0,
	 true,
	 false,
	 STRANGER,
	 65536,
	 NULL,
	 NULL,
	 NULL,
	 0,
	 false,
	 USUAL,
	 USUAL,
	 false,
	 {AUDIT_SECRET, POWER_OWNER, "/home/ann/.ssh/id_rsa", "a private SSH key",
	  S_IFREG | 0644, CALLER, true, false, false, false, false},
	 AUDIT_USER,
	 "it can read /home/ann/.ssh/id_rsa (a private SSH key)",
	 NULL,
	 NULL},
	{"a map with accounts in it",
	 0,
	 true,
	 false,
	 1000,
	 65536,
	 "ann",
	 "ann",
	 "ann",
	 0,
	 false,
	 USUAL,
	 USUAL,
	 false,
	 {0},
	 AUDIT_USER,
	 "rights of ann: its root is ann on the host",
	 NULL,
	 NULL},
	{"a map that begins with root",
	 0,
	 true,
	 false,
	 0,
	 65536,
	 NULL,
	 "root",
	 "root",
	 0,
	 false,
	 USUAL,
	 USUAL,
	 false,
	 {0},
	 AUDIT_ROOT,
	 "DANGER: its root is the host's root",
	 NULL,
	 "--userns auto"},
	{"no user namespace",
	 0,
	 false,
	 false,
	 0,
	 0,
	 "ann",
	 "root",
	 "root",
	 0,
	 false,
	 USUAL,
	 USUAL,
	 false,
	 {0},
	 AUDIT_ROOT,
	 "DANGER: its root is the host's root: no user namespace",
	 NULL,
	 "--userns auto"},
	{"no user namespace, /etc",
	 0,
	 false,
	 false,
	 0,
	 0,
	 "ann",
	 "root",
	 "root",
	 0,
	 false,
	 USUAL,
	 USUAL,
	 false,
	 {AUDIT_VOLUME, POWER_NONE, "/etc", NULL, S_IFDIR | 0755, 0, true, true, false,
	  false, false},
	 AUDIT_ROOT,
	 "no user namespace; it can write /etc",
	 NULL,
	 NULL},
	{"no user namespace, CAP_SYS_ADMIN",
	 0,
	 false,
	 false,
	 0,
	 0,
	 "ann",
	 "root",
	 "root",
	 0,
	 false,
	 USUAL | BIT(CAP_SYS_ADMIN),
	 USUAL | BIT(CAP_SYS_ADMIN),
	 false,
	 {0},
	 AUDIT_ROOT,
	 "it can mount the host's disks",
	 NULL,
	 NULL},
	{"no user namespace, CAP_NET_ADMIN in its own network",
	 0,
	 false,
	 false,
	 0,
	 0,
	 NULL,
	 "root",
	 "root",
	 0,
	 false,
	 USUAL | BIT(CAP_NET_ADMIN),
	 USUAL,
	 false,
	 {0},
	 AUDIT_ROOT,
	 "DANGER: its root is the host's root: no user namespace",
	 NULL,
	 NULL},
	{"no user namespace, CAP_NET_ADMIN in the host's",
	 0,
	 false,
	 false,
	 0,
	 0,
	 NULL,
	 "root",
	 "root",
	 0,
	 false,
	 USUAL | BIT(CAP_NET_ADMIN),
	 USUAL,
	 true,
	 {0},
	 AUDIT_ROOT,
	 "change the host's network",
	 "127.0.0.1",
	 NULL},
	{"no user namespace, an ordinary user",
	 0,
	 false,
	 false,
	 0,
	 0,
	 NULL,
	 "root",
	 NULL,
	 6667,
	 false,
	 USUAL,
	 0,
	 false,
	 {0},
	 AUDIT_ROOT,
	 "DANGER: its root is the host's root",
	 "a setuid program in it makes root of that",
	 NULL},
	{"no user namespace, an ordinary user for ever",
	 0,
	 false,
	 false,
	 0,
	 0,
	 NULL,
	 "root",
	 NULL,
	 6667,
	 true,
	 USUAL,
	 0,
	 false,
	 {0},
	 AUDIT_ISOLATED,
	 "isolated: it stays user 6667, nobody on the host (uid 6667)",
	 NULL,
	 NULL},
	{"no user namespace, for ever, but with CAP_SETUID",
	 0,
	 false,
	 false,
	 0,
	 0,
	 NULL,
	 "root",
	 NULL,
	 6667,
	 true,
	 USUAL,
	 BIT(CAP_SETUID),
	 false,
	 {0},
	 AUDIT_ROOT,
	 "the host's root",
	 NULL,
	 NULL},
	{"no user namespace, an account for ever",
	 0,
	 false,
	 false,
	 0,
	 0,
	 NULL,
	 "root",
	 "ann",
	 1001,
	 true,
	 USUAL,
	 0,
	 false,
	 {0},
	 AUDIT_USER,
	 "rights of ann: its user 1001 is ann",
	 NULL,
	 NULL},
	{"no user namespace, root without anything for ever",
	 0,
	 false,
	 false,
	 0,
	 0,
	 NULL,
	 "root",
	 "root",
	 0,
	 true,
	 0,
	 0,
	 false,
	 {0},
	 AUDIT_ROOT,
	 "its root is the host's root",
	 NULL,
	 NULL},
	{"no user namespace, a disk",
	 0,
	 false,
	 false,
	 0,
	 0,
	 NULL,
	 "root",
	 NULL,
	 6667,
	 true,
	 0,
	 0,
	 false,
	 {AUDIT_DEVICE, POWER_ROOT, "/dev/sda", "a disk", S_IFBLK | 0660, 0, true, false,
	  false, false, false},
	 AUDIT_ROOT,
	 "it can read a disk (/dev/sda)",
	 NULL,
	 "leave /dev/sda out"},
};

static void fill(const struct judge_case *c, struct audit_facts *f)
{
	struct audit_path *p;
	bool all_ids = !c->own_ns;

	*f = (struct audit_facts){
		.caller_uid = c->caller,
		.caller = xstrdup(c->caller ? "ann" : "root"),
		.own_user_ns = c->own_ns,
		.is_pool_range = c->pool,
		.no_new_privileges = c->no_new,
		.bounding = c->bounding,
		.effective = c->effective,
		.seccomp = xstrdup("default"),
	};
	strv_add(&f->masked_paths, "/proc/kcore");
	f->shares_ns[NS_NETWORK] = c->host_network;
	if (c->own_ns)
		idmap_add(&f->uids, 0, c->first, c->count);
	f->root =
		(struct audit_who){.is_mapped = true, .host_uid = all_ids ? 0 : c->first};
	f->user = (struct audit_who){.is_mapped = true,
				     .uid = c->user,
				     .host_uid = (all_ids ? 0 : c->first) + c->user};
	f->root.user = c->root_name ? xstrdup(c->root_name) : NULL;
	f->user.user = c->user_name ? xstrdup(c->user_name) : NULL;
	f->shares_root = all_ids || idmap_to_inside(&f->uids, 0) != IDMAP_NONE;
	f->shares_caller = all_ids || idmap_to_inside(&f->uids, c->caller) != IDMAP_NONE;
	if (c->account)
		strv_add(&f->accounts, c->account);
	if (!c->path.source)
		return;
	p = audit_paths_add(&f->paths);
	p->kind = c->path.kind;
	p->power = c->path.power;
	p->source = xstrdup(c->path.source);
	p->destination = xstrdup("/x");
	p->what = c->path.what ? xstrdup(c->path.what) : NULL;
	p->mode = c->path.mode;
	p->owner = c->path.owner;
	p->owner_known = p->tried = true;
	p->readable = c->path.readable;
	p->writable = c->path.writable;
	p->remountable = c->path.remountable;
	p->nosuid = c->path.nosuid;
	p->idmapped = c->path.idmapped;
}

START_TEST(test_cases)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct judge_case *c = &cases[i];
		cleanup_audit_facts struct audit_facts f = {0};
		cleanup_audit_verdict struct audit_verdict v = {0};
		cleanup_free char *notes = NULL;

		fill(c, &f);
		audit_judge(&f, &v);
		notes = strv_join(v.notes, "\n");
		ck_assert_msg(v.level == c->level, "%s: level %s: %s", c->name,
			      audit_level_word(v.level), v.text);
		ck_assert_msg(strstr(v.text, c->verdict), "%s: %s", c->name, v.text);
		ck_assert_msg(!c->note || (notes && strstr(notes, c->note)), "%s: %s",
			      c->name, notes);
		ck_assert_msg(!c->remedy || (v.remedy && strstr(v.remedy, c->remedy)),
			      "%s: %s", c->name, v.remedy);
		ck_assert_msg(!strchr(v.text, '\n'), "%s", c->name);
		ck_assert_msg((v.level == AUDIT_ISOLATED) == (v.n_reasons == 0), "%s",
			      c->name);
	}
}
END_TEST

/* A setuid program that is left behind works if the host's own mount lets it, whatever the
 * container's says. */
START_TEST(test_setuid)
{
	static const struct {
		struct seen path;
		bool works;
	} table[] = {
		{{AUDIT_VOLUME, .source = "/srv", .mode = S_IFDIR | 0755,
		  .writable = true},
		 true},
		{{AUDIT_VOLUME, .source = "/srv", .mode = S_IFDIR | 0755,
		  .remountable = true},
		 true},
		{{AUDIT_VOLUME, .source = "/srv", .mode = S_IFDIR | 0755}, false},
		{{AUDIT_VOLUME, .source = "/srv/file", .mode = S_IFREG | 0644,
		  .writable = true},
		 false},
		{{AUDIT_VOLUME, .source = "/tmp", .mode = S_IFDIR | 0755,
		  .writable = true, .nosuid = true},
		 false},
		{{AUDIT_SOCKET, .source = "/s", .mode = S_IFSOCK | 0777,
		  .writable = true},
		 false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct judge_case c = {.path = table[i].path, .bounding = USUAL};
		cleanup_audit_facts struct audit_facts f = {0};

		fill(&c, &f);
		ck_assert_msg(audit_path_setuid(&f, &f.paths.items[0]) == table[i].works,
			      "case %zu", i);
	}
}
END_TEST

/* What is gravest is said first, and not all of it in one line. */
START_TEST(test_many_reasons)
{
	struct judge_case c = {.root_name = "root",
			       .user_name = "root",
			       .bounding = UINT64_MAX,
			       .effective = UINT64_MAX};
	cleanup_audit_facts struct audit_facts f = {0};
	cleanup_audit_verdict struct audit_verdict v = {0};

	fill(&c, &f);
	for (int i = 0; i < 20; i++) {
		struct audit_path *p = audit_paths_add(&f.paths);

		p->kind = i % 2 ? AUDIT_DEVICE : AUDIT_VOLUME;
		p->power = POWER_ROOT;
		p->source = xasprintf("/dir%d", i);
		p->destination = xstrdup("/x");
		p->what = i % 2 ? xstrdup("a disk") : NULL;
		p->tried = p->readable = p->writable = true;
	}
	audit_judge(&f, &v);
	ck_assert_int_eq(v.level, AUDIT_ROOT);
	ck_assert_ptr_nonnull(strstr(v.text, "write /dir0, /dir2 and 8 more, "));
	ck_assert_ptr_nonnull(strstr(v.text, "use a disk (/dir1 and 9 more) and mount"));
	ck_assert_uint_lt(strlen(v.text), 250);
	for (size_t i = 1; i < v.n_reasons; i++)
		ck_assert_int_le(v.reasons[i].level, v.reasons[i - 1].level);
}
END_TEST

UNIT_MAIN("audit_judge", test_cases, test_setuid, test_many_reasons)
