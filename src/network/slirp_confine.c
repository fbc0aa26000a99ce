/* SPDX-License-Identifier: Apache-2.0 */
#include "network/slirp_confine.h"

#include <linux/capability.h>
#include <linux/landlock.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "runtime/syscall_list.h"
#include "util/fd.h"
#include "util/sys.h"

/* All that landlock's first version knows; nothing of it is granted anywhere. */
#define ALL_ACCESS ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)

static int confine_files(struct error *err)
{
	struct landlock_ruleset_attr rules = {.handled_access_fs = ALL_ACCESS};
	cleanup_fd int fd = sys_landlock_create_ruleset(&rules, sizeof(rules), 0);

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "give up new privileges");
	if (fd <
	    0) /* this kernel has none: system calls that open files are refused below */
		return 0;
	if (sys_landlock_restrict_self(fd, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "confine by landlock");
	return 0;
}

static int give_up_rights(struct error *err)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};
	struct rlimit limit;

	if (sys_capset(&header, none) < 0)
		return error_set(err, ERR_SYSTEM, errno, "drop capabilities");
	/* a socket for each connection */
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	(void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "tie the uplink to its parent");
	return 0;
}

int slirp_confine(const int *kept, size_t n_kept, struct error *err)
{
	static const char names[] =
		"read readv write writev close poll ppoll recv recvfrom recvmsg send sendto sendmsg bind "
		"connect listen accept accept4 shutdown getsockname getpeername getsockopt "
		"setsockopt fcntl fcntl64";
	static const struct syscall_condition conditions[] = {
		{"socket", 0, UINT32_MAX, AF_INET},
		{"socket", 0, UINT32_MAX, AF_INET6},
		{"ioctl", 1, UINT32_MAX, FIONREAD},
		{"ioctl", 1, UINT32_MAX, FIONBIO},
	};
	int r = fd_close_all_but(3, kept, n_kept);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "close what others have opened");
	r = give_up_rights(err);
	if (r == 0)
		r = confine_files(err);
	return r < 0 ? r
		     : syscall_list_load(names, conditions, ARRAY_SIZE(conditions), err);
}
