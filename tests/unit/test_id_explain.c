/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>

#include "engine/id_explain.h"
#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

static char *host_name(enum subid_kind kind, uint32_t id, _unused_ void *data)
{
	if (id == 1001)
		return xstrdup(kind == SUBID_UID ? "alice" : "users");
	return id == 0 ? xstrdup("root") : NULL;
}

static const struct id_names host = {.name = host_name};

/* alice's container: everything she has; app runs in it. */
static void make(struct container_ids *ids)
{
	*ids = CONTAINER_IDS_INIT;
	ids->name = xstrdup("web");
	ids->is_running = ids->has_userns = true;
	ids->caller_uid = 1001;
	struct idmap *maps[] = {&ids->uids, &ids->gids, &ids->whole_uids,
				&ids->whole_gids};
	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		idmap_add(maps[i], 0, 1001, 1);
		idmap_add(maps[i], 1, 100000, 65536);
	}
	ids->user.uid = ids->user.gid = 1000;
	ids->passwd = xstrdup(
		"root:x:0:0::/:/bin/sh\napp:x:1000:1000::/:\nnobody:x:65534:65534:::\n");
	ids->group = xstrdup("root:x:0:\napp:x:1000:\n");
}

/* Root's container: 1000 ids from 2000 on; it runs as root of it. */
static void make_of_root(struct container_ids *ids)
{
	*ids = CONTAINER_IDS_INIT;
	ids->name = xstrdup("db");
	ids->has_userns = ids->is_root = ids->overrides = true;
	idmap_add(&ids->uids, 0, 2000, 1000);
	idmap_add(&ids->gids, 0, 2000, 1000);
	idmap_identity(&ids->whole_uids);
	idmap_identity(&ids->whole_gids);
}

static char *answer_text(struct id_answer *a)
{
	cleanup_free char *text = strv_join(a->sentences, "\n");
	cleanup_strv char **lines = NULL;

	strv_add(&lines, text);
	for (size_t i = 0; i < a->n_remedies; i++)
		strv_addf(&lines, "%s: %s", a->remedies[i].purpose,
			  a->remedies[i].command);
	id_answer_release(a);
	return strv_join(lines, "\n");
}

START_TEST(test_ids)
{
	static const struct {
		enum subid_kind kind;
		uint32_t id;
		const char *want;
	} cases[] = {
		{SUBID_UID, 100999,
		 "On the host, user 100999 is 1000 (app) in web, because its map says 1-65536 -> "
		 "100000-165535.\n"
		 "In web there is no user 100999: it has 0-65536."},
		{SUBID_UID, 1000,
		 "On the host, user 1000 is nobody in web: what it owns is seen there as 65534 "
		 "(nobody).\n"
		 "In web, user 1000 (app) is 100999 on the host, because its map says 1-65536 -> "
		 "100000-165535.\n"
		 "Give a directory to user 1000 of web: cubby unshare chown 1000 DIRECTORY"},
		{SUBID_GID, 0,
		 "On the host, group 0 (root) is nobody in web: what it owns is seen there as 65534 "
		 "(nobody).\n"
		 "In web, group 0 (root) is 1001 (users) on the host, because its map says 0 -> "
		 "1001 (users).\n"
		 "Give a directory to group 0 of web: cubby unshare chown :0 DIRECTORY"},
		{SUBID_UID, 65534,
		 "On the host, user 65534 is nobody in web: what it owns is seen there as 65534 "
		 "(nobody).\n"
		 "In web, user 65534 (nobody) is 165533 on the host, because its map says 1-65536 "
		 "-> 100000-165535.\n"
		 "But what shows as 65534 (nobody) in a container is mostly something whose owner "
		 "has no id in its map. Ask for the file itself: cubby idmap explain web PATH.\n"
		 "Give a directory to user 65534 of web: cubby unshare chown 65534 DIRECTORY"},
	};
	cleanup_container_ids struct container_ids ids;

	make(&ids);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct id_explain x = {.ids = &ids, .host = &host};
		struct id_answer a;

		id_explain_id(&x, cases[i].kind, cases[i].id, &a);
		cleanup_free char *got = answer_text(&a);
		ck_assert_str_eq(got, cases[i].want);
	}
}
END_TEST

