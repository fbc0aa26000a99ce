/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --network pasta[:OPTION,...] and slirp4netns[:OPTION=VALUE,...]: a process of that program for the one container, looked
 * after by the network program's role "tool" (network/tool.h), which ends it with the container. The host's loopback is
 * not reachable through it unless that is asked for. Source: podman-run(1).
 */
#pragma once

#include <sys/types.h>

#include "engine/network_config.h"
#include "util/cleanup.h"
#include "util/error.h"

/* network_tool_args() - the tool's whole command line, its name first; pure. What it does not know, and what would
 * lead it elsewhere, is ERR_INVALID in podman's words. Caller frees (strv). */
int network_tool_args(const char *tool, const char *options, char ***ret,
		      struct error *err) _must_check_;

/* network_tool_dns() - the address at which the container asks for names. Caller frees. */
char *network_tool_dns(const char *tool, const char *options);

/* network_tool_check() - the options, and whether the tool is installed and can serve this user. */
int network_tool_check(const struct network_config *c, bool rootless,
		       struct error *err) _must_check_;

/* One that begins. */
struct network_tool {
	const struct network_config *config; /* borrowed */
	int answer_fd;                       /* owned */
	int end_fd; /* owned; the tool ends when all copies of it are closed */
	int user_ns_fd, net_ns_fd; /* owned; of the container */
};
#define NETWORK_TOOL_INIT                            \
	((struct network_tool){.answer_fd = -EBADF,  \
			       .end_fd = -EBADF,     \
			       .user_ns_fd = -EBADF, \
			       .net_ns_fd = -EBADF})
void network_tool_release(struct network_tool *t);
#define cleanup_network_tool cleanup(network_tool_release)

/* network_tool_attach() - as launch_options.on_network wants it; data is a struct network_tool. */
int network_tool_attach(void *data, int *net_ns_fd, struct error *err) _must_check_;

/* network_tool_finish() - wait until the container has its interface. *ret_keep_fd is for whoever lives as long as the
 * container, the monitor. */
int network_tool_finish(struct network_tool *t, int *ret_keep_fd,
			struct error *err) _must_check_;

/* network_tool_forward() - the forwarder of ports that are held: within the container's network namespace. */
struct ports_hold;
int network_tool_forward(const struct network_tool *t, const struct ports_hold *ports,
			 pid_t init_pid, int run_dirfd, struct error *err) _must_check_;
