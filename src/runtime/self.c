/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/self.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/memfd.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "util/fd.h"
#include "util/fs.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

/* Tells the sealed copy where the program lies on disk; believed only by such a copy. */
#define PATH_VARIABLE   "_CUBBY_EXE"
#define SEAL_ATTEMPTS   100
#define SEAL_PAUSE_USEC 2000
#define SELF_SEALS      (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static bool is_sealed_copy(int exe_fd)
{
	int seals = fcntl(exe_fd, F_GET_SEALS);

	return seals >= 0 && (seals & SELF_SEALS) == SELF_SEALS;
}

/* Capabilities without being root, as a service manager can give them. */
static bool has_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

	return sys_capget(&header, data) < 0 || data[0].permitted || data[1].permitted;
}

/*
 * A file of root's that only root may write, run by somebody else: root's id is in none
 * of the maps that we can write, so no container of ours can open it for writing.
 */
static bool is_out_of_reach(int exe_fd)
{
	struct stat st;

	return geteuid() != 0 && !has_capabilities() && fstat(exe_fd, &st) == 0 &&
	       st.st_uid == 0 && st.st_gid == 0 && !(st.st_mode & (S_IWGRP | S_IWOTH));
}

/* EBUSY: the kernel itself holds a page for a moment (reclaim, migration): fcntl(2). */
static int seal(int copy_fd)
{
	for (int attempt = 0;; attempt++) {
		if (fcntl(copy_fd, F_ADD_SEALS, SELF_SEALS) == 0)
			return 0;
		if (errno != EBUSY || attempt == SEAL_ATTEMPTS)
			return -errno;
		usleep(SEAL_PAUSE_USEC);
	}
}

static int make_copy(int exe_fd, struct error *err)
{
	cleanup_fd int copy_fd =
		sys_memfd_create("cubby", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
	struct stat st;

	if (copy_fd < 0 && errno == EINVAL) /* MFD_EXEC is new in Linux 6.3 */
		copy_fd = sys_memfd_create("cubby", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (copy_fd < 0 || fstat(exe_fd, &st) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a memory file");
	copy_fd = fd_move_high(copy_fd);
	for (off_t left = st.st_size; left > 0;) {
		ssize_t n = sendfile(copy_fd, exe_fd, NULL, (size_t)left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return error_set(err, ERR_SYSTEM, n < 0 ? errno : EIO,
					 "copy /proc/self/exe");
		left -= n;
	}
	int r = seal(copy_fd);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "seal a memory file");
	return TAKE_FD(copy_fd);
}

int self_protect(char **argv, struct error *err)
{
	cleanup_fd int exe_fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	if (exe_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open /proc/self/exe");
	if (is_sealed_copy(exe_fd) || is_out_of_reach(exe_fd))
		return 0;

	cleanup_free char *path = fd_path(exe_fd);
	cleanup_fd int copy_fd = make_copy(exe_fd, err);
	if (copy_fd < 0)
		return error_wrap(err, "protect the engine's own executable");
	if (path && setenv(PATH_VARIABLE, path, 1) < 0)
		return error_set(err, ERR_SYSTEM, errno, "set the environment");
	sys_execveat(copy_fd, "", argv, environ, AT_EMPTY_PATH);
	(void)error_set(err, ERR_SYSTEM, errno,
			"protect the engine's own executable: run it from memory");
	return error_hint(err, "if sysctl vm.memfd_noexec is 2, set it to 1");
}

char *self_path(void)
{
	cleanup_fd int exe_fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	const char *path = getenv(PATH_VARIABLE);

	if (exe_fd >= 0 && !is_sealed_copy(exe_fd))
		return fd_path(exe_fd);
	return xstrdup(path ? path : "");
}

/*
 * Installed: PREFIX/bin/cubby beside PREFIX/libexec/cubby/monitor. In the build tree all
 * programs lie in one directory.
 */
static char *find_beside(const char *const *places, const char *configured,
			 const char *name, int mode)
{
	cleanup_free char *own = self_path();
	char *slash = own ? strrchr(own, '/') : NULL;

	if (slash)
		*slash = '\0';
	for (; slash && *places; places++) {
		cleanup_free char *path = xasprintf("%s%s/%s", own, *places, name);

		if (access(path, mode) == 0)
			return TAKE_PTR(path);
	}
	cleanup_free char *path = xasprintf("%s/%s", configured, name);
	return access(path, mode) == 0 ? TAKE_PTR(path) : NULL;
}

int self_helper(const char *name, char **ret, struct error *err)
{
	static const char *const places[] = {"/../libexec/cubby", "", NULL};

	*ret = find_beside(places, CUBBY_LIBEXECDIR, name, X_OK);
	if (*ret)
		return 0;
	(void)error_set(err, ERR_NOT_FOUND, ENOENT, "cubby's helper program %s/%s",
			CUBBY_LIBEXECDIR, name);
	return error_hint(
		err,
		"install cubby again: its bin and libexec/cubby directories belong together");
}

int self_data(const char *name, char **ret, struct error *err)
{
	static const char *const places[] = {"/../share/cubby", "/../../data", NULL};

	*ret = find_beside(places, CUBBY_DATADIR, name, R_OK);
	if (*ret)
		return 0;
	return error_set(err, ERR_NOT_FOUND, ENOENT, "cubby's file %s/%s", CUBBY_DATADIR,
			 name);
}