START_TEST(test_without_namespace)
{
	cleanup_container_ids struct container_ids ids = CONTAINER_IDS_INIT;
	const struct id_explain x = {.ids = &ids, .host = &host};
	struct id_answer a;

	ids.name = xstrdup("old");
	ids.is_root = true;
	idmap_identity(&ids.uids);
	idmap_identity(&ids.gids);
	id_explain_id(&x, SUBID_UID, 1001, &a);
	cleanup_free char *got = answer_text(&a);
	ck_assert_str_eq(
		got,
		"old has no user namespace of its own: 1001 there is 1001 (alice) of "
		"the host.");
}
END_TEST

struct file_case {
	struct id_file file;
	bool of_root, has_chown;
	const char *want;
};

static struct container_bind data = {.source = (char *)"/srv/data",
				     .destination = (char *)"/data"},
			     fixed = {.source = (char *)"/srv/data",
				      .destination = (char *)"/data",
				      .read_only = true};

static void check_files(const struct file_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		cleanup_container_ids struct container_ids ids;
		const struct id_explain x = {.ids = &ids,
					     .host = &host,
					     .has_chown_option = cases[i].has_chown};
		struct id_answer a;

		if (cases[i].of_root)
			make_of_root(&ids);
		else
			make(&ids);
		id_explain_file(&x, &cases[i].file, &a);
		cleanup_free char *got = answer_text(&a);
		ck_assert_str_eq(got, cases[i].want);
	}
}

START_TEST(test_files)
{
	static const struct file_case cases[] = {
		/* her own directory, of which app is not the owner */
		{{"/srv/data", "/data", &data, 1001, 1001, S_IFDIR | 0755},
		 .has_chown = true,
		 .want = "It belongs to 1001 (alice), group 1001 (users) on the host, and its mode is "
			 "0755.\n"
			 "web has it as /data.\n"
			 "In web the owner is 0 (root), because its map says 0 -> 1001 (alice).\n"
			 "In web the group is 0 (root), because its map says 0 -> 1001 (users).\n"
			 "web, as 1000 (app), can't make files in it: mode 0755 does not let those who "
			 "are neither owner nor of the group.\n"
			 "Give it to 1000 (app) of web: cubby unshare chown 1000:1000 /srv/data\n"
			 "Or keep it yours, and make a container in which 1000 (app) is you: cubby run "
			 "--userns=keep-id:uid=1000,gid=1000 ...\n"
			 "Or make a container whose start gives it all to its user: cubby run -v "
			 "/srv/data:/data:U ..."},
		/* given to app: hers again */
		{{"/srv/data", "/data", &data, 100999, 100999, S_IFDIR | 0755},
		 .want = "It belongs to 100999, group 100999 on the host, and its mode is 0755.\n"
			 "web has it as /data.\n"
			 "In web that is 1000 (app), group 1000 (app), because its map says 1-65536 -> "
			 "100000-165535.\n"
			 "web, as 1000 (app), can make files in it: the mode lets its owner.\n"
			 "Make it yours on the host: cubby unshare chown -R 0:0 /srv/data"},
		/* somebody else's */
		{{"/srv/data", "/data", &data, 0, 5, S_IFREG | 0644},
		 .want = "It belongs to 0 (root), group 5 on the host, and its mode is 0644.\n"
			 "web has it as /data.\n"
			 "In web owner and group are seen as 65534 (nobody): its map has no ids for 0 "
			 "(root) and group 5 of the host, so not even its root can change that.\n"
			 "web, as 1000 (app), can't write to it: mode 0644 does not let those who are "
			 "neither owner nor of the group.\n"
			 "Give it to 1000 (app) of web (this takes root): chown 100999:100999 /srv/data"},
		/* one of the two only */
		{{"/srv/o'x", NULL, NULL, 0, 1001, S_IFREG | 0644},
		 .want = "It belongs to 0 (root), group 1001 (users) on the host, and its mode is 0644.\n"
			 "web does not have it: it is in none of the directories that are mounted there.\n"
			 "In web the owner is seen as 65534 (nobody): its map has no id for 0 (root) of "
			 "the host, so not even its root can change that.\n"
			 "In web the group is 0 (root), because its map says 0 -> 1001 (users)."},
		{{"/srv/data", "/data", &fixed, 100999, 100999, S_IFDIR | 0755},
		 .want = "It belongs to 100999, group 100999 on the host, and its mode is 0755.\n"
			 "web has it as /data, read-only.\n"
			 "In web that is 1000 (app), group 1000 (app), because its map says 1-65536 -> "
			 "100000-165535.\n"
			 "web, as 1000 (app), can't make files in it: it is mounted read-only.\n"
			 "Make it yours on the host: cubby unshare chown -R 0:0 /srv/data"},
	};

	check_files(cases, ARRAY_SIZE(cases));
}
END_TEST

