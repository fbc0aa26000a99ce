/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/mount.h>

#include "runtime/mount_plan.h"
#include "spec/spec.h"
#include "util/str.h"

#define RO      MOUNT_ATTR_RDONLY
#define NOSUID  MOUNT_ATTR_NOSUID
#define NODEV   MOUNT_ATTR_NODEV
#define NOEXEC  MOUNT_ATTR_NOEXEC
#define NOATIME MOUNT_ATTR_NOATIME
#define ATIME   MOUNT_ATTR__ATIME

struct fixture {
	struct spec spec;
	struct spec_linux linux;
	struct spec_mount mount;
	struct mount_plan plan;
	struct error err;
};

static int build(struct fixture *f, const char *destination, const char *type,
		 const char *source, const char *options)
{
	f->spec.linux = &f->linux;
	f->spec.mounts = &f->mount;
	f->spec.n_mounts = 1;
	f->mount.destination = (char *)destination;
	f->mount.type = (char *)type;
	f->mount.source = (char *)source;
	f->mount.options = options ? str_split(options, ',') : NULL;
	return mount_plan_build(&f->spec, &f->plan, &f->err);
}

static void release(struct fixture *f)
{
	strv_free(f->mount.options);
	mount_plan_release(&f->plan);
	error_release(&f->err);
}

static const struct {
	const char *options;
	uint64_t set, clear, rec_set, rec_clear;
} flags[] = {
	{"ro", RO, 0, 0, 0},
	{"ro,rw", 0, RO, 0, 0},
	{"rw,ro", RO, 0, 0, 0},
	{"nosuid,nodev,noexec", NOSUID | NODEV | NOEXEC, 0, 0, 0},
	{"suid,dev,exec", 0, NOSUID | NODEV | NOEXEC, 0, 0},
	{"noatime", NOATIME, ATIME, 0, 0},
	{"noatime,relatime", 0, ATIME, 0, 0},
	{"noatime,strictatime", MOUNT_ATTR_STRICTATIME, ATIME, 0, 0},
	{"strictatime,noatime,ro", NOATIME | RO, ATIME, 0, 0},
	{"norelatime", MOUNT_ATTR_STRICTATIME, ATIME, 0, 0},
	{"nodiratime,nosymfollow", MOUNT_ATTR_NODIRATIME | MOUNT_ATTR_NOSYMFOLLOW, 0, 0,
	 0},
	{"diratime,symfollow", 0, MOUNT_ATTR_NODIRATIME | MOUNT_ATTR_NOSYMFOLLOW, 0, 0},
	{"rro,rnosuid", 0, 0, RO | NOSUID, 0},
	{"ro,rrw,rexec", RO, 0, 0, RO | NOEXEC},
	{"rnoatime", 0, 0, NOATIME, ATIME},
	{"defaults,async,loud,silent,nomand,noiversion,nolazytime", 0, 0, 0, 0},
};

START_TEST(words_become_flags)
{
	struct fixture f = {0};
	ck_assert_int_eq(build(&f, "/x", "bind", "/y", flags[_i].options), 0);
	const struct mount_step *s = &f.plan.steps[0];
	ck_assert_uint_eq(s->attr_set, flags[_i].set);
	ck_assert_uint_eq(s->attr_clear, flags[_i].clear);
	ck_assert_uint_eq(s->rec_attr_set, flags[_i].rec_set);
	ck_assert_uint_eq(s->rec_attr_clear, flags[_i].rec_clear);
	ck_assert_ptr_null(s->fs_options);
	release(&f);
}
END_TEST

static const struct {
	const char *type, *options;
	enum mount_kind kind;
	bool recursive;
} kinds[] = {
	{"bind", NULL, MOUNT_BIND, false},
	{"none", "rbind", MOUNT_BIND, true},
	{NULL, "bind", MOUNT_BIND, false},
	{"tmpfs", "size=1k", MOUNT_FILESYSTEM, false},
	{"overlay", "lowerdir=/a", MOUNT_FILESYSTEM, false},
	{"cgroup", "ro", MOUNT_CGROUP, false},
	{"cgroup2", NULL, MOUNT_CGROUP, false},
	{NULL, "remount,ro", MOUNT_REMOUNT, false},
	{"bind", "remount,bind,ro", MOUNT_REMOUNT, false},
};

START_TEST(kind_is_decided)
{
	struct fixture f = {0};
	ck_assert_int_eq(build(&f, "/x", kinds[_i].type, "/y", kinds[_i].options), 0);
	ck_assert_int_eq(f.plan.steps[0].kind, kinds[_i].kind);
	ck_assert_int_eq(f.plan.steps[0].recursive, kinds[_i].recursive);
	release(&f);
}
END_TEST

