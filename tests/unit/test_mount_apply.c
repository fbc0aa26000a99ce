/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/mman.h>

#include "rootfs_box.h"

static void usual(struct box *b)
{
	bool user_ns = b->user != AS_ROOT;

	box_mount_usual(b);
	box_mask_usual(b);
	box_start(b);
	EXPECT(mount_has("/proc", "rw,nosuid,nodev,noexec,relatime - proc proc"));
	EXPECT(mount_has("/dev", "rw,nosuid - tmpfs tmpfs"));
	EXPECT(mount_has("/dev/pts", "rw,nosuid,noexec,relatime - devpts devpts"));
	EXPECT(mount_has("/dev/pts",
			 b->user == AS_USER ? "mode=620,ptmxmode=666" : "gid="));
	EXPECT(mount_has("/dev/shm", "rw,nosuid,nodev,noexec,relatime - tmpfs shm"));
	EXPECT(mount_has("/dev/mqueue",
			 "rw,nosuid,nodev,noexec,relatime - mqueue mqueue"));
	EXPECT(mount_has("/sys", "ro,nosuid,nodev,noexec,relatime - sysfs sysfs"));
	EXPECT(mount_has("/sys/fs/cgroup", "ro,nosuid,nodev,noexec,relatime - cgroup2"));
	EXPECT(mount_has("/proc/timer_list", "ro,"));
	EXPECT(mount_has("/proc/sys", "ro,"));
	EXPECT(getpid() == 1 &&
	       str_eq(read_text("/proc/1/comm"), read_text("/proc/self/comm")));
	EXPECT(access("/dev/ptmx", R_OK | W_OK) == 0 &&
	       open("/dev/ptmx", O_RDWR | O_NOCTTY) >= 0);
	EXPECT(!user_ns || mount_has("/dev/null", "devtmpfs"));
}
BOX_TEST(container_has_the_usual_mounts, NULL, usual)

static void without_netns(struct box *b)
{
	b->r.own_net_ns = b->r.own_ipc_ns = false;
	box_mount(b, "/proc", "proc", "proc", NULL);
	box_mount(b, "/sys", "sysfs", "sysfs", "nosuid,noexec,nodev,ro");
	box_start(b);
	EXPECT(mount_has("/sys", "ro,nosuid,nodev,noexec,relatime"));
	EXPECT(b->user == AS_ROOT ||
	       mount_has("/sys/fs/cgroup", "ro,nosuid,nodev,noexec"));
	EXPECT(open("/sys/kernel/uevent_seqnum", O_RDONLY) >= 0);
}
BOX_TEST(host_sysfs_is_bound_read_only_without_a_network_namespace, NULL, without_netns)

static void without_pidns(struct box *b)
{
	char self[16] = "";

	b->r.own_pid_ns = b->r.own_ipc_ns = false;
	box_mount(b, "/proc", "proc", "proc", "nosuid,noexec,nodev");
	box_mount(b, "/mq", "mqueue", "mqueue", "nosuid");
	if (b->user != AS_ROOT && access("/dev/mqueue", F_OK) < 0) {
		box_refused(
			b,
			"mount /mq: bind the host's /dev/mqueue: no such file or directory");
		return;
	}
	box_start(b);
	EXPECT(mount_has("/proc", "nosuid,nodev,noexec,relatime - proc proc"));
	/* The host's procfs shows other pids than ours. */
	EXPECT(readlink("/proc/self", self, sizeof(self)) > 0);
	EXPECT(str_eq(self, "1") == (b->user == AS_ROOT));
}
BOX_TEST(host_proc_is_bound_without_a_pid_namespace, NULL, without_pidns)

/* As inside a container of docker's or podman's, whose masks cover parts of /proc. */
static void covered_proc(struct box *b)
{
	EXPECT(mount("cover", "/proc/fs", "tmpfs", MS_RDONLY, NULL) == 0);
	EXPECT(unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0);
	b->r.in_user_ns = true;
	box_mount(b, "/proc", "proc", "proc", NULL);
	box_refused(b, "mount /proc: proc");
	EXPECT(b->err.code == EPERM && strstr(b->err.hint, "systempaths=unconfined"));
}
BOX_TEST(covered_proc_of_the_host_has_a_sentence, NULL, covered_proc)