START_TEST(test_files_out_of_reach)
{
	static const struct file_case cases[] = {
		/* of its group, or its own, but the mode is in the way */
		{{"/srv/a b", "/x", NULL, 1001, 100999, S_IFREG | 0640},
		 .want = "It belongs to 1001 (alice), group 100999 on the host, and its mode is 0640.\n"
			 "web has it as /x.\n"
			 "In web the owner is 0 (root), because its map says 0 -> 1001 (alice).\n"
			 "In web the group is 1000 (app), because its map says 1-65536 -> "
			 "100000-165535.\n"
			 "web, as 1000 (app), can't write to it: mode 0640 does not let its group.\n"
			 "Let its group write: chmod g+rwX '/srv/a b'\n"
			 "Give it to 1000 (app) of web: cubby unshare chown 1000:1000 '/srv/a b'\n"
			 "Or keep it yours, and make a container in which 1000 (app) is you: cubby run "
			 "--userns=keep-id:uid=1000,gid=1000 ..."},
		{{"/srv/x", "/x", NULL, 100999, 100999, S_IFDIR | 0577},
		 .want = "It belongs to 100999, group 100999 on the host, and its mode is 0577.\n"
			 "web has it as /x.\n"
			 "In web that is 1000 (app), group 1000 (app), because its map says 1-65536 -> "
			 "100000-165535.\n"
			 "web, as 1000 (app), can't make files in it: mode 0577 does not let its owner.\n"
			 "Let its owner write: cubby unshare chmod u+rwX /srv/x\n"
			 "Make it yours on the host: cubby unshare chown -R 0:0 /srv/x"},
		/* nobody is told to give away /etc */
		{{"/etc/x", "/x", NULL, 0, 0, S_IFREG | 0644},
		 .want = "It belongs to 0 (root), group 0 (root) on the host, and its mode is 0644.\n"
			 "web has it as /x.\n"
			 "In web owner and group are seen as 65534 (nobody): its map has no ids for 0 "
			 "(root) and group 0 (root) of the host, so not even its root can change that.\n"
			 "web, as 1000 (app), can't write to it: mode 0644 does not let those who are "
			 "neither owner nor of the group.\n"
			 "The host needs it as it is: mount a directory that is only for the container instead."},
		/* what only the container has */
		{{NULL, "/srv", NULL, 1001, 1001, S_IFDIR | 0755},
		 .want = "It belongs to 1001 (alice), group 1001 (users) on the host, and its mode is "
			 "0755.\n"
			 "In web the owner is 0 (root), because its map says 0 -> 1001 (alice).\n"
			 "In web the group is 0 (root), because its map says 0 -> 1001 (users).\n"
			 "web, as 1000 (app), can't make files in it: mode 0755 does not let those who "
			 "are neither owner nor of the group.\n"
			 "Give it to its user: cubby exec -u 0 web chown 1000:1000 /srv"},
		{{"/srv/data", "/data", &data, 0, 0, S_IFDIR | 0755},
		 .of_root = true,
		 .want = "It belongs to 0 (root), group 0 (root) on the host, and its mode is 0755.\n"
			 "db has it as /data.\n"
			 "In db owner and group are seen as 65534 (nobody): its map has no ids for 0 "
			 "(root) and group 0 (root) of the host, so not even its root can change that.\n"
			 "db, as 0, can't make files in it: mode 0755 does not let those who are neither "
			 "owner nor of the group.\n"
			 "Give it to 0 of db: chown 2000:2000 /srv/data\n"
			 "Or make a container that sees 0 on disk as its 0: cubby run -v "
			 "/srv/data:/data:idmap ..."},
		{{"/srv/data", "/data", &data, 2005, 2006, S_IFDIR | 0500},
		 .of_root = true,
		 .want = "It belongs to 2005, group 2006 on the host, and its mode is 0500.\n"
			 "db has it as /data.\n"
			 "In db that is 5, group 6, because its map says 0-999 -> 2000-2999.\n"
			 "db, as 0, can make files in it, whatever the mode: it has CAP_DAC_OVERRIDE over "
			 "ids of its map."},
	};

	check_files(cases, ARRAY_SIZE(cases));
}
END_TEST