static const struct {
	const char *destination, *type, *source, *options, *message;
} refusals[] = {
	{NULL, "tmpfs", NULL, NULL, "mounts[0]: destination: missing"},
	{"/", "tmpfs", NULL, NULL,
	 "mounts[0]: destination: a mount cannot take the place of the root"},
	{"/a/..", "tmpfs", NULL, NULL, "a mount cannot take the place of the root"},
	{"/x", NULL, NULL, NULL, "mounts[0]: type: missing"},
	{"/x", "bind", NULL, NULL, "mounts[0]: source: missing"},
	{"/x", "bind", "/y", "z", "\"z\" is for a container engine"},
	{"/x", "bind", "/y", "U", "\"U\" is for a container engine"},
	{"/x", "bind", "/y", "size=3",
	 "\"size=3\" is for a file system, not for a bind mount"},
	{"/x", "bind", "/y", "sync", "\"sync\" is for a file system"},
	{"/x", NULL, NULL, "remount,size=3", "is for a file system, not for a remount"},
	{"/x", "tmpfs", NULL, "idmap", "\"idmap\" is for bind mounts only"},
	{"/x", "tmpfs", NULL, "src-nofollow", "\"src-nofollow\" is for bind mounts only"},
	{"/x", "mqueue", "mqueue", "tmpcopyup",
	 "\"tmpcopyup\" is for tmpfs and bind mounts only"},
	{"/proc/self", "bind", "/y", NULL, "destination: /proc/self lies inside /proc"},
	{"/sys/../proc/sys/kernel", "tmpfs", NULL, NULL, "lies inside /proc"},
	{"proc/1", "tmpfs", NULL, NULL, "lies inside /proc"},
	{"/proc", "tmpfs", NULL, NULL, "/proc can only be a procfs, not tmpfs"},
	{"/proc", "cgroup", NULL, NULL, "/proc can only be a procfs"},
	{"/x", "bind", "/y", "idmap=uids=0-1-1", "both uids= and gids= are needed"},
	{"/x", "bind", "/y", "idmap=uids=0-1;gids=0-1-1",
	 "expected FIRST-HOST-COUNT, got \"0-1\""},
	{"/x", "bind", "/y", "idmap=uids=0-1-0;gids=0-1-1", "expected FIRST-HOST-COUNT"},
	{"/x", "bind", "/y", "idmap=uids=0-1-1;uids=0-1-1", "once each"},
	{"/x", "bind", "/y", "idmap=uids=0-0-5#3-9-1;gids=0-0-1", "idmap=uids"},
	{"/x", "bind", "/y", "idmap=uids=@0-5000-1;gids=0-0-1",
	 "are not one mapped range"},
};

START_TEST(nonsense_is_refused)
{
	struct fixture f = {0};
	ck_assert_int_eq(build(&f, refusals[_i].destination, refusals[_i].type,
			       refusals[_i].source, refusals[_i].options),
			 -EINVAL);
	ck_assert_int_eq(f.err.kind, ERR_INVALID);
	ck_assert_msg(strstr(f.err.text, refusals[_i].message), "%s", f.err.text);
	ck_assert_msg(str_starts(f.err.text, "mounts[0]: "), "%s", f.err.text);
	release(&f);
}
END_TEST

static const struct {
	const char *root, *options;
	unsigned long host, step, base;
	bool recursive;
} propagations[] = {
	{NULL, NULL, MS_PRIVATE, MS_PRIVATE, MS_PRIVATE, true},
	{NULL, "rprivate", MS_PRIVATE, MS_PRIVATE, MS_PRIVATE, true},
	{NULL, "rslave", MS_SLAVE, MS_SLAVE, MS_SLAVE, true},
	{NULL, "shared", MS_SLAVE, MS_SHARED, MS_SLAVE, false},
	{"private", "slave", MS_SLAVE, MS_SLAVE, MS_SLAVE, false},
	{"rslave", NULL, MS_SLAVE, 0, MS_SLAVE, false},
	{"rslave", "rprivate", MS_SLAVE, MS_PRIVATE, MS_SLAVE, true},
	{"rshared", "rshared", 0, MS_SHARED, 0, true},
	{"shared", NULL, 0, 0, 0, false},
	{"unbindable", NULL, MS_PRIVATE, MS_PRIVATE, MS_PRIVATE, true},
};

START_TEST(propagation_is_decided)
{
	struct fixture f = {0};
	f.linux.rootfs_propagation = (char *)propagations[_i].root;
	ck_assert_int_eq(build(&f, "/x", "bind", "/y", propagations[_i].options), 0);
	ck_assert_uint_eq(f.plan.host_propagation, propagations[_i].host);
	ck_assert_uint_eq(f.plan.steps[0].propagation, propagations[_i].step);
	ck_assert_uint_eq(f.plan.steps[0].base_propagation, propagations[_i].base);
	ck_assert_int_eq(f.plan.steps[0].propagation_recursive,
			 propagations[_i].recursive);
	release(&f);
}
END_TEST

START_TEST(wrong_root_propagation_is_refused)
{
	struct fixture f = {0};
	f.linux.rootfs_propagation = (char *)"ro";
	ck_assert_int_eq(build(&f, "/x", "bind", "/y", NULL), -EINVAL);
	ck_assert_str_eq(f.err.text, "linux.rootfsPropagation: \"ro\" is no propagation");
	release(&f);
}
END_TEST