static void cgroup_shared(struct box *b)
{
	b->r.own_cgroup_ns = b->r.new_cgroup_ns = false;
	box_mount(b, "/proc", "proc", "proc", NULL);
	box_mount(b, "/sys", "sysfs", "sysfs", "ro");
	box_mount(b, "/sys/fs/cgroup", "cgroup", "cgroup", "rw");
	box_start(b);
	EXPECT(b->user == AS_ROOT || mount_has("/sys/fs/cgroup", " ro,"));
}
BOX_TEST(shared_cgroups_are_never_writable_in_a_user_namespace, NULL, cgroup_shared)

/* It could make it writable again: so it has none of the host's. */
static void cgroup_shared_with_admin(struct box *b)
{
	char *all[] = {(char *)"CAP_SYS_ADMIN", NULL};
	struct spec_capabilities capabilities = {.bounding = all};
	struct spec_process process = {.capabilities = &capabilities};

	b->r.own_cgroup_ns = b->r.new_cgroup_ns = false;
	b->spec.process = &process;
	box_mount(b, "/proc", "proc", "proc", NULL);
	box_mount(b, "/sys", "sysfs", "sysfs", "ro");
	box_mount(b, "/sys/fs/cgroup", "cgroup", "cgroup", "ro");
	box_start(b);
	EXPECT(b->user == AS_ROOT || mount_has("/sys/fs/cgroup", "ro,"));
	EXPECT(b->user == AS_ROOT || mount_has("/sys/fs/cgroup", "- tmpfs"));
	b->spec.process = NULL;
}
BOX_TEST(who_may_remount_gets_no_cgroups_of_the_host, NULL, cgroup_shared_with_admin)

/* Another container's namespace: what it shows is that one's. */
static void cgroup_joined(struct box *b)
{
	cleanup_fd int some_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	b->r.new_cgroup_ns = false;
	b->r.cgroup_fd = some_fd;
	box_mount(b, "/proc", "proc", "proc", NULL);
	box_mount(b, "/sys", "sysfs", "sysfs", "ro");
	box_mount(b, "/sys/fs/cgroup", "cgroup2", "cgroup", "rw");
	box_start(b);
	EXPECT(mount_has("/sys/fs/cgroup", b->user == AS_ROOT ? " rw," : " ro,"));
}
BOX_TEST(cgroups_of_another_container_are_not_writable, NULL, cgroup_joined)

static void cgroup_not_own(struct box *b)
{
	box_mount(b, "/proc", "proc", "proc", NULL);
	box_mount(b, "/sys", "sysfs", "sysfs", "ro");
	box_mount(b, "/sys/fs/cgroup", "cgroup2", "cgroup", "rw");
	box_start(b);
	EXPECT(mount_has("/sys/fs/cgroup", b->user == AS_ROOT ? " rw," : " ro,"));
}
BOX_TEST(cgroup_of_the_caller_is_never_writable, NULL, cgroup_not_own)

static void binds_before(struct box *b)
{
	box_dir(b, "data/sub");
	box_file(b, "data/file", "content");
	box_file(b, "root/etc/hosts", "old");
	box_link(b, "/etc", "root/link");
}

static void binds(struct box *b)
{
	box_mount(b, "/proc", "proc", "proc", NULL);
	box_mount(b, "/new/dir", "bind", box_path(b, "data"), "rbind,ro,nosuid");
	box_mount(b, "relative", NULL, "data", "bind,noexec");
	box_mount(b, "/etc/hosts", "bind", box_path(b, "data/file"), "bind");
	box_mount(b, "/new/file", "bind", box_path(b, "data/file"), "bind,ro");
	box_mount(b, "/link/through", "bind", box_path(b, "data"), "bind");
	box_start(b);
	EXPECT(mount_has("/new/dir", " ro,nosuid"));
	EXPECT(mount_has("/relative", "noexec"));
	EXPECT(str_eq(read_text("/etc/hosts"), "content"));
	EXPECT(str_eq(read_text("/new/file"), "content"));
	EXPECT(open("/new/dir/x", O_WRONLY | O_CREAT, 0600) < 0 && errno == EROFS);
	EXPECT(str_eq(read_text("/etc/through/file"), "content"));
}
BOX_TEST(binds_make_what_is_missing, binds_before, binds)

