/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "network/forward.h"
#include "runtime/syscall_list.h"
#include "util/sys.h"

/* Those that a client's address is borrowed with, ip(7), and its port may be a low one. */
static int drop_capabilities(bool is_transparent, struct error *err)
{
	static const uint32_t kept = 1U << CAP_NET_RAW | 1U << CAP_NET_BIND_SERVICE;
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2], old[2];

	if (sys_capget(&header, old) < 0)
		return error_set(err, ERR_SYSTEM, errno, "forward: get capabilities");
	memset(data, 0, sizeof(data));
	if (is_transparent)
		data[0].permitted = data[0].effective = old[0].permitted & kept;
	if (sys_capset(&header, data) < 0)
		return error_set(err, ERR_SYSTEM, errno, "forward: drop capabilities");
	return 0;
}

int forward_confine(const struct forward *f, struct error *err)
{
	static const char names[] =
		"accept4 bind connect epoll_ctl epoll_wait epoll_pwait fcntl fcntl64 getsockopt "
		"pipe2 recvmmsg recvmmsg_time64 sendmmsg setsockopt shutdown splice";
	static const struct syscall_condition conditions[] = {
		{"socket", 0, UINT32_MAX, AF_INET},
		{"socket", 0, UINT32_MAX, AF_INET6},
	};
	int r = drop_capabilities(f->is_transparent, err);

	if (r < 0)
		return r;
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "forward: give up privileges");
	return syscall_list_load(names, conditions, ARRAY_SIZE(conditions), err);
}
