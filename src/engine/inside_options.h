/* SPDX-License-Identifier: Apache-2.0 */
/* What a user asks of the inside of a new container: its users, names, clock and environment. A part of
 * struct create_options; strings are borrowed. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum systemd_word { SYSTEMD_TRUE, SYSTEMD_FALSE, SYSTEMD_ALWAYS };
enum seccomp_policy_word { SECCOMP_POLICY_DEFAULT, SECCOMP_POLICY_IMAGE };

struct inside_options {
	bool passwd;                            /* default true */
	const char *passwd_entry, *group_entry; /* templates; NULL: podman's */
	char **hostusers;                       /* names or ids of the host's users */
	const char *tz;                         /* "local" or a zone's name */
	const char *hosts_file; /* "image", "none" or a path; NULL: the host's */
	char **dns, **dns_options, **dns_searches;
	char **env_merge;  /* NAME=VALUE with $references to the image's */
	bool http_proxy;   /* default true */
	char **chrootdirs; /* places in the container that get the files of /etc too */
	int systemd;       /* enum systemd_word */
	int64_t shm_size_systemd; /* bytes; 0: no limit of its own */
	int seccomp_policy;       /* enum seccomp_policy_word */
	bool remove_image;        /* --rmi */
	bool content_trust; /* read by nobody: Docker's word, without effect there too */
};