static void check_made_modes(struct box *b)
{
	struct stat st;

	umask(077);
	binds(b);
	EXPECT(stat("/new", &st) == 0 && (st.st_mode & 07777) == 0755);
	umount2("/new/file", MNT_DETACH);
	umount2("/new/dir", MNT_DETACH);
	EXPECT(stat("/new/dir", &st) == 0 && (st.st_mode & 07777) == 0755);
	EXPECT(stat("/new/file", &st) == 0 && (st.st_mode & 07777) == 0644);
}
BOX_TEST(made_mount_points_have_fixed_modes, binds_before, check_made_modes)

static void missing_source(struct box *b)
{
	box_mount(b, "/mnt", "bind", "/nowhere/at/all", "bind");
	box_refused(b, "mount /mnt: source /nowhere/at/all: no such file or directory");
	EXPECT(strstr(b->err.hint, "mkdir -p"));
}
BOX_TEST(missing_bind_source_has_a_sentence, NULL, missing_source)

static void kind_mismatch(struct box *b)
{
	box_mount(b, "/etc/hosts", "bind", box_path(b, "data"), "bind");
	box_refused(
		b, "mount /etc/hosts: the source is a directory, the destination a file");
}
BOX_TEST(directory_on_a_file_has_a_sentence, binds_before, kind_mismatch)

/* Inside: a tree of two mounts as source, made in our own mount namespace. */
static void make_tree(struct box *b)
{
	const char *tree = box_path(b, "data");
	const char *sub = box_path(b, "data/sub");
	EXPECT(mount(tree, tree, NULL, MS_BIND, NULL) == 0);
	EXPECT(mount("sub", sub, "tmpfs", 0, NULL) == 0);
}

static void recursive(struct box *b)
{
	make_tree(b);
	box_mount(b, "/proc", "proc", "proc", NULL);
	box_mount(b, "/ro", "bind", "data", "rbind,ro");
	box_mount(b, "/rro", "bind", "data", "rbind,rro,rnoexec");
	box_mount(b, "/flat", "bind", "data", "bind");
	box_start(b);
	EXPECT(mount_has("/ro", " ro") && mount_has("/ro/sub", " rw"));
	EXPECT(mount_has("/rro", " ro") && mount_has("/rro/sub", " ro"));
	EXPECT(mount_has("/rro/sub", "noexec"));
	EXPECT(!mount_line("/flat/sub"));
}
BOX_TEST(recursive_words_reach_the_whole_tree, binds_before, recursive)

static void locked(struct box *b)
{
	const char *data = box_path(b, "data");

	EXPECT(mount(data, data, NULL, MS_BIND, NULL) == 0);
	EXPECT(mount(NULL, data, NULL,
		     MS_BIND | MS_REMOUNT | MS_NOEXEC | MS_NOSUID | MS_NODEV, NULL) == 0);
	EXPECT(unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0);
	b->r.in_user_ns = true;
	b->r.own_pid_ns = b->r.own_net_ns = b->r.own_ipc_ns = false;
}

static void locked_kept(struct box *b)
{
	box_mount(b, "/data", "bind", "data", "bind,ro");
	locked(b);
	b->mounts[0].options = str_split("bind,ro", ',');
	EXPECT(box_plan(b) == 0 && rootfs_open(&b->r, &b->err) == 0 &&
		       mount_open_sources(&b->r, &b->err) == 0,
	       "%s", box_message(b));
	EXPECT(mount_apply(&b->r, &b->err) == 0, "%s", box_message(b));
	EXPECT(mount_has(box_path(b, "root/data"), "ro,nosuid,nodev,noexec"));
}
BOX_TEST(locked_flags_are_kept, binds_before, locked_kept)

static void locked_refused(struct box *b)
{
	box_mount(b, "/data", "bind", "data", "bind,exec");
	locked(b);
	box_refused(
		b,
		"mount /data: the source cannot be mounted \"exec\": it is noexec on the host");
}
BOX_TEST(clearing_a_locked_flag_has_a_sentence, binds_before, locked_refused)

