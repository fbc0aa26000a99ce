/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process that tries is not in the container's pid namespace and is not dumpable, so that nobody
 * there reaches it. Its answers lie in memory that it shares with its parent.
 */
#include "runtime/access_probe.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "runtime/sandbox.h"
#include "util/sys.h"

#define ANSWER_SEC 20
#define NO_LINKS   (RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)

struct session {
	const struct access_probe *probe;
	struct probe_result *results; /* shared */
};

static int open_below(int fd, const char *below)
{
	const struct open_how how = {
		.flags = O_PATH | O_CLOEXEC | O_NOFOLLOW,
		.resolve = NO_LINKS | RESOLVE_BENEATH | RESOLVE_NO_XDEV,
	};

	return sys_openat2(fd, below, &how);
}

static int open_path(const struct probe_path *p)
{
	const struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = NO_LINKS};
	cleanup_fd int fd = p->fd >= 0 ? fcntl(p->fd, F_DUPFD_CLOEXEC, 3)
				       : sys_openat2(AT_FDCWD, p->path, &how);

	if (fd < 0 || !p->below)
		return TAKE_FD(fd);
	return open_below(fd, p->below);
}

static bool may(int fd, int mode)
{
	return faccessat(fd, "", mode, AT_EACCESS | AT_EMPTY_PATH) == 0;
}

/* access(2) does not know of everything: ids that an idmapped mount has no place for, for example.
 * A full disk or a file system without such files says nothing about rights. */
static bool may_create(int dirfd)
{
	int fd = openat(dirfd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0) {
		close(fd);
		return true;
	}
	return errno != EACCES && errno != EPERM && errno != EROFS && errno != EOVERFLOW;
}

static bool may_write(int fd, uint32_t mode)
{
	if (!S_ISDIR(mode))
		return may(fd, W_OK);
	return may(fd, W_OK | X_OK) && may_create(fd);
}

/* In a mount namespace that is a copy: the container's own mounts stay as they are. */
static bool may_write_remounted(const struct probe_path *p, uint32_t mode)
{
	struct mount_attr attr = {.attr_clr = MOUNT_ATTR_RDONLY};
	cleanup_fd int fd = -EBADF;

	fd = open_path(p);
	return fd >= 0 && sys_mount_setattr(fd, "", AT_EMPTY_PATH, &attr) == 0 &&
	       may_write(fd, mode);
}

static int look_at(int fd, const struct probe_path *p, struct probe_result *r)
{
	struct statx sx = {0};

	if (statx(fd, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW,
		  STATX_TYPE | STATX_MODE | STATX_MNT_ID, &sx) < 0)
		return -errno;
	if (p->mount_id && (sx.stx_mask & STATX_MNT_ID) && sx.stx_mnt_id != p->mount_id)
		return -ESTALE;
	r->mode = sx.stx_mode;
	return 0;
}

static void try_path(const struct probe_path *p, struct probe_result *r)
{
	cleanup_fd int fd = open_path(p);
	struct statvfs fs = {0};
	int k;

	r->code = fd < 0 ? errno : 0;
	if (fd < 0)
		return;
	k = look_at(fd, p, r);
	if (k < 0) {
		r->code = -k;
		return;
	}
	(void)!fstatvfs(fd, &fs);
	r->nodev = (fs.f_flag & ST_NODEV) != 0;
	r->readable = may(fd, S_ISDIR(r->mode) ? R_OK | X_OK : R_OK);
	r->writable = may_write(fd, r->mode);
}

static int join(const struct access_probe *p, struct error *err)
{
	int flags = (p->own_user_ns ? CLONE_NEWUSER : 0) |
		    (p->own_mount_ns ? CLONE_NEWNS : 0);

	if (p->init_pid_fd >= 0 && flags && sys_setns(p->init_pid_fd, flags) < 0)
		return error_set(err, errno == EPERM ? ERR_DENIED : ERR_SYSTEM, errno,
				 "join the container's namespaces");
	if (p->user_ns_fd >= 0 && sys_setns(p->user_ns_fd, CLONE_NEWUSER) < 0)
		return error_set(err, ERR_SYSTEM, errno, "join the user namespace");
	return 0;
}

static int take_capabilities(uint64_t wanted, struct error *err)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

	if (sys_capget(&header, data) < 0)
		return error_set(err, ERR_SYSTEM, errno, "read capabilities");
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		data[i].permitted &= (uint32_t)(wanted >> 32 * i);
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	if (sys_capset(&header, data) < 0)
		return error_set(err, ERR_SYSTEM, errno, "set capabilities");
	return 0;
}

static int take_identity(const struct access_probe *p, struct error *err)
{
	/* EPERM: a map of one id, which leaves a container the caller's groups as well */
	if (!p->keep_groups && sys_setgroups(p->n_groups, p->groups) < 0 &&
	    errno != EPERM)
		return error_set(err, ERR_SYSTEM, errno, "take the container's groups");
	if (prctl(PR_SET_KEEPCAPS, 1) < 0 || sys_setresgid(p->gid, p->gid, p->gid) < 0 ||
	    sys_setresuid(p->uid, p->uid, p->uid) < 0)
		return error_set(err, ERR_SYSTEM, errno, "take the container's ids %u:%u",
				 p->uid, p->gid);
	if (prctl(PR_SET_DUMPABLE, 0) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return error_set(err, ERR_SYSTEM, errno, "hide from the container");
	return take_capabilities(p->capabilities, err);
}

static bool holds(const struct access_probe *p, int capability)
{
	return (p->capabilities >> capability & 1) != 0;
}

/* Only where it is the container's own mount namespace that would be changed. */
static void try_remounting(const struct session *s)
{
	const struct access_probe *p = s->probe;
	struct mount_attr attr = {.propagation = MS_PRIVATE};

	if (!p->own_mount_ns || p->init_pid_fd < 0 || !holds(p, CAP_SYS_ADMIN))
		return;
	if (sys_unshare(CLONE_NEWNS) < 0 ||
	    sys_mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &attr) < 0)
		return;
	for (size_t i = 0; i < p->n_paths; i++) {
		struct probe_result *r = &s->results[i];
		struct probe_path path = p->paths[i];

		/* the copies have other numbers */
		path.mount_id = 0;
		if (!r->code && !r->writable && !path.below)
			r->writable_remounted = may_write_remounted(&path, r->mode);
	}
}

static int run(void *data, struct error *err)
{
	const struct session *s = data;
	const struct access_probe *p = s->probe;
	int r;

	(void)alarm(ANSWER_SEC);
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "hide from the container");
	r = join(p, err);
	if (r >= 0)
		r = take_identity(p, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < p->n_paths; i++)
		try_path(&p->paths[i], &s->results[i]);
	try_remounting(s);
	return 0;
}

int access_probe_run(const struct access_probe *p, struct probe_result *results,
		     struct error *err)
{
	const struct idmap none = {0};
	struct session s = {.probe = p};
	const struct sandbox_options o = {
		.uids = &none, .gids = &none, .run = run, .data = &s};
	size_t size = p->n_paths * sizeof(*results);
	void *shared;
	int r;

	if (p->n_paths == 0)
		return 0;
	shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		return error_set(err, ERR_SYSTEM, errno, "share memory with a helper");
	s.results = shared;
	r = sandbox_call(&o, err);
	if (r >= 0)
		memcpy(results, shared, size);
	(void)munmap(shared, size);
	return r < 0 ? error_wrap(err, "try what the container may do") : 0;
}
