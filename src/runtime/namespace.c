/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/namespace.h"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "spec/spec.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/path.h"
#include "util/str.h"
#include "util/sys.h"

static const struct {
	int flag;
	const char *word, *proc_name;
} kinds[NS_KINDS] = {
	[NS_USER] = {CLONE_NEWUSER, "user", "user"},
	[NS_MOUNT] = {CLONE_NEWNS, "mount", "mnt"},
	[NS_PID] = {CLONE_NEWPID, "pid", "pid"},
	[NS_NETWORK] = {CLONE_NEWNET, "network", "net"},
	[NS_IPC] = {CLONE_NEWIPC, "ipc", "ipc"},
	[NS_UTS] = {CLONE_NEWUTS, "uts", "uts"},
	[NS_CGROUP] = {CLONE_NEWCGROUP, "cgroup", "cgroup"},
	[NS_TIME] = {CLONE_NEWTIME, "time", "time"},
};

#define SELF_FILE_MAX 48

int namespace_flag(enum namespace_kind kind)
{
	return kinds[kind].flag;
}

const char *namespace_word(enum namespace_kind kind)
{
	return kinds[kind].word;
}

const char *namespace_proc_name(enum namespace_kind kind)
{
	return kinds[kind].proc_name;
}

bool namespace_is_current(enum namespace_kind kind, int fd)
{
	char path[32];
	struct stat theirs, ours;

	snprintf(path, sizeof(path), "/proc/self/ns/%s", kinds[kind].proc_name);
	return fstat(fd, &theirs) == 0 && stat(path, &ours) == 0 &&
	       theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino;
}

int namespace_open(enum namespace_kind kind, const char *path, int *ret_fd,
		   struct error *err)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return error_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, errno,
				 "open the %s namespace %s", kinds[kind].word, path);
	fd = fd_move_high(fd);
	int type = ioctl(fd, NS_GET_NSTYPE);
	if (type != kinds[kind].flag)
		return error_set(err, ERR_INVALID, 0, "%s is not a %s namespace", path,
				 kinds[kind].word);
	*ret_fd = namespace_is_current(kind, fd) ? -EBADF : TAKE_FD(fd);
	return 0;
}

/* Of the caller's fd, that stays the caller's. */
static int take_given(enum namespace_kind kind, int given_fd, int *ret_fd,
		      struct error *err)
{
	if (ioctl(given_fd, NS_GET_NSTYPE) != kinds[kind].flag)
		return error_set(err, ERR_INVALID, 0, "this is not a %s namespace",
				 kinds[kind].word);
	if (namespace_is_current(kind, given_fd))
		return 0;
	*ret_fd = fcntl(given_fd, F_DUPFD_CLOEXEC, 3);
	return *ret_fd < 0 ? error_set(err, ERR_SYSTEM, errno,
				       "keep the %s namespace open", kinds[kind].word)
			   : 0;
}

int namespace_plan_build(const struct spec *spec, const int *join_fds,
			 struct namespace_plan *ret, struct error *err)
{
	cleanup_namespace_plan struct namespace_plan plan = NAMESPACE_PLAN_INIT;

	for (enum namespace_kind kind = 0; kind < NS_KINDS; kind++) {
		const struct spec_namespace *ns = spec_namespace(spec, kinds[kind].word);

		bool given = join_fds && join_fds[kind] >= 0;

		if (!ns)
			continue;
		if (str_empty(ns->path) && !given) {
			plan.new_flags |= (unsigned long)(unsigned int)kinds[kind].flag;
			continue;
		}
		int r = given ? take_given(kind, join_fds[kind], &plan.join_fd[kind], err)
			      : namespace_open(kind, ns->path, &plan.join_fd[kind], err);
		if (r < 0)
			return error_wrap(err, "linux.namespaces");
	}
	*ret = plan;
	plan = NAMESPACE_PLAN_INIT;
	return 0;
}

void namespace_plan_release(struct namespace_plan *plan)
{
	for (size_t i = 0; i < NS_KINDS; i++)
		fd_cleanup_(&plan->join_fd[i]);
	*plan = NAMESPACE_PLAN_INIT;
}