/* idmapped: what is on disk are ids of the container. */
START_TEST(test_mapped_mount)
{
	struct container_bind mapped = {.source = (char *)"/srv/data",
					.destination = (char *)"/data",
					.is_mapped = true};
	const struct id_file own = {"/srv/data", "/data", &mapped, 0, 0, S_IFDIR | 0700};
	const struct id_file past = {"/srv/data/x", "/data/x", &mapped,
				     5000,          0,         S_IFREG | 0600};
	cleanup_container_ids struct container_ids ids;
	const struct id_explain x = {.ids = &ids, .host = &host};
	struct id_answer a;

	make_of_root(&ids);
	idmap_add(&mapped.uids, 0, 2000, 1000);
	idmap_add(&mapped.gids, 0, 2000, 1000);
	id_explain_file(&x, &own, &a);
	cleanup_free char *got = answer_text(&a);
	ck_assert_str_eq(
		got,
		"It belongs to 0 (root), group 0 (root) on the host, and its mode is 0700.\n"
		"db has it as /data, with its owners mapped (idmap).\n"
		"In db the owner is 0, because the mount shows 0 (root) on disk as 0.\n"
		"In db the group is 0, because the mount shows 0 (root) on disk as 0.\n"
		"db, as 0, can make files in it: the mode lets its owner.");
	id_explain_file(&x, &past, &a);
	cleanup_free char *other = answer_text(&a);
	ck_assert_ptr_nonnull(strstr(other, "In db the owner is seen as 65534 (nobody)"));
	ck_assert_ptr_nonnull(strstr(other, "Give it to 0 of db: chown 0:0 /srv/data/x"));
	idmap_release(&mapped.uids);
	idmap_release(&mapped.gids);
}
END_TEST

START_TEST(test_below)
{
	ck_assert_str_eq(container_ids_below("/a/b", "/a"), "/b");
	ck_assert_str_eq(container_ids_below("/a", "/a"), "");
	ck_assert_str_eq(container_ids_below("/a/b", "/a/"), "/b");
	ck_assert_str_eq(container_ids_below("/a", "/"), "/a");
	ck_assert_str_eq(container_ids_below("/", "/"), "");
	ck_assert_ptr_null(container_ids_below("/ab", "/a"));
	ck_assert_ptr_null(container_ids_below("/", "/a"));
}
END_TEST

UNIT_MAIN("id_explain", test_ids, test_without_namespace, test_files,
	  test_files_out_of_reach, test_mapped_mount, test_below)