static void locked_tree(struct box *b)
{
	make_tree(b);
	box_mount(b, "/data", "bind", "data", "bind");
	EXPECT(unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0);
	b->r.in_user_ns = true;
	box_refused(b, "it has mounts below that must not be uncovered");
	EXPECT(strstr(b->err.hint, "rbind"));
}
BOX_TEST(flat_bind_of_a_locked_tree_has_a_sentence, binds_before, locked_tree)

static void outside_before(struct box *b)
{
	box_dir(b, "outside");
	box_dir(b, "data");
	box_file(b, "data/file", "content");
	box_link(b, b->dir, "root/abs");
	box_link(b, "../../../../../../../../..", "root/up");
}

static void links_stay_inside(struct box *b)
{
	cleanup_free char *through = xasprintf("/up%s/outside/x", b->dir);

	box_mount(b, "/abs/outside/x", "bind", "data", "bind");
	box_mount(b, through, "bind", "data", "bind");
	box_mount(b, "/../../../outside/y", "tmpfs", "tmpfs", NULL);
	int r = box_build(b);
	EXPECT(r == 0, "%s", box_message(b));
	EXPECT(access(box_path(b, "outside/x"), F_OK) < 0);
	EXPECT(access(box_path(b, "outside/y"), F_OK) < 0);
	EXPECT(box_enter(b) == 0);
	cleanup_free char *inside = xasprintf("%s/outside/x/file", b->dir);
	EXPECT(str_eq(read_text(inside), "content"));
}
BOX_TEST(links_and_dots_never_lead_out, outside_before, links_stay_inside)

static void proc_link_before(struct box *b)
{
	EXPECT(rmdir(box_path(b, "root/proc")) == 0);
	box_dir(b, "root/etc/fake");
	box_link(b, "etc/fake", "root/proc");
	EXPECT(rmdir(box_path(b, "root/sys")) == 0);
	box_link(b, "/etc", "root/sys");
}

static void proc_link(struct box *b)
{
	box_mount(b, "/proc", "proc", "proc", NULL);
	box_refused(b, "mount /proc: /proc is a symbolic link in the root file system");
}
BOX_TEST(proc_that_is_a_link_is_refused, proc_link_before, proc_link)

static void sys_link(struct box *b)
{
	box_mount(b, "/sys", "sysfs", "sysfs", "ro");
	box_refused(b, "mount /sys: /sys is a symbolic link in the root file system");
}
BOX_TEST(sys_that_is_a_link_is_refused, proc_link_before, sys_link)

static void below_proc_before(struct box *b)
{
	box_dir(b, "data");
	box_file(b, "data/file", "MemTotal: 1 kB\n");
	box_link(b, "/proc/self/attr", "root/attr");
	box_link(b, "/proc/sys", "root/sysctl");
}

static void below_proc(struct box *b)
{
	box_mount(b, "/proc", "proc", "proc", NULL);
	box_mount(b, "/proc/meminfo", "bind", "data/file", "bind");
	box_start(b);
	EXPECT(str_eq(read_text("/proc/meminfo"), "MemTotal: 1 kB\n"));
}
BOX_TEST(files_of_lxcfs_may_cover_proc, below_proc_before, below_proc)

static void below_proc_by_link(struct box *b)
{
	box_mount(b, "/proc", "proc", "proc", NULL);
	box_mount(b, "/sysctl", "bind", "data", "bind");
	box_refused(b, "mount /sysctl: /sysctl lies inside a procfs");
}
BOX_TEST(link_into_proc_is_no_mount_point, below_proc_before, below_proc_by_link)

static void false_proc(struct box *b)
{
	box_mount(b, "/proc", "bind", "data", "bind");
	box_refused(b, "mount /proc: /proc can only be a procfs, and data is none");
}
BOX_TEST(bind_on_proc_must_be_a_procfs, below_proc_before, false_proc)

