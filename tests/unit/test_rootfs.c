/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs_box.h"

static unsigned int count_mounts(void)
{
	cleanup_file FILE *f = fopen("/proc/self/mountinfo", "re");
	unsigned int n = 0;
	for (int c; (c = getc(f)) != EOF;)
		n += c == '\n';
	return n;
}

static int count_fds(void)
{
	int n = 0;
	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void host_is_gone(struct box *b)
{
	struct stat root, up;
	int fds = count_fds();

	box_mount(b, "/proc", "proc", "proc", NULL);
	b->linux.masked_paths = str_split("/proc/timer_list,/proc/fs,/proc/bus", ',');
	b->linux.readonly_paths = str_split("/proc/sys", ',');
	box_start(b);
	/* the root, proc and what covers it, and as many devices as had to be bound */
	EXPECT(count_mounts() <= 2 + 4 + 6, "%u", count_mounts());
	EXPECT(stat("/", &root) == 0 && stat("/../..", &up) == 0);
	EXPECT(root.st_ino == up.st_ino && root.st_dev == up.st_dev);
	EXPECT(access(b->dir, F_OK) < 0 && errno == ENOENT);
	EXPECT(count_fds() == fds + 2); /* root_fd and host_proc_fd */
	char cwd[8];
	EXPECT(getcwd(cwd, sizeof(cwd)) && str_eq(cwd, "/"));
}
BOX_TEST(nothing_of_the_host_is_left, NULL, host_is_gone)

static void no_pivot(struct box *b)
{
	b->r.no_pivot = true;
	box_mount(b, "/proc", "proc", "proc", NULL);
	box_start(b);
	EXPECT(access(b->dir, F_OK) < 0 && errno == ENOENT);
	EXPECT(access("/etc", F_OK) == 0);
	EXPECT(mount_has("/proc", "- proc proc"));
	/* Even a process that climbs out finds no procfs or sysfs of the host. */
	EXPECT(mkdir("/jail", 0700) == 0 && chroot("/jail") == 0);
	for (int i = 0; i < 20; i++)
		EXPECT(chdir("..") == 0);
	EXPECT(chroot(".") == 0);
	EXPECT(access("/sys/kernel", F_OK) < 0);
}
BOX_TEST(no_pivot_hides_the_host, NULL, no_pivot)

static void readonly(struct box *b)
{
	b->spec_root.readonly = true;
	box_mount(b, "/proc", "proc", "proc", NULL);
	box_mount(b, "/tmp", "tmpfs", "tmpfs", NULL);
	box_mount(b, "/dev", "tmpfs", "tmpfs", "ro,mode=755");
	box_start(b);
	EXPECT(open("/file", O_WRONLY | O_CREAT, 0600) < 0 && errno == EROFS);
	EXPECT(open("/tmp/file", O_WRONLY | O_CREAT, 0600) >= 0);
	EXPECT(open("/dev/file", O_WRONLY | O_CREAT, 0600) < 0 && errno == EROFS);
	EXPECT(access("/dev/null", F_OK) == 0 && mount_has("/dev", " ro"));
	EXPECT(mount_has("/", " ro"));
}
BOX_TEST(read_only_root_leaves_its_mounts_writable, NULL, readonly)

static void missing(struct box *b)
{
	b->spec_root.path = xstrdup("nowhere");
	box_refused(b, "/nowhere: no such file or directory");
	EXPECT(b->err.kind == ERR_NOT_FOUND);
}
BOX_TEST(missing_root_has_a_sentence, NULL, missing)

static void relative(struct box *b)
{
	b->spec_root.path = xstrdup("root");
	box_start(b);
	EXPECT(access("/etc", F_OK) == 0);
}
BOX_TEST(root_path_may_be_relative_to_the_bundle, NULL, relative)

static void hidden_before(struct box *b)
{
	EXPECT(chown(b->dir, 0, 0) == 0 && chmod(b->dir, 0700) == 0);
}

static void hidden(struct box *b)
{
	box_refused(b, "permission denied");
	EXPECT(strstr(b->err.hint, "search every directory"));
}
BOX_TEST(unreachable_root_has_a_sentence, hidden_before, hidden)

static void by_cwd_before(struct box *b)
{
	EXPECT(chdir(b->root) == 0);
	hidden_before(b);
}

static void by_cwd(struct box *b)
{
	b->r.pre_root_fd = AT_FDCWD;
	box_mount(b, "/proc", "proc", "proc", NULL);
	box_start(b);
	EXPECT(access("/etc", F_OK) == 0 && access(b->dir, F_OK) < 0);
}
BOX_TEST(unreachable_root_may_be_the_working_directory, by_cwd_before, by_cwd)

static void by_fd_before(struct box *b)
{
	hidden_before(b);
	b->r.pre_root_fd = rootfs_source_open(&b->spec, b->dir, &b->err);
	EXPECT(b->r.pre_root_fd >= 0, "%s", box_message(b));
}

static void by_fd(struct box *b)
{
	box_mount(b, "/proc", "proc", "proc", NULL);
	box_mount(b, "/host", "bind", "/", "rbind,ro");
	box_start(b);
	EXPECT(access("/etc", F_OK) == 0 && access(b->dir, F_OK) < 0);
	EXPECT(access("/host/proc/self", F_OK) == 0);
}
BOX_TEST(unreachable_root_may_come_from_the_parent, by_fd_before, by_fd)

static void whole_host(struct box *b)
{
	box_mount(b, "/proc", "proc", "proc", NULL);
	box_mount(b, "/host", "bind", "/", "rbind");
	box_start(b);
	cleanup_free char *nested = xasprintf("/host%s", b->root);
	EXPECT(access("/host/etc/passwd", F_OK) == 0);
	EXPECT(!mount_line(nested));
}
BOX_TEST(bind_of_the_hosts_root_does_not_hold_the_container, NULL, whole_host)

/* In a namespace of its own that plays the host: shared mounts, as systemd makes them. */
static void play_host(struct box *b, const char *propagation, box_function *check_outside,
		      box_function *check_inside)
{
	int status;

	EXPECT(mount(NULL, "/", NULL, MS_SHARED | MS_REC, NULL) == 0);
	b->linux.rootfs_propagation = propagation ? xstrdup(propagation) : NULL;
	pid_t pid = fork();
	if (pid == 0) {
		EXPECT(unshare(CLONE_NEWNS) == 0);
		box_mount(b, "/proc", "proc", "proc", NULL);
		box_mount(b, "/tmp", "tmpfs", "marker", NULL);
		box_start(b);
		check_inside(b);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	cleanup_free char *mounts = xstrdup(box_path(b, "root/tmp"));
	EXPECT(!mount_line(mounts), "a mount of the container appeared on the host");
	EXPECT(!mount_line(b->root));
	EXPECT(access("/etc/passwd", F_OK) == 0 && mount_line("/proc"));
	check_outside(b);
}

static void nothing(struct box *b)
{
	(void)b;
}

static void is_private(struct box *b)
{
	(void)b;
	EXPECT(!strstr(mount_line("/"), "shared:") &&
	       !strstr(mount_line("/"), "master:"));
}

static void is_shared(struct box *b)
{
	(void)b;
	EXPECT(mount_has("/", "shared:"));
}

static void is_unbindable(struct box *b)
{
	(void)b;
	EXPECT(mount_has("/", "unbindable"));
}

static void is_slave(struct box *b)
{
	(void)b;
	EXPECT(mount_has("/", "master:"));
}

static void propagations(struct box *b)
{
	play_host(b, NULL, nothing, is_private);
	b->spec.n_mounts = 0;
	play_host(b, "rprivate", nothing, is_private);
	play_host(b, "private", nothing, is_private);
	play_host(b, "rslave", nothing, is_slave);
	play_host(b, "slave", nothing, is_slave);
	play_host(b, "rshared", nothing, is_shared);
	play_host(b, "shared", nothing, is_shared);
	play_host(b, "unbindable", nothing, is_unbindable);
}
BOX_TEST(mounts_never_reach_the_host, NULL, propagations)

static void mount_inside(struct box *b)
{
	(void)b;
	EXPECT(mkdir("/vol/sub", 0755) == 0);
	EXPECT(mount("out", "/vol/sub", "tmpfs", 0, NULL) == 0);
}

static void mount_came_out(struct box *b)
{
	EXPECT(mount_has(box_path(b, "vol/sub"), "tmpfs out"));
}

static void shared_volume(struct box *b)
{
	EXPECT(mount("vol", box_path(b, "vol"), "tmpfs", 0, NULL) == 0);
	box_mount(b, "/vol", "bind", "vol", "rbind,rshared");
	play_host(b, "rshared", mount_came_out, mount_inside);
}

static void volume_before(struct box *b)
{
	box_dir(b, "vol");
}
BOX_TEST(shared_volume_reaches_the_host, volume_before, shared_volume)

static void add(TCase *tc)
{
	tcase_add_loop_test(tc, nothing_of_the_host_is_left, AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, no_pivot_hides_the_host, AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, read_only_root_leaves_its_mounts_writable, AS_ROOT,
			    AS_USER + 1);
	tcase_add_loop_test(tc, missing_root_has_a_sentence, AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, root_path_may_be_relative_to_the_bundle, AS_ROOT,
			    AS_USER + 1);
	tcase_add_loop_test(tc, unreachable_root_has_a_sentence, AS_MAPPED_ROOT,
			    AS_USER + 1);
	tcase_add_loop_test(tc, unreachable_root_may_be_the_working_directory, AS_ROOT,
			    AS_USER + 1);
	tcase_add_loop_test(tc, unreachable_root_may_come_from_the_parent, AS_ROOT,
			    AS_USER + 1);
	tcase_add_loop_test(tc, bind_of_the_hosts_root_does_not_hold_the_container,
			    AS_ROOT, AS_USER + 1);
	tcase_add_test(tc, mounts_never_reach_the_host);
	tcase_add_test(tc, shared_volume_reaches_the_host);
}

int main(void)
{
	return box_main("rootfs", add);
}
