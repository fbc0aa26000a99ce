/* SPDX-License-Identifier: Apache-2.0 */
/* The volume option U: what may be given away, and giving it. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/create_plan.h"
#include "engine/engine.h"
#include "engine/volume_owners.h"
#include "unit.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

/* A directory with "data/deep", "run", "vol/file" and "link", which leads to "vol". */
static const char *make_base(void)
{
	static const char *const directories[] = {"data", "data/deep", "run", "vol",
						  "database"};
	const char *base = unit_dir();

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		cleanup_free char *path = fs_join(base, directories[i]);

		ck_assert_int_eq(mkdir(path, 0755), 0);
	}
	cleanup_free char *link = fs_join(base, "link"),
			  *file = fs_join(base, "vol/file");
	ck_assert_int_eq(symlink("vol", link), 0);
	cleanup_fd int fd = open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	ck_assert_int_ge(fd, 0);
	return base;
}

static const struct {
	const char *source; /* absolute, or below the base */
	const char *error;  /* part of it; NULL: it may be given */
} sources[] = {
	{"/", "the host needs them"},
	{"/etc", "the host needs them"},
	{"/usr/../etc/.", "the host needs them"},
	{"/proc/self/root", "the host needs them"},
	{"/etc/passwd", "the host needs them"},
	{"home", "the host needs them"},
	{"vol", NULL},
	{"vol/file", NULL},
	{"link", NULL},
	{"database", NULL},
	{"data", "cubby keeps its own files"},
	{"data/deep", "cubby keeps its own files"},
	{"run", "cubby keeps its own files"},
	{"", "cubby keeps its own files"},
	{"none", "look at"},
};

START_TEST(test_what_may_be_given)
{
	const char *base = make_base();
	cleanup_free char *data = fs_join(base, "data"), *run = fs_join(base, "run");
	cleanup_free char *home = fs_join(base, "home");
	const struct engine e = {.paths = {.data = data, .run = run}};

	ck_assert_int_eq(symlink("vol/home", home), 0);
	cleanup_free char *real_home = fs_join(base, "vol/home");
	ck_assert_int_eq(mkdir(real_home, 0755), 0);
	ck_assert_int_eq(setenv("HOME", real_home, 1), 0);
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		cleanup_free char *source = sources[i].source[0] == '/'
						    ? xstrdup(sources[i].source)
						    : fs_join(base, sources[i].source);
		const struct volume v = {.source = source};
		cleanup_error struct error err = ERROR_INIT;
		int r = volume_owners_check(&e, &v, &err);

		if (!sources[i].error) {
			ck_assert_ok(r, &err);
			continue;
		}
		ck_assert_msg(r < 0, "%s may be given", source);
		ck_assert_msg(strstr(err.text, sources[i].error) != NULL, "%s: %s",
			      source, err.text);
	}
}
END_TEST

static void check_owner(const char *base, const char *name, uid_t uid, gid_t gid)
{
	cleanup_free char *path = fs_join(base, name);
	struct stat st;

	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert_msg(st.st_uid == uid && st.st_gid == gid, "%s belongs to %u:%u", name,
		      st.st_uid, st.st_gid);
}

/* As root the ids are the host's; who is an ordinary user gives to itself. */
START_TEST(test_giving)
{
	const char *base = make_base();
	cleanup_free char *source = fs_join(base, "link");
	struct volume v = {.source = source, .give = true};
	const struct engine e = {.rootless = geteuid() != 0};
	struct create_plan p = CREATE_PLAN_INIT;
	cleanup_error struct error err = ERROR_INIT;
	uid_t uid = geteuid() ? geteuid() : 5007;
	gid_t gid = geteuid() ? getegid() : 6008;

	p.volumes = (struct volumes){&v, 1};
	p.user.uid = 7;
	p.user.gid = 8;
	idmap_add(&p.uids, 7, uid, 1);
	idmap_add(&p.gids, 8, gid, 1);
	ck_assert_ok(volume_owners_apply(&e, &p, &err), &err);
	check_owner(base, "vol", uid, gid);
	check_owner(base, "vol/file", uid, gid);
	check_owner(base, "link", geteuid(), getegid());
	p.user.uid = 9;
	ck_assert_int_lt(volume_owners_apply(&e, &p, &err), 0);
	ck_assert_msg(strstr(err.text, "do not hold its user 9:8") != NULL, "%s",
		      err.text);
	p.volumes = (struct volumes){0};
	create_plan_release(&p);
}
END_TEST

UNIT_MAIN("volume_owners", test_what_may_be_given, test_giving)