/* A process of another container renames the destination all the time. */
static void race(struct box *b)
{
	const char *a = box_path(b, "shared/a"), *link_name = box_path(b, "shared/link");
	unsigned int attached = 0;

	pid_t racer = fork();
	while (racer == 0)
		(void)renameat2(AT_FDCWD, a, AT_FDCWD, link_name, RENAME_EXCHANGE);
	box_mount(b, "/shared", "bind", "shared", "rbind");
	box_mount(b, "/shared/a/x", "tmpfs", "caught", NULL);
	for (int i = 0; i < 300; i++) {
		pid_t pid = fork();
		int status;
		if (pid == 0) {
			EXPECT(unshare(CLONE_NEWNS) == 0);
			if (box_build(b) < 0)
				_exit(2);
			_exit(mount_line(box_path(b, "outside/x")) ? 1 : 0);
		}
		waitpid(pid, &status, 0);
		EXPECT(WIFEXITED(status) && WEXITSTATUS(status) != 1);
		attached += WEXITSTATUS(status) == 0;
		EXPECT(access(box_path(b, "outside/x"), F_OK) < 0);
	}
	kill(racer, SIGKILL);
	waitpid(racer, NULL, 0);
	EXPECT(attached > 0);
}

static void race_before(struct box *b)
{
	box_dir(b, "outside");
	box_dir(b, "shared/a");
	box_link(b, box_path(b, "outside"), "shared/link");
	EXPECT(b->user == AS_ROOT ||
	       (chown(box_path(b, "shared"), BOX_UID, BOX_UID) == 0 &&
		chown(box_path(b, "shared/a"), BOX_UID, BOX_UID) == 0));
}
BOX_TEST(racing_renames_do_not_lead_out, race_before, race)

static void tmpfs_before(struct box *b)
{
	box_dir(b, "root/private/deep/er");
	box_file(b, "root/private/file", "text");
	box_link(b, "file", "root/private/link");
	EXPECT(mkfifo(box_path(b, "root/private/fifo"), 0640) == 0);
	EXPECT(chmod(box_path(b, "root/private"), 0750) == 0);
	EXPECT(chmod(box_path(b, "root/private/file"), 04711) == 0);
	EXPECT(chmod(box_path(b, "root/tmp"), 01777) == 0);
	if (b->user != AS_ROOT) {
		static const char *const names[] = {"",      "/file", "/link",
						    "/fifo", "/deep", "/deep/er"};
		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			cleanup_free char *path =
				xasprintf("%s/private%s", b->root, names[i]);
			EXPECT(lchown(path, BOX_UID, BOX_UID) == 0);
		}
		EXPECT(chmod(box_path(b, "root/private/file"), 04711) == 0);
	}
}

static void tmpfs(struct box *b)
{
	struct stat st;
	char target[16] = "";

	box_mount(b, "/proc", "proc", "proc", NULL);
	box_mount(b, "/tmp", "tmpfs", "tmpfs", "size=4096k,nosuid");
	box_mount(b, "/private", "tmpfs", "tmpfs", "tmpcopyup,ro");
	box_mount(b, "/private/deep/inner", "tmpfs", "tmpfs", "mode=0700");
	box_start(b);
	EXPECT(stat("/tmp", &st) == 0 && (st.st_mode & 07777) == 01777);
	EXPECT(mount_has("/tmp", "size=4096k"));
	EXPECT(stat("/private", &st) == 0 && (st.st_mode & 07777) == 0750);
	EXPECT(stat("/private/file", &st) == 0 && (st.st_mode & 07777) == 04711 &&
	       st.st_uid == 0);
	EXPECT(str_eq(read_text("/private/file"), "text"));
	EXPECT(readlink("/private/link", target, sizeof(target)) == 4 &&
	       str_eq(target, "file"));
	EXPECT(stat("/private/fifo", &st) == 0 && S_ISFIFO(st.st_mode) &&
	       (st.st_mode & 0777) == 0640);
	EXPECT(stat("/private/deep/er", &st) == 0 && S_ISDIR(st.st_mode));
	EXPECT(stat("/private/deep/inner", &st) == 0 && (st.st_mode & 0777) == 0700);
	EXPECT(mount_has("/private", " ro"));
	EXPECT(mkdir("/private/new", 0700) < 0 && errno == EROFS);
}
BOX_TEST(tmpfs_takes_over_mode_and_content, tmpfs_before, tmpfs)

static void bad_option(struct box *b)
{
	box_mount(b, "/tmp", "tmpfs", "tmpfs", "sieze=4k");
	box_refused(b, "mount /tmp: option sieze=4k: tmpfs: Unknown parameter 'sieze'");
	EXPECT(b->err.kind == ERR_INVALID);
}
BOX_TEST(wrong_option_is_named, NULL, bad_option)

