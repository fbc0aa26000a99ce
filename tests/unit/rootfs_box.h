/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the tests of root file systems: a small root in a temporary directory, a process in
 * new namespaces (as root, as root in a user namespace with a range, as a plain user with
 * one id), and the steps of rootfs.h in their order. A test's function runs in that
 * process; EXPECT() ends it with a message. Nothing is ever mounted outside of the new
 * mount namespace.
 */
#pragma once

#include <check.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/mount_plan.h"
#include "runtime/rootfs.h"
#include "spec/spec.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"

#define EXPECT(condition, ...)                                                         \
	do {                                                                           \
		if (!(condition)) {                                                    \
			fprintf(stderr, "%s:%d: %s:", __FILE__, __LINE__, #condition); \
			fprintf(stderr, " " __VA_ARGS__);                              \
			fputc('\n', stderr);                                           \
			_exit(1);                                                      \
		}                                                                      \
	} while (0)

enum box_user { AS_ROOT, AS_MAPPED_ROOT, AS_USER };

#define BOX_STEPS 24
struct box {
	enum box_user user;
	char dir[64];  /* temporary directory, removed at the end */
	char root[80]; /* dir/root */
	struct spec spec;
	struct spec_linux linux;
	struct spec_root spec_root;
	struct spec_mount mounts[BOX_STEPS];
	struct mount_plan plan;
	struct rootfs r;
	int sources[BOX_STEPS];
	struct error err;
};

static inline void box_dir(const struct box *b, const char *name)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *path = fs_join(b->dir, name);
	EXPECT(fs_mkdirs(AT_FDCWD, path, 0755, &err) == 0, "%s", path);
}

