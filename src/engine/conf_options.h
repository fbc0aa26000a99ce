/* SPDX-License-Identifier: Apache-2.0 */
/* What containers.conf asks of every new container and no option says. A part of struct create_options. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct conf_options {
	char **env;          /* NAME=VALUE, before the image's */
	char **capabilities; /* instead of the default set; NULL: that one */
	char **sysctls; /* NAME=VALUE; those count whose namespace is the container's own */
	char **log_opts; /* those count that the log's driver knows */
	char **dns, **dns_options,
		**dns_searches; /* where the container has a resolv.conf of ours */
	const char *hosts_file; /* base_hosts_file */
	const char *network;    /* netns: the mode where none is asked for */
	bool name_as_hostname;
	int64_t pids_limit; /* where processes can be counted and no option says how many */
	bool pids_limit_given;
};