static void layers_before(struct box *b)
{
	char name[200];

	for (int i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "layers/%0150d", i);
		box_dir(b, name);
		snprintf(name, sizeof(name), "layers/%0150d/file%d", i, i);
		box_file(b, name, "x");
	}
	box_dir(b, "up");
	box_dir(b, "work");
	EXPECT(chown(box_path(b, "up"), b->user ? BOX_UID : 0, 0) == 0);
	EXPECT(chown(box_path(b, "work"), b->user ? BOX_UID : 0, 0) == 0);
}

static void layers(struct box *b)
{
	cleanup_free char *options = xasprintf(
		"lowerdir=%s/layers/%0150d:%s/layers/%0150d:%s/layers/%0150d,upperdir=%s/up,workdir=%s/work%s",
		b->dir, 0, b->dir, 1, b->dir, 2, b->dir, b->dir,
		b->user ? ",userxattr" : "");

	box_mount(b, "/proc", "proc", "proc", NULL);
	box_mount(b, "/merged", "overlay", "overlay", options);
	if (box_build(b) < 0) {
		EXPECT(b->err.hint && strstr(b->err.hint, "needs Linux 6.8"), "%s",
		       box_message(b));
		return;
	}
	EXPECT(box_enter(b) == 0, "%s", box_message(b));
	EXPECT(access("/merged/file0", F_OK) == 0 && access("/merged/file1", F_OK) == 0 &&
	       access("/merged/file2", F_OK) == 0);
	EXPECT(open("/merged/new", O_WRONLY | O_CREAT, 0600) >= 0);
}
BOX_TEST(list_of_layers_may_be_long, layers_before, layers)

static void bad_type(struct box *b)
{
	box_mount(b, "/tmp", "nosuchfs", "x", NULL);
	box_refused(
		b,
		"mount /tmp: this kernel does not know the file system type \"nosuchfs\"");
	EXPECT(b->err.kind == ERR_UNSUPPORTED);
}
BOX_TEST(unknown_type_is_named, NULL, bad_type)

static void links_before(struct box *b)
{
	box_file(b, "file", "content");
	box_link(b, "/some/where", "source");
	box_link(b, "/etc", "root/dest");
}

static void links(struct box *b)
{
	char target[32] = "";

	box_mount(b, "/proc", "proc", "proc", NULL);
	box_mount(b, "/a/copied", "bind", "source", "bind,copy-symlink");
	box_mount(b, "/a/bound", "bind", "source", "bind,src-nofollow");
	box_mount(b, "/dest", "bind", "file", "bind,dest-nofollow");
	box_start(b);
	EXPECT(readlink("/a/copied", target, sizeof(target)) == 11 &&
	       str_eq(target, "/some/where"));
	EXPECT(str_eq(read_text("/dest"), "content"));
	memset(target, 0, sizeof(target));
	EXPECT(readlink("/a/bound", target, sizeof(target)) == 11 &&
	       str_eq(target, "/some/where"));
}
BOX_TEST(words_about_links_are_honoured, links_before, links)

static void remount(struct box *b)
{
	box_mount(b, "/proc", "proc", "proc", NULL);
	box_mount(b, "/tmp", "tmpfs", "tmpfs", NULL);
	box_mount(b, "/tmp", NULL, NULL, "remount,noexec,ro");
	box_start(b);
	EXPECT(mount_has("/tmp", " ro,noexec"));
}
BOX_TEST(remount_changes_flags, NULL, remount)

static void remount_nothing(struct box *b)
{
	box_mount(b, "/etc", NULL, NULL, "remount,ro");
	box_refused(b, "mount /etc: remount: nothing is mounted there");
}
BOX_TEST(remount_of_no_mount_has_a_sentence, NULL, remount_nothing)

