/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a user asks of a new container, as typed: the option table of `run` fills it (see
 * cli/create_table.c), create_plan_build() reads it. Strings are borrowed unless said
 * otherwise.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/conf_options.h"
#include "engine/health_options.h"
#include "engine/inside_options.h"
#include "engine/limit_options.h"
#include "engine/mount_options.h"
#include "engine/namespace_options.h"
#include "engine/network_options.h"
#include "engine/restart_policy.h"
#include "transfer/protocol.h"

struct create_image;
struct create_root;

struct create_options {
	const char *name;
	const char *rootfs;               /* the directory; NULL: an image */
	const char *image_name;           /* as typed; NULL: a directory */
	const struct create_image *image; /* the image itself, once it was found */
	const struct create_root *root;   /* given from outside; NULL: its own */
	int pull_policy;                  /* enum pull_policy */
	struct transfer_fetch fetch;      /* how to fetch it; its source is not used */
	char *const *command;             /* after it; NULL-terminated */
	char *const *create_command;      /* the whole command line, for the record */
	const char *entrypoint;           /* NULL: none */
	bool rootfs_given; /* --rootfs: the first argument is a directory */
	bool interactive, terminal, auto_remove, replace;
	char **attach; /* "stdin", "stdout", "stderr": which streams of ours; NULL: all */
	bool at_rest;  /* `create`: it is not started now */

	char **env, **env_files, **unset_env;
	bool unset_env_all, env_host;
	const char *workdir, *hostname, *domainname;
	bool hostname_given, no_hostname, no_hosts;
	char **add_hosts;

	const char *user, *umask;
	char **group_add;
	char **uidmap, **gidmap;
	const char *userns, *subuidname, *subgidname;
	struct network_options net;

	struct namespace_options namespaces;

	bool privileged, nested;
	char **cap_add, **cap_drop, **security_opt;
	bool read_only, read_only_tmpfs;
	char **volumes, **tmpfs, **devices, **ulimits, **sysctls;
	struct mount_options mount;
	int64_t shm_size; /* bytes */
	int oom_score_adj;
	bool oom_score_adj_given;
	const char *personality;

	bool init;
	const char *init_path;
	const char *stop_signal;
	int64_t stop_timeout_sec, timeout_sec; /* timeout 0: none */
	const char *detach_keys;
	char **labels, **label_files, **annotations;
	const char *cidfile, *pidfile, *monitor_pidfile;
	int log_driver; /* enum log_driver */
	char **log_opts;
	struct health_options health;
	int sdnotify; /* enum sdnotify_mode */
	struct restart_policy restart;
	int preserve_fds;        /* fds 3 .. 3+N-1 are passed on, ... */
	char **preserve_fd_list; /* ... and these, as typed */
	const int *preserve_fd;  /* as numbers */
	size_t n_preserve_fd;
	int listen_fds; /* that many more fds after these 3 .. 3+N-1 are sockets of engine/listen_fds.h */
	struct inside_options inside;
	struct limit_options limits;
	struct cgroup_options cgroup;
	struct conf_options conf;
};
