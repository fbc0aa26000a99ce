/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>

#include "rootfs_box.h"

static bool is_null(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

static unsigned int count_entries(const char *path)
{
	DIR *dir = opendir(path);
	unsigned int n = 0;
	EXPECT(dir, "%s", path);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 2;
}

static void masks_before(struct box *b)
{
	box_dir(b, "root/secret");
	box_file(b, "root/secret/file", "secret");
	box_file(b, "root/etc/key", "secret");
	box_link(b, "etc/key", "root/key");
	box_dir(b, "root/usr");
}

static void masks(struct box *b)
{
	struct stat a, c;

	box_mount_usual(b);
	b->linux.masked_paths = str_split(
		"/proc/timer_list,/proc/timer_list,/proc/interrupts,/proc/fs,/proc/nothing,"
		"/proc/sys/kernel/hostname,/proc/driver,/sys/firmware,/sys/kernel/mm,"
		"/sys/no/such,/secret,/key,/usr/missing",
		',');
	box_start(b);
	EXPECT(is_null("/proc/timer_list") && is_null("/proc/sys/kernel/hostname"));
	EXPECT(is_null("/etc/key"));
	EXPECT(count_entries("/proc/fs") == 0 && count_entries("/sys/kernel/mm") == 0 &&
	       count_entries("/secret") == 0);
	EXPECT(mkdir("/proc/fs/x", 0700) < 0 && errno == EROFS);
	EXPECT(stat("/proc/fs", &a) == 0 && stat("/secret", &c) == 0 &&
	       a.st_dev == c.st_dev);
	/* The host's node is not the container's to change. */
	EXPECT(chmod("/proc/timer_list", 0) < 0 && (errno == EROFS || errno == EPERM));
	EXPECT(str_eq(read_text("/proc/timer_list"), ""));
}
BOX_TEST(masked_paths_show_nothing, masks_before, masks)

static void only_missing(struct box *b)
{
	box_mount_usual(b);
	b->linux.masked_paths = str_split("/proc/nothing,/nowhere", ',');
	box_start(b);
}
BOX_TEST(missing_paths_need_no_mask, NULL, only_missing)

static void readonlys(struct box *b)
{
	box_mount_usual(b);
	b->linux.readonly_paths = str_split(
		"/proc/sys,/proc/sysrq-trigger,/proc/none,/tmp,/sys/kernel/mm", ',');
	box_start(b);
	EXPECT(mount_has("/proc/sys", " ro,nosuid,nodev,noexec"));
	EXPECT(open("/proc/sys/kernel/hostname", O_WRONLY) < 0);
	EXPECT(open("/proc/sysrq-trigger", O_WRONLY) < 0);
	EXPECT(open("/tmp/file", O_WRONLY | O_CREAT, 0600) < 0 && errno == EROFS);
	EXPECT(open("/etc/file", O_WRONLY | O_CREAT, 0600) >= 0);
}
BOX_TEST(read_only_paths_cannot_be_written, NULL, readonlys)

static void false_null_before(struct box *b)
{
	box_file(b, "root/etc/shadow", "secret");
	box_link(b, "/etc/shadow", "root/dev/null");
}

/* CVE-2025-31133: the container's /dev/null is a link to what the attacker wants to see.
 */
static void false_null(struct box *b)
{
	box_mount(b, "/proc", "proc", "proc", NULL);
	b->linux.masked_paths = str_split("/proc/timer_list,/proc/interrupts", ',');
	box_start(b);
	EXPECT(is_null("/proc/timer_list") && is_null("/proc/interrupts") &&
	       is_null("/dev/null"));
}
BOX_TEST(false_dev_null_is_not_used, false_null_before, false_null)

/* The host's own /dev/null is checked too. */
static void replaced_null(struct box *b)
{
	b->linux.masked_paths = str_split("/proc/timer_list", ',');
	EXPECT(mount("/dev/zero", "/dev/null", NULL, MS_BIND, NULL) == 0);
	box_refused(b, "the host's /dev/null is another file");
	EXPECT(umount2("/dev/null", MNT_DETACH) == 0);
}
BOX_TEST(null_of_the_host_is_checked, NULL, replaced_null)

static void exchange_proc(struct box *b, bool claimed)
{
	if (claimed)
		box_mount(b, "/proc", "proc", "proc", NULL);
	b->linux.masked_paths = str_split("/proc/timer_list", ',');
	EXPECT(box_build(b) == 0 && rootfs_enter(&b->r, &b->err) == 0, "%s",
	       box_message(b));
	EXPECT(mount("false", "/proc", "tmpfs", 0, NULL) == 0);
	int fd = open("/proc/timer_list", O_WRONLY | O_CREAT, 0600);
	EXPECT(fd >= 0 && write(fd, "x", 1) == 1);
}

static void other_proc(struct box *b)
{
	exchange_proc(b, true);
	EXPECT(mask_apply(&b->r, &b->err) < 0);
	EXPECT(strstr(b->err.text, "/proc is not the proc that was mounted there"), "%s",
	       box_message(b));
}
BOX_TEST(another_proc_is_refused, NULL, other_proc)

static void own_proc(struct box *b)
{
	exchange_proc(b, false);
	EXPECT(mask_apply(&b->r, &b->err) == 0, "%s", box_message(b));
	EXPECT(is_null("/proc/timer_list"));
}
BOX_TEST(directory_called_proc_is_masked_as_others, NULL, own_proc)

static void add(TCase *tc)
{
	tcase_add_loop_test(tc, masked_paths_show_nothing, AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, missing_paths_need_no_mask, AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, read_only_paths_cannot_be_written, AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, false_dev_null_is_not_used, AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, null_of_the_host_is_checked, AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, another_proc_is_refused, AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, directory_called_proc_is_masked_as_others, AS_ROOT,
			    AS_USER + 1);
}

int main(void)
{
	return box_main("mask", add);
}