int namespace_join(const struct namespace_plan *plan, enum namespace_kind kind,
		   struct error *err)
{
	if (plan->join_fd[kind] < 0)
		return 0;
	if (sys_setns(plan->join_fd[kind], kinds[kind].flag) < 0)
		return error_set(err, errno == EPERM ? ERR_DENIED : ERR_SYSTEM, errno,
				 "join the %s namespace", kinds[kind].word);
	return 0;
}

bool namespace_differs(enum namespace_kind kind, pid_t pid)
{
	char theirs[48], ours[32];
	struct stat a, b;

	snprintf(theirs, sizeof(theirs), "/proc/%d/ns/%s", pid, kinds[kind].proc_name);
	snprintf(ours, sizeof(ours), "/proc/self/ns/%s", kinds[kind].proc_name);
	return stat(theirs, &a) < 0 || stat(ours, &b) < 0 || a.st_dev != b.st_dev ||
	       a.st_ino != b.st_ino;
}

int namespace_open_of(enum namespace_kind kind, pid_t pid, struct error *err)
{
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, kinds[kind].proc_name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? error_set(err, ERR_SYSTEM, errno,
				  "open the %s namespace of process %d", kinds[kind].word,
				  pid)
		      : fd_move_high(fd);
}

int namespace_open_user(pid_t pid, struct error *err)
{
	return namespace_open_of(NS_USER, pid, err);
}

int namespace_open_owner(int ns_fd)
{
	int fd = ioctl(ns_fd, NS_GET_USERNS);

	return fd < 0 ? -errno : fd_move_high(fd);
}

int namespace_enter_owner(int ns_fd, struct error *err)
{
	cleanup_fd int user_ns_fd = ioctl(ns_fd, NS_GET_USERNS);

	if (user_ns_fd < 0 || sys_setns(user_ns_fd, CLONE_NEWUSER) < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "enter the outer user namespace");
	return 0;
}

/* A file of our own in that procfs. "self" is a link of procfs itself, so it is read, not followed. */
static int self_file(int proc_fd, const char *name, char buf[static SELF_FILE_MAX],
		     struct error *err)
{
	char self[16] = "";

	if (readlinkat(proc_fd, "self", self, sizeof(self) - 1) < 0)
		return error_set(err, ERR_SYSTEM, errno, "read /proc/self");
	snprintf(buf, SELF_FILE_MAX, "%s/%s", self, name);
	return 0;
}

static int write_time_offsets(const struct spec *spec, int proc_fd, struct error *err)
{
	char file[SELF_FILE_MAX];
	cleanup_buf struct buf text;
	buf_init(&text, 4096);

	for (size_t i = 0; i < spec->linux->n_time_offsets; i++) {
		const struct spec_time_offset *o = &spec->linux->time_offsets[i];
		(void)buf_printf(&text, "%s %lld %u\n", o->clock, (long long)o->secs,
				 o->nanosecs);
	}
	if (text.len == 0)
		return 0;
	int r = self_file(proc_fd, "timens_offsets", file, err);
	if (r < 0)
		return r;
	cleanup_fd int fd = path_open_nolink(proc_fd, file, O_WRONLY, true, err);
	if (fd < 0)
		return fd;
	r = fd_write_all(fd, text.data, text.len);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write %s", file) : 0;
}

/*
 * unshare(2) makes a time namespace for children only. Since Linux 6.3 an exec enters it as
 * well; before that this process would stay outside.
 */
static int enter_time_namespace(int proc_fd, struct error *err)
{
	char file[SELF_FILE_MAX];
	int r = self_file(proc_fd, "ns/time_for_children", file, err);

	if (r < 0)
		return r;
	/* A link that only the kernel can follow, in a procfs of the host's that we opened ourselves. */
	cleanup_fd int fd = openat(proc_fd, file, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || sys_setns(fd, CLONE_NEWTIME) < 0)
		return error_set(err, ERR_SYSTEM, errno, "enter the time namespace");
	return 0;
}

int namespace_set_time_offsets(const struct spec *spec, int proc_fd, struct error *err)
{
	int r = write_time_offsets(spec, proc_fd, err);

	if (r < 0)
		return error_wrap(err, "set time offsets");
	return enter_time_namespace(proc_fd, err);
}

int namespace_loopback_up(struct error *err)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	cleanup_fd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "bring up the loopback interface");
	return 0;
}