static void propagation(struct box *b)
{
	const char *vol = box_path(b, "data");

	EXPECT(mount("vol", vol, "tmpfs", 0, NULL) == 0);
	EXPECT(mount(NULL, vol, NULL, MS_SHARED, NULL) == 0);
	EXPECT(unshare(CLONE_NEWNS) == 0); /* what is left behind plays the host */
	box_mount(b, "/proc", "proc", "proc", NULL);
	box_mount(b, "/slave", "bind", "data", "rbind,rslave");
	box_mount(b, "/private", "bind", "data", "rbind");
	box_mount(b, "/shared", "tmpfs", "tmpfs", "shared");
	box_start(b);
	EXPECT(mount_has("/slave", "master:"));
	EXPECT(!strstr(mount_line("/private"), "master:"));
	EXPECT(mount_has("/shared", "shared:"));
	EXPECT(!strstr(mount_line("/"), "shared:") &&
	       !strstr(mount_line("/"), "master:"));
}
BOX_TEST(propagation_words_are_honoured, binds_before, propagation)

/* As a parent would: with a /proc in which its children have the pids that it knows. False: before Linux
 * 6.3 a tmpfs can't be idmapped. */
static bool idmap_open(struct box *b, const char *options)
{
	box_mount(b, "/proc", "proc", "proc", NULL);
	box_mount(b, "/data", "bind", "data", options);
	EXPECT(mount("proc", "/proc", "proc", 0, NULL) == 0);
	EXPECT(box_plan(b) == 0, "%s", box_message(b));
	b->sources[1] = mount_source_open(&b->plan.steps[1], b->dir, -EBADF, &b->err);
	if (b->sources[1] < 0 &&
	    strstr(box_message(b), "cannot be idmapped by this kernel"))
		return false;
	EXPECT(b->sources[1] >= 0, "%s", box_message(b));
	EXPECT(rootfs_open(&b->r, &b->err) == 0 &&
		       mount_open_sources(&b->r, &b->err) == 0 &&
		       mount_apply(&b->r, &b->err) == 0 &&
		       rootfs_enter(&b->r, &b->err) == 0,
	       "%s", box_message(b));
	return true;
}

static void idmap(struct box *b)
{
	struct stat st;

	EXPECT(mount("data", box_path(b, "data"), "tmpfs", 0, NULL) == 0);
	box_file(b, "data/file", "x");
	if (!idmap_open(b, "bind,ro,idmap=uids=0-5000-10;gids=0-6000-10"))
		return;
	EXPECT(stat("/data/file", &st) == 0 && st.st_uid == 5000 && st.st_gid == 6000);
	EXPECT(mount_has("/data", "ro,"));
}
BOX_TEST(idmap_shows_other_owners, binds_before, idmap)

/* Paths, each ended by NUL, as one line. */
static char *told(int fd)
{
	static char text[4096];
	ssize_t n;

	EXPECT(lseek(fd, 0, SEEK_SET) == 0);
	n = read(fd, text, sizeof(text) - 1);
	EXPECT(n >= 0);
	text[n] = '\0';
	for (ssize_t i = 0; i < n; i++)
		if (!text[i])
			text[i] = ' ';
	return text;
}

/* What was there is not told, nor what was made in a mount. */
static void made(struct box *b)
{
	int fd = sys_memfd_create("made", MFD_CLOEXEC);

	EXPECT(fd >= 0);
	b->r.made_fd = fd;
	box_dir(b, "root/there");
	box_file(b, "file", "x");
	box_mount(b, "/there", "tmpfs", "tmpfs", NULL);
	box_mount(b, "/there/new", "tmpfs", "tmpfs", NULL);
	box_mount(b, "/a/b/c", "tmpfs", "tmpfs", NULL);
	box_mount(b, "/a/f", "bind", "file", "bind");
	box_start(b);
	EXPECT(str_eq(told(fd), "a/b/c a/b a a/f "), "%s", told(fd));
}
BOX_TEST(places_that_were_made_are_told, binds_before, made)

static void made_at_link(struct box *b)
{
	int fd = sys_memfd_create("made", MFD_CLOEXEC);

	EXPECT(fd >= 0);
	b->r.made_fd = fd;
	box_dir(b, "root/there");
	box_dir(b, "root/deep");
	EXPECT(symlink("../deep/down/file", box_path(b, "root/there/link")) == 0);
	box_file(b, "file", "x");
	box_mount(b, "/there/link", "bind", "file", "bind");
	box_start(b);
	EXPECT(str_eq(told(fd), "deep/down/file deep/down "), "%s", told(fd));
}
BOX_TEST(places_that_a_link_leads_to_are_told, binds_before, made_at_link)

