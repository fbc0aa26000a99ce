/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/netns_enter.h"

#include <sched.h>

#include "util/sys.h"

int netns_enter(int user_ns_fd, int net_ns_fd, struct error *err)
{
	if (user_ns_fd >= 0 && sys_setns(user_ns_fd, CLONE_NEWUSER) < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "enter the user namespace of a network");
	if (net_ns_fd >= 0 && sys_setns(net_ns_fd, CLONE_NEWNET) < 0)
		return error_set(err, ERR_SYSTEM, errno, "enter a network namespace");
	return 0;
}
