/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/capability.h>

#include "rootfs_box.h"

static void dev_and_proc(struct box *b)
{
	box_mount(b, "/proc", "proc", "proc", NULL);
	box_mount(b, "/dev", "tmpfs", "tmpfs", "mode=755");
}

static bool is_char(const char *path, unsigned int major_number,
		    unsigned int minor_number)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISCHR(st.st_mode) &&
	       st.st_rdev == makedev(major_number, minor_number);
}

static bool has_default_nodes(void)
{
	return is_char("/dev/null", 1, 3) && is_char("/dev/zero", 1, 5) &&
	       is_char("/dev/full", 1, 7) && is_char("/dev/random", 1, 8) &&
	       is_char("/dev/urandom", 1, 9) && is_char("/dev/tty", 5, 0);
}

static void defaults(struct box *b)
{
	char target[32] = "";
	struct stat st;

	dev_and_proc(b);
	umask(027);
	box_start(b);
	EXPECT(umask(0) == 027);
	EXPECT(has_default_nodes());
	EXPECT(stat("/dev/null", &st) == 0 && (st.st_mode & 0777) == 0666);
	EXPECT(open("/dev/null", O_RDWR) >= 0 && open("/dev/zero", O_RDWR) >= 0);
	EXPECT(readlink("/dev/ptmx", target, sizeof(target)) == 8 &&
	       str_eq(target, "pts/ptmx"));
	EXPECT(readlink("/dev/fd", target, sizeof(target)) > 0 &&
	       str_eq(target, "/proc/self/fd"));
	EXPECT(lstat("/dev/stdin", &st) == 0 && lstat("/dev/stdout", &st) == 0 &&
	       lstat("/dev/stderr", &st) == 0);
}
BOX_TEST(default_devices_are_there, NULL, defaults)

static struct spec_device *add_device(struct box *b, const char *type, const char *path,
				      int64_t major_number, int64_t minor_number)
{
	static struct spec_device devices[8];
	struct spec_device *d = &devices[b->linux.n_devices++];

	b->linux.devices = devices;
	d->type = xstrdup(type);
	d->path = xstrdup(path);
	d->has_major = d->has_minor = type[0] != 'p';
	d->major = major_number;
	d->minor = minor_number;
	return d;
}

static void of_spec(struct box *b)
{
	struct stat st;

	dev_and_proc(b);
	struct spec_device *d = add_device(b, "c", "/dev/sub/zero", 1, 5);
	d->has_file_mode = d->has_uid = true;
	d->file_mode = 0640;
	d->uid = 7;
	d = add_device(b, "p", "/dev/fifo", 0, 0);
	d->has_file_mode = true;
	d->file_mode = 0622;
	add_device(b, "u", "/dev/zero", 1, 5);
	add_device(b, "c", "/run/full", 1, 7);
	box_start(b);
	EXPECT(has_default_nodes());
	EXPECT(is_char("/dev/sub/zero", 1, 5) && is_char("/run/full", 1, 7));
	EXPECT(stat("/dev/fifo", &st) == 0 && S_ISFIFO(st.st_mode) &&
	       (st.st_mode & 0777) == 0622);
	EXPECT(stat("/dev/sub/zero", &st) == 0);
	EXPECT(b->user != AS_ROOT || ((st.st_mode & 0777) == 0640 && st.st_uid == 7));
	EXPECT(open("/dev/sub/zero", O_RDONLY) >= 0);
}
BOX_TEST(devices_of_the_spec_are_there, NULL, of_spec)

static void not_on_host(struct box *b)
{
	dev_and_proc(b);
	add_device(b, "c", "/dev/strange", 4000, 77);
	if (b->user == AS_ROOT) {
		box_start(b);
		EXPECT(is_char("/dev/strange", 4000, 77));
		return;
	}
	box_refused(b,
		    "linux.devices[0]: device /dev/strange: the host has no device node "
		    "/dev/strange with number 4000:77");
	EXPECT(b->err.kind == ERR_NOT_FOUND && strstr(b->err.hint, "user namespace"));
}
BOX_TEST(device_that_the_host_lacks_has_a_sentence, NULL, not_on_host)

static void in_the_way_before(struct box *b)
{
	box_file(b, "root/dev/null", "not a device");
	box_link(b, "/etc/passwd", "root/dev/zero");
	box_file(b, "root/dev/ptmx", "");
	box_link(b, "somewhere", "root/dev/fd");
	box_file(b, "root/etc/passwd", "kept");
	box_file(b, "data", "asked for");
	static const char *const names[] = {"root/dev/null", "root/dev/ptmx"};
	for (size_t i = 0; b->user != AS_ROOT && i < ARRAY_SIZE(names); i++)
		EXPECT(chown(box_path(b, names[i]), BOX_UID, BOX_UID) == 0);
}