static void idmap_impossible(struct box *b)
{
	box_mount(b, "/data", "bind", "/proc",
		  "bind,idmap=uids=0-5000-10;gids=0-6000-10");
	EXPECT(mount("proc", "/proc", "proc", 0, NULL) == 0);
	EXPECT(box_plan(b) == 0);
	EXPECT(mount_source_open(&b->plan.steps[0], b->dir, -EBADF, &b->err) < 0);
	EXPECT(strstr(b->err.text, "file systems proc cannot be idmapped"), "%s",
	       box_message(b));
	error_release(&b->err);
	b->plan.steps[0].uids.n_lines = 0;
	EXPECT(mount_source_open(&b->plan.steps[0], b->dir, -EBADF, &b->err) < 0);
	EXPECT(strstr(b->err.text, "idmap without mappings"), "%s", box_message(b));
}
BOX_TEST(impossible_idmap_names_the_file_system, binds_before, idmap_impossible)

static void idmap_as_user(struct box *b)
{
	box_mount(b, "/data", "bind", "data", "bind,idmap=uids=0-5000-10;gids=0-6000-10");
	EXPECT(box_plan(b) == 0);
	EXPECT(setresuid(BOX_UID, BOX_UID, BOX_UID) == 0);
	EXPECT(mount_source_open(&b->plan.steps[0], b->dir, -EBADF, &b->err) < 0);
	EXPECT(strstr(b->err.text, "only root may idmap"), "%s", box_message(b));
	error_release(&b->err);
}
BOX_TEST(idmap_is_for_root, binds_before, idmap_as_user)

static void add(TCase *tc)
{
	tcase_add_loop_test(tc, container_has_the_usual_mounts, AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, host_sysfs_is_bound_read_only_without_a_network_namespace,
			    AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, shared_cgroups_are_never_writable_in_a_user_namespace,
			    AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, who_may_remount_gets_no_cgroups_of_the_host, AS_ROOT,
			    AS_USER + 1);
	tcase_add_loop_test(tc, cgroups_of_another_container_are_not_writable, AS_ROOT,
			    AS_USER + 1);
	tcase_add_loop_test(tc, cgroup_of_the_caller_is_never_writable, AS_ROOT,
			    AS_USER + 1);
	tcase_add_loop_test(tc, binds_make_what_is_missing, AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, made_mount_points_have_fixed_modes, AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, missing_bind_source_has_a_sentence, AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, directory_on_a_file_has_a_sentence, AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, recursive_words_reach_the_whole_tree, AS_ROOT,
			    AS_USER + 1);
	tcase_add_test(tc, locked_flags_are_kept);
	tcase_add_test(tc, clearing_a_locked_flag_has_a_sentence);
	tcase_add_test(tc, flat_bind_of_a_locked_tree_has_a_sentence);
	tcase_add_loop_test(tc, links_and_dots_never_lead_out, AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, proc_that_is_a_link_is_refused, AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, sys_that_is_a_link_is_refused, AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, files_of_lxcfs_may_cover_proc, AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, link_into_proc_is_no_mount_point, AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, bind_on_proc_must_be_a_procfs, AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, racing_renames_do_not_lead_out, AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, tmpfs_takes_over_mode_and_content, AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, wrong_option_is_named, AS_ROOT, AS_USER + 1);
	tcase_add_test(tc, covered_proc_of_the_host_has_a_sentence);
	tcase_add_loop_test(tc, list_of_layers_may_be_long, AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, host_proc_is_bound_without_a_pid_namespace, AS_ROOT,
			    AS_USER + 1);
	tcase_add_loop_test(tc, unknown_type_is_named, AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, words_about_links_are_honoured, AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, remount_changes_flags, AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, remount_of_no_mount_has_a_sentence, AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, propagation_words_are_honoured, AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, places_that_were_made_are_told, AS_ROOT, AS_USER + 1);
	tcase_add_loop_test(tc, places_that_a_link_leads_to_are_told, AS_ROOT,
			    AS_USER + 1);
	tcase_add_test(tc, idmap_is_for_root);
	tcase_add_test(tc, idmap_shows_other_owners);
	tcase_add_test(tc, impossible_idmap_names_the_file_system);
}

int main(void)
{
	return box_main("mount_apply", add);
}