static inline void box_file(const struct box *b, const char *name, const char *text)
{
	cleanup_free char *path = fs_join(b->dir, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	EXPECT(fd >= 0, "%s", path);
	EXPECT(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static inline void box_link(const struct box *b, const char *target, const char *name)
{
	cleanup_free char *path = fs_join(b->dir, name);
	EXPECT(symlink(target, path) == 0, "%s", path);
}

/* Good until the fourth call from now. */
static inline const char *box_path(const struct box *b, const char *name)
{
	static char paths[4][256];
	static unsigned int next;
	char *path = paths[next++ % ARRAY_SIZE(paths)];
	snprintf(path, sizeof(paths[0]), "%s/%s", b->dir, name);
	return path;
}

static inline void box_mount(struct box *b, const char *destination, const char *type,
			     const char *source, const char *options)
{
	struct spec_mount *m = &b->mounts[b->spec.n_mounts++];
	EXPECT(b->spec.n_mounts <= BOX_STEPS);
	m->destination = xstrdup(destination);
	m->type = type ? xstrdup(type) : NULL;
	m->source = source ? xstrdup(source) : NULL;
	m->options = options ? str_split(options, ',') : NULL;
}

/* What engines give to every container. */
static inline void box_mount_usual(struct box *b)
{
	box_mount(b, "/proc", "proc", "proc", "nosuid,noexec,nodev");
	box_mount(b, "/dev", "tmpfs", "tmpfs", "nosuid,strictatime,mode=755,size=65536k");
	box_mount(b, "/dev/pts", "devpts", "devpts",
		  "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5");
	box_mount(b, "/dev/shm", "tmpfs", "shm",
		  "nosuid,noexec,nodev,mode=1777,size=65536k");
	box_mount(b, "/dev/mqueue", "mqueue", "mqueue", "nosuid,noexec,nodev");
	box_mount(b, "/sys", "sysfs", "sysfs", "nosuid,noexec,nodev,ro");
	box_mount(b, "/sys/fs/cgroup", "cgroup", "cgroup",
		  "nosuid,noexec,nodev,relatime,ro");
}

static inline void box_mask_usual(struct box *b)
{
	b->linux.masked_paths =
		str_split("/proc/acpi,/proc/asound,/proc/kcore,/proc/keys,"
			  "/proc/latency_stats,/proc/timer_list,/proc/timer_stats,"
			  "/proc/sched_debug,/proc/scsi,/sys/firmware",
			  ',');
	b->linux.readonly_paths = str_split(
		"/proc/bus,/proc/fs,/proc/irq,/proc/sys,/proc/sysrq-trigger,/proc/nothing",
		',');
}

static inline void box_init(struct box *b, enum box_user user)
{
	memset(b, 0, sizeof(*b));
	b->user = user;
	strcpy(b->dir, "/tmp/cubby-rootfs-XXXXXX");
	EXPECT(mkdtemp(b->dir));
	EXPECT(chmod(b->dir, 0755) == 0);
	snprintf(b->root, sizeof(b->root), "%s/root", b->dir);
	static const char *const dirs[] = {"root",      "root/etc", "root/tmp",
					   "root/proc", "root/sys", "root/dev"};
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		box_dir(b, dirs[i]);
	b->spec.linux = &b->linux;
	b->spec.root = &b->spec_root;
	b->spec.mounts = b->mounts;
	b->spec_root.path = b->root;
	for (size_t i = 0; i < BOX_STEPS; i++)
		b->sources[i] = -EBADF;
	b->r = (struct rootfs){
		.root_fd = -EBADF,
		.host_proc_fd = -EBADF,
		.new_proc_fd = -EBADF,
		.pre_root_fd = -EBADF,
		.cgroup_fd = -EBADF,
		.made_fd = -EBADF,
		.in_user_ns = user != AS_ROOT,
		.own_net_ns = true,
		.own_pid_ns = true,
		.own_ipc_ns = true,
		.own_cgroup_ns = true,
		.new_cgroup_ns = true,
		.bundle = b->dir,
		.source_fds = b->sources,
	};
}

static inline int box_plan(struct box *b)
{
	b->r.spec = &b->spec;
	b->r.plan = &b->plan;
	b->r.host_proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return mount_plan_build(&b->spec, &b->plan, &b->err);
}

/* Up to the point where the host is still in sight. */
static inline int box_build(struct box *b)
{
	int r = box_plan(b);
	if (r == 0)
		r = rootfs_open(&b->r, &b->err);
	if (r == 0)
		r = mount_open_sources(&b->r, &b->err);
	if (r == 0)
		r = mount_apply(&b->r, &b->err);
	if (r == 0)
		r = device_create(&b->r, &b->err);
	return r;
}

static inline int box_enter(struct box *b)
{
	int r = rootfs_enter(&b->r, &b->err);
	if (r == 0)
		r = mask_apply(&b->r, &b->err);
	if (r == 0)
		r = rootfs_seal(&b->r, &b->err);
	return r;
}

static inline char *box_message(struct box *b)
{
	return error_is_set(&b->err) ? error_message(&b->err) : xstrdup("(no error)");
}

static inline void box_start(struct box *b)
{
	int r = box_build(b);
	EXPECT(r == 0, "%s", box_message(b));
	r = box_enter(b);
	EXPECT(r == 0, "%s", box_message(b));
}

/* Expect that building fails with this in its message. */
static inline void box_refused(struct box *b, const char *words)
{
	int r = box_build(b);
	if (r == 0)
		r = box_enter(b);
	cleanup_free char *text = box_message(b);
	EXPECT(r < 0, "should have failed: %s", words);
	EXPECT(strstr(text, words), "got: %s", text);
	EXPECT(r == -(b->err.code ? b->err.code : EINVAL));
}

/* The last line of mountinfo with this mount point; NULL: none. */
static inline char *mount_line(const char *point)
{
	cleanup_file FILE *f = fopen("/proc/self/mountinfo", "re");
	char *line = NULL, *found = NULL;
	size_t size = 0;

	EXPECT(f);
	while (getline(&line, &size, f) > 0) {
		cleanup_strv char **fields = str_split(line, ' ');
		if (strv_len(fields) > 6 && str_eq(fields[4], point)) {
			free(found);
			found = xstrdup(line);
		}
	}
	free(line);
	return found;
}

static inline bool mount_has(const char *point, const char *words)
{
	cleanup_free char *line = mount_line(point);
	if (line && strstr(line, words))
		return true;
	fprintf(stderr, "%s: %s", point, line ? line : "no mount\n");
	return false;
}

static inline char *read_text(const char *path)
{
	static char text[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n < 0 ? NULL : text;
}

static inline void write_proc(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	EXPECT(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), "%s",
	       path);
	close(fd);
}

#define BOX_UID 31000 /* the plain user; also the base of the mapped range */

static inline void box_enter_user_ns(enum box_user user)
{
	pid_t parent = getpid();
	int go[2], mapped[2];

	if (user == AS_USER) {
		EXPECT(setgroups(0, NULL) == 0 &&
		       setresgid(BOX_UID, BOX_UID, BOX_UID) == 0 &&
		       setresuid(BOX_UID, BOX_UID, BOX_UID) == 0);
		EXPECT(prctl(PR_SET_DUMPABLE, 1) == 0); /* or /proc/self is root's */
		EXPECT(unshare(CLONE_NEWUSER) == 0);
		write_proc("/proc/self/setgroups", "deny");
		write_proc("/proc/self/uid_map", "0 31000 1");
		write_proc("/proc/self/gid_map", "0 31000 1");
		return;
	}
	EXPECT(pipe2(go, O_CLOEXEC) == 0 && pipe2(mapped, O_CLOEXEC) == 0);
	pid_t mapper = fork();
	if (mapper == 0) {
		char path[64], byte;
		EXPECT(read(go[0], &byte, 1) == 1);
		snprintf(path, sizeof(path), "/proc/%d/uid_map", parent);
		write_proc(path, "0 31000 1000");
		snprintf(path, sizeof(path), "/proc/%d/gid_map", parent);
		write_proc(path, "0 31000 1000");
		_exit(write(mapped[1], "m", 1) == 1 ? 0 : 1);
	}
	char byte;
	EXPECT(unshare(CLONE_NEWUSER) == 0);
	EXPECT(write(go[1], "g", 1) == 1 && read(mapped[0], &byte, 1) == 1);
	waitpid(mapper, NULL, 0);
}

typedef void box_function(struct box *b);

/*
 * Runs `before` (may be NULL) as the caller in a fresh box, then `inside` as the first
 * process of new namespaces. False if it failed.
 */
static inline bool box_run(enum box_user user, box_function *before, box_function *inside)
{
	cleanup_error struct error err = ERROR_INIT;
	struct box b;
	int status;

	box_init(&b, user);
	if (user != AS_ROOT) {
		static const char *const dirs[] = {"",         "root",      "root/etc",
						   "root/tmp", "root/proc", "root/sys",
						   "root/dev"};
		for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
			cleanup_free char *path = fs_join(b.dir, dirs[i]);
			EXPECT(chown(path, BOX_UID, BOX_UID) == 0);
		}
	}
	if (before)
		before(&b);
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		if (user != AS_ROOT)
			box_enter_user_ns(user);
		EXPECT(unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS |
			       CLONE_NEWNET | CLONE_NEWCGROUP) == 0);
		/* what a test mounts is not for a host whose / is shared */
		EXPECT(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
		pid_t init = fork();
		if (init == 0) {
			if (user == AS_MAPPED_ROOT)
				EXPECT(setresgid(0, 0, 0) == 0 &&
				       setresuid(0, 0, 0) == 0);
			inside(&b);
			_exit(0);
		}
		waitpid(init, &status, 0);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 99);
	}
	waitpid(pid, &status, 0);
	if (fs_remove_tree(AT_FDCWD, b.dir, &err) < 0)
		error_drop(&err, "left over");
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* One test of Check for each way of not being, or being, root. */
#define BOX_TEST(name, before, inside)                  \
	START_TEST(name)                                \
	{                                               \
		if (geteuid() != 0)                     \
			return;                         \
		ck_assert(box_run(_i, before, inside)); \
	}                                               \
	END_TEST

static inline int box_main(const char *name, void (*add)(TCase *))
{
	Suite *suite = suite_create(name);
	TCase *tc = tcase_create(name);
	tcase_set_timeout(tc, 60);
	add(tc);
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
