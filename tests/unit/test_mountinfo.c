/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/mountinfo.h"

#include "unit.h"
#include "util/str.h"

static const char host_text[] =
	"22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
	"23 22 0:21 / /proc rw,nosuid,nodev,noexec - proc proc rw\n"
	"24 22 0:30 / /tmp rw,nosuid,nodev shared:5 - tmpfs tmpfs rw,size=1g\n"
	"25 22 8:2 /home /home rw,relatime - btrfs /dev/sda2 rw,subvol=/home\n"
	"26 22 8:1 /srv/data /mnt/a\\040b ro,idmapped - ext4 /dev/sda1 rw\n"
	"27 24 0:31 / /tmp/x rw - tmpfs none ro\n"
	"no mount\n"
	"28 22 8 / /bad rw - ext4 /dev/sda1 rw\n"
	"29 22 8:3 / /short rw\n";

START_TEST(test_parse)
{
	cleanup_mountinfos struct mountinfos list = {0};

	mountinfo_parse(host_text, &list);
	ck_assert_uint_eq(list.n, 6);
	ck_assert_uint_eq(list.items[0].id, 22);
	ck_assert_str_eq(list.items[0].type, "ext4");
	ck_assert(!list.items[0].nosuid && !list.items[0].read_only);
	ck_assert(list.items[1].nosuid && list.items[1].nodev);
	ck_assert_str_eq(list.items[4].point, "/mnt/a b");
	ck_assert_str_eq(list.items[4].root, "/srv/data");
	ck_assert(list.items[4].read_only && list.items[4].idmapped);
	ck_assert_msg(list.items[5].read_only, "by its file system");
}
END_TEST

START_TEST(test_host_path)
{
	static const struct {
		const char *line, *path;
	} cases[] = {
		{"9 1 8:1 /home/ann /x rw - ext4 /dev/sda1 rw\n", "/home/ann"},
		{"9 1 8:1 / /x rw - ext4 /dev/sda1 rw\n", "/"},
		{"9 1 8:2 /home/ann/src /x rw - btrfs /dev/sda2 rw\n", "/home/ann/src"},
		{"9 1 8:2 /homeless /x rw - btrfs /dev/sda2 rw\n", NULL},
		{"9 1 0:30 /a /x rw - tmpfs tmpfs rw\n", "/tmp/a"},
		{"9 1 0:30 / /x rw - tmpfs tmpfs rw\n", "/tmp"},
		{"9 1 8:1 /srv/data/sub /x rw - ext4 /dev/sda1 rw\n", "/mnt/a b/sub"},
		{"9 1 0:99 / /x rw - tmpfs tmpfs rw\n", NULL},
	};
	cleanup_mountinfos struct mountinfos host = {0};

	mountinfo_parse(host_text, &host);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_mountinfos struct mountinfos one = {0};
		cleanup_free char *path = NULL;

		mountinfo_parse(cases[i].line, &one);
		ck_assert_uint_eq(one.n, 1);
		path = mountinfo_host_path(&one.items[0], &host, NULL);
		ck_assert_msg(str_eq(path, cases[i].path), "%s: %s", cases[i].line, path);
	}
}
END_TEST

START_TEST(test_of_path)
{
	static const struct {
		const char *path;
		uint64_t id;
	} cases[] = {{"/", 22},         {"/etc/x", 22},   {"/tmp", 24},
		     {"/tmpfile", 22},  {"/tmp/x/y", 27}, {"/home/a", 25},
		     {"/mnt/a b/c", 26}};
	cleanup_mountinfos struct mountinfos host = {0};

	mountinfo_parse(host_text, &host);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ck_assert_uint_eq(mountinfo_of_path(&host, cases[i].path)->id,
				  cases[i].id);
}
END_TEST

UNIT_MAIN("mountinfo", test_parse, test_host_path, test_of_path)