static void in_the_way(struct box *b)
{
	char target[32] = "";

	box_mount(b, "/proc", "proc", "proc", NULL);
	box_mount(b, "/dev/random", "bind", "data", "bind");
	box_start(b);
	EXPECT(is_char("/dev/null", 1, 3) && is_char("/dev/zero", 1, 5));
	EXPECT(str_eq(read_text("/etc/passwd"), "kept"));
	EXPECT(str_eq(read_text("/dev/random"), "asked for"));
	EXPECT(readlink("/dev/ptmx", target, sizeof(target)) == 8);
	EXPECT(readlink("/dev/fd", target, sizeof(target)) == 9 &&
	       str_eq(target, "somewhere"));
	/* The image's own files are still there below. */
	EXPECT(umount2("/dev/null", MNT_DETACH) == 0);
	EXPECT(str_eq(read_text("/dev/null"), "not a device"));
}
BOX_TEST(files_in_the_way_are_covered_not_destroyed, in_the_way_before, in_the_way)

static void host_node_is_safe(struct box *b)
{
	box_mount(b, "/proc", "proc", "proc", NULL);
	box_start(b);
	/* /dev/null was bound: root in the container must not reach the host's node
	 * through it. */
	EXPECT(chmod("/dev/null", 0600) < 0 && (errno == EROFS || errno == EPERM));
	EXPECT(open("/dev/null", O_WRONLY | O_TRUNC) >= 0);
}
BOX_TEST(bound_node_protects_the_hosts, in_the_way_before, host_node_is_safe)

static void no_mknod(struct box *b)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	EXPECT(sys_capget(&header, data) == 0);
	data[CAP_MKNOD / 32].effective &= ~(1u << (CAP_MKNOD % 32));
	EXPECT(sys_capset(&header, data) == 0);
	dev_and_proc(b);
	box_start(b);
	EXPECT(has_default_nodes() && mount_has("/dev/null", " ro,"));
}
BOX_TEST(devices_are_bound_without_the_capability, NULL, no_mknod)

static void dev_link_before(struct box *b)
{
	EXPECT(rmdir(box_path(b, "root/dev")) == 0);
	box_dir(b, "outside");
	box_dir(b, "root/elsewhere");
	box_link(b, b->user == AS_ROOT ? box_path(b, "outside") : "elsewhere",
		 "root/dev");
}

static void dev_link(struct box *b)
{
	box_refused(b, "/dev is a symbolic link in the root file system");
	EXPECT(access(box_path(b, "outside/null"), F_OK) < 0);
	EXPECT(access(box_path(b, "root/elsewhere/null"), F_OK) < 0);
}
BOX_TEST(dev_that_is_a_link_is_refused, dev_link_before, dev_link)

static void dev_link_mount(struct box *b)
{
	dev_and_proc(b);
	box_refused(b, "mount /dev: /dev is a symbolic link in the root file system");
}
BOX_TEST(mount_on_dev_that_is_a_link_is_refused, dev_link_before, dev_link_mount)

static void no_dev_before(struct box *b)
{
	EXPECT(rmdir(box_path(b, "root/dev")) == 0);
}

static void no_dev(struct box *b)
{
	box_start(b);
	EXPECT(has_default_nodes());
}
BOX_TEST(missing_dev_is_made, no_dev_before, no_dev)

static void bound_dev(struct box *b)
{
	box_mount(b, "/dev", "bind", "/dev", "rbind,ro");
	add_device(b, "c", "/dev/strange", 4000, 77);
	box_start(b);
	EXPECT(is_char("/dev/null", 1, 3));
	EXPECT(access("/dev/strange", F_OK) < 0);
}
BOX_TEST(bound_dev_is_left_alone, NULL, bound_dev)

static void add(TCase *tc)
{
	tcase_add_loop_test(tc, default_devices_are_there, AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, devices_of_the_spec_are_there, AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, device_that_the_host_lacks_has_a_sentence, AS_ROOT,
			    AS_USER + 1);
	tcase_add_loop_test(tc, files_in_the_way_are_covered_not_destroyed, AS_ROOT,
			    AS_USER + 1);
	tcase_add_loop_test(tc, bound_node_protects_the_hosts, AS_ROOT, AS_USER + 1);
	tcase_add_test(tc, devices_are_bound_without_the_capability);
	tcase_add_loop_test(tc, dev_that_is_a_link_is_refused, AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, mount_on_dev_that_is_a_link_is_refused, AS_ROOT,
			    AS_USER + 1);
	tcase_add_loop_test(tc, missing_dev_is_made, AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, bound_dev_is_left_alone, AS_ROOT, AS_USER + 1);
}

int main(void)
{
	return box_main("device", add);
}
