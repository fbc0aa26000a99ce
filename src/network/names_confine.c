/* SPDX-License-Identifier: Apache-2.0 */
#include "network/names_confine.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "network/names_domain.h"
#include "runtime/syscall_list.h"
#include "util/fd.h"
#include "util/sys.h"

#define FDS_MAX 4096
#define MEMORY_MAX \
	(UINT64_C(256) << 20) /* of addresses: the program itself has most of it */
#define NOBODY 65534

/* What the headers of Linux 6.1 do not have yet; landlock(7). */
#define ACCESS_TRUNCATE  (UINT64_C(1) << 14) /* ABI 3 */
#define ACCESS_IOCTL_DEV (UINT64_C(1) << 15) /* ABI 5 */
#define NET_BIND_TCP     (UINT64_C(1) << 0)  /* ABI 4 */
#define NET_CONNECT_TCP  (UINT64_C(1) << 1)
#define SCOPE_BOTH       UINT64_C(3) /* ABI 6: abstract sockets, signals */
#define RULE_NET_PORT    2
#define ACCESS_ABI_1 \
	((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1) /* the last of it, and all before */

struct ruleset {
	uint64_t fs, net, scoped;
};

struct port_rule {
	uint64_t access, port;
};

/* Where resolv.conf, or what it is a link to, may lie, and who writes it. */
static const char *const readable[] = {
	"/etc",         "/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager",
	"/run/connman", "/run/netconfig",       "/mnt/wsl",        "/usr/lib/systemd",
};

static uint64_t known_access(int abi)
{
	uint64_t access = ACCESS_ABI_1;

	if (abi >= 2)
		access |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		access |= ACCESS_TRUNCATE;
	if (abi >= 5)
		access |= ACCESS_IOCTL_DEV;
	return access;
}

static int allow_directory(int ruleset_fd, const char *path, struct error *err)
{
	cleanup_fd int fd = open(path, O_PATH | O_CLOEXEC | O_DIRECTORY);
	struct landlock_path_beneath_attr rule = {
		.parent_fd = fd, .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE};

	if (fd >= 0 &&
	    sys_landlock_add_rule(ruleset_fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "add a landlock rule");
	return 0;
}

/* Those that are known, and where it lies now if that is none of them. */
static int allow_directories(int ruleset_fd, struct error *err)
{
	cleanup_free char *file = realpath(NAMES_RESOLV_CONF, NULL);
	char *slash = file ? strrchr(file, '/') : NULL;
	int r = 0;

	for (size_t k = 0; k < ARRAY_SIZE(readable) && r == 0; k++)
		r = allow_directory(ruleset_fd, readable[k], err);
	if (r == 0 && slash && slash != file) {
		*slash = 0;
		r = allow_directory(ruleset_fd, file, err);
	}
	return r;
}

static int confine_landlock(struct error *err)
{
	int abi = sys_landlock_create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset rules = {.fs = known_access(abi)};
	struct port_rule port = {NET_CONNECT_TCP, NAMES_PORT};
	int r;

	if (abi < 1)
		return 0; /* this kernel has none: what else there is stays */
	if (abi >= 4)
		rules.net = NET_BIND_TCP | NET_CONNECT_TCP;
	if (abi >= 6)
		rules.scoped = SCOPE_BOTH;
	cleanup_fd int fd = sys_landlock_create_ruleset(&rules,
							abi >= 6   ? sizeof(rules)
							: abi >= 4 ? 2 * sizeof(uint64_t)
								   : sizeof(uint64_t),
							0);
	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "prepare landlock");
	r = allow_directories(fd, err);
	if (r < 0)
		return r;
	if (abi >= 4 && sys_landlock_add_rule(fd, RULE_NET_PORT, &port, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "add a landlock rule");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    sys_landlock_restrict_self(fd, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "confine by landlock");
	return 0;
}

/* Root of the host becomes nobody. In a user namespace that has no such id, it stays who it is. */
static int drop_root(struct error *err)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

	if (geteuid() == 0) {
		if (sys_setgroups(0, NULL) < 0 && errno != EPERM)
			return error_set(err, ERR_SYSTEM, errno, "drop root's groups");
		if (sys_setresgid(NOBODY, NOBODY, NOBODY) < 0 && errno != EINVAL)
			return error_set(err, ERR_SYSTEM, errno, "drop root's group");
		if (sys_setresuid(NOBODY, NOBODY, NOBODY) < 0 && errno != EINVAL)
			return error_set(err, ERR_SYSTEM, errno, "drop root's id");
	}
	if (sys_capset(&header, none) < 0)
		return error_set(err, ERR_SYSTEM, errno, "drop capabilities");
	return 0;
}

static int limit(int what, uint64_t max, struct error *err)
{
	struct rlimit now;

	if (getrlimit((__rlimit_resource_t)what, &now) < 0)
		return error_set(err, ERR_SYSTEM, errno, "read a resource limit");
	now.rlim_max = now.rlim_max < max ? now.rlim_max : max;
	now.rlim_cur = now.rlim_max;
	if (setrlimit((__rlimit_resource_t)what, &now) < 0)
		return error_set(err, ERR_SYSTEM, errno, "set a resource limit");
	return 0;
}

static int confine_syscalls(struct error *err)
{
	static const char names[] =
		"recvfrom recvmsg sendto sendmsg send recv connect getsockname getsockopt "
		"accept4 epoll_wait epoll_pwait epoll_ctl epoll_create1 read pread64 fstat "
		"fstat64 newfstatat fstatat64 stat stat64 statx fcntl fcntl64";
	static const struct syscall_condition conditions[] = {
		{"socket", 0, UINT32_MAX, AF_INET},
		{"socket", 0, UINT32_MAX, AF_INET6},
		{"ioctl", 1, UINT32_MAX, SIOCGIFINDEX}, /* "fe80::1%eth0" */
		{"openat", 2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY},
		{"open", 1, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY},
	};

	return syscall_list_load(names, conditions, ARRAY_SIZE(conditions), err);
}

static bool is_sanitized(void)
{
#ifdef __SANITIZE_ADDRESS__
	return true; /* it wants to have all addresses */
#else
	return false;
#endif
}

int names_confine(int control_fd, struct error *err)
{
	int r = fd_close_all_but(STDERR_FILENO + 1, &control_fd, 1);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "close what others have opened");
	r = limit(RLIMIT_CORE, 0, err);
	if (r == 0)
		r = limit(RLIMIT_NOFILE, FDS_MAX, err);
	if (r == 0)
		r = limit(RLIMIT_FSIZE, 0, err);
	if (r == 0 && !is_sanitized())
		r = limit(RLIMIT_AS, MEMORY_MAX, err);
	if (r == 0)
		r = confine_landlock(err);
	if (r == 0)
		r = drop_root(err);
	if (r < 0)
		return r;
	/* a change of ids undoes the first; by the second nobody of this user looks in */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "tie the name server to its parent");
	(void)prctl(PR_SET_NAME, "cubby-names"); /* for ps(1) */
	return confine_syscalls(err);
}