START_TEST(destination_is_cleaned)
{
	struct fixture f = {0};
	ck_assert_int_eq(build(&f, "a//./b/../c/", "tmpfs", NULL, NULL), 0);
	ck_assert_str_eq(f.plan.steps[0].target, "/a/c");
	ck_assert_ptr_nonnull(mount_plan_at(&f.plan, "/a/c"));
	ck_assert_ptr_null(mount_plan_at(&f.plan, "/a"));
	release(&f);
}
END_TEST

START_TEST(other_words_go_to_the_file_system)
{
	struct fixture f = {0};
	ck_assert_int_eq(build(&f, "/x", "ext4", "/dev/sda1", "ro,data=journal,sync,acl"),
			 0);
	const struct mount_step *s = &f.plan.steps[0];
	ck_assert_uint_eq(strv_len(s->fs_options), 3);
	ck_assert_str_eq(s->fs_options[0], "data=journal");
	ck_assert_str_eq(s->fs_options[1], "sync");
	ck_assert(s->superblock_readonly && !s->late_readonly);
	release(&f);
	ck_assert_int_eq(build(&f, "/x", "tmpfs", NULL, "ro"), 0);
	ck_assert(!f.plan.steps[0].superblock_readonly && f.plan.steps[0].late_readonly);
	release(&f);
}
END_TEST

START_TEST(mappings_are_taken)
{
	struct fixture f = {0};
	struct spec_id_mapping own = {.container_id = 0, .host_id = 1000, .size = 100};
	struct spec_id_mapping line = {.container_id = 0, .host_id = 7, .size = 2};

	f.linux.uid_mappings = f.linux.gid_mappings = &own;
	f.linux.n_uid_mappings = f.linux.n_gid_mappings = 1;
	ck_assert_int_eq(
		build(&f, "/x", "bind", "/y", "ridmap=uids=@5-10-3#20-0-1;gids=1-2-3"),
		0);
	const struct mount_step *s = &f.plan.steps[0];
	ck_assert(s->idmap && s->idmap_recursive);
	ck_assert_uint_eq(s->uids.n_lines, 2);
	ck_assert_uint_eq(s->uids.lines[0].inside, 5);
	ck_assert_uint_eq(s->uids.lines[0].outside, 1010);
	ck_assert_uint_eq(s->uids.lines[0].count, 3);
	ck_assert_uint_eq(s->gids.lines[0].outside, 2);
	release(&f);
	f.mount.uid_mappings = &line;
	f.mount.n_uid_mappings = 1;
	ck_assert_int_eq(build(&f, "/x", "bind", "/y", NULL), -EINVAL);
	ck_assert_str_eq(f.err.text,
			 "mounts[0]: gidMappings: missing: an idmapped mount needs both");
	release(&f);
	f.mount.gid_mappings = &line;
	f.mount.n_gid_mappings = 1;
	ck_assert_int_eq(build(&f, "/x", "bind", "/y", NULL), 0);
	ck_assert(f.plan.steps[0].idmap && !f.plan.steps[0].idmap_recursive);
	release(&f);
	ck_assert_int_eq(build(&f, "/x", "bind", "/y", "idmap"), 0);
	ck_assert_uint_eq(f.plan.steps[0].uids.n_lines, 1);
	release(&f);
}
END_TEST

static const struct {
	const char *type, *source, *options, *text;
} texts[] = {
	{"tmpfs", "shm", "nosuid,mode=1777", "tmpfs shm on /x nosuid mode=1777"},
	{"bind", "/y", "rbind,rro,exec", "rbind /y on /x -noexec rro rprivate"},
	{"proc", NULL, NULL, "proc on /x"},
	{"bind", "/y", "idmap,shared,noatime", "bind /y on /x noatime shared idmap"},
};

START_TEST(step_reads_well)
{
	struct fixture f = {0};
	ck_assert_int_eq(
		build(&f, "/x", texts[_i].type, texts[_i].source, texts[_i].options), 0);
	cleanup_free char *text = mount_step_text(&f.plan.steps[0]);
	ck_assert_str_eq(text, texts[_i].text);
	release(&f);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mount_plan");
	TCase *tc = tcase_create("mount_plan");
	tcase_add_loop_test(tc, words_become_flags, 0, ARRAY_SIZE(flags));
	tcase_add_loop_test(tc, kind_is_decided, 0, ARRAY_SIZE(kinds));
	tcase_add_loop_test(tc, nonsense_is_refused, 0, ARRAY_SIZE(refusals));
	tcase_add_loop_test(tc, propagation_is_decided, 0, ARRAY_SIZE(propagations));
	tcase_add_test(tc, wrong_root_propagation_is_refused);
	tcase_add_test(tc, destination_is_cleaned);
	tcase_add_test(tc, other_words_go_to_the_file_system);
	tcase_add_test(tc, mappings_are_taken);
	tcase_add_loop_test(tc, step_reads_well, 0, ARRAY_SIZE(texts));
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
