/* SPDX-License-Identifier: Apache-2.0 */
/* The program and its environment. */
#include "cli/create_tables.h"

#define O struct create_options

static const char *const systemd_words[] = {"true", "false", "always", NULL};

const struct option_spec create_table_process[] = {
	OPT_GROUP("Program"),
	OPT_STRING(O, entrypoint, "entrypoint", 0, "PROGRAM",
		   "run this, with the command as its arguments"),
	OPT_STRV(O, env, "env", 'e', "NAME=VALUE", "set an environment variable",
		 .common = true),
	OPT_STRV(O, env_files, "env-file", 0, "FILE",
		 "read environment variables from a file"),
	OPT_BOOL(O, env_host, "env-host", 0, "pass all of your environment on"),
	OPT_STRV(
		O, inside.env_merge, "env-merge", 0, "NAME=VALUE",
		"change an environment variable of the image's: 'PATH=${PATH}:/opt/bin'"),
	OPT_BOOL(O, inside.http_proxy, "http-proxy", 0,
		 "pass your http_proxy, no_proxy ... on (default true)"),
	OPT_STRV(O, unset_env, "unsetenv", 0, "NAME",
		 "leave out a default environment variable"),
	OPT_BOOL(O, unset_env_all, "unsetenv-all", 0,
		 "leave out all default environment variables"),
	OPT_STRING(O, workdir, "workdir", 'w', "DIR",
		   "working directory in the container", .common = true),
	OPT_BOOL(O, init, "init", 0, "run a small init that forwards signals and reaps"),
	OPT_STRING(O, init_path, "init-path", 0, "FILE",
		   "that init, instead of Cubby's own"),
	OPT_BOOL(O, interactive, "interactive", 'i', "keep stdin open", .common = true),
	OPT_BOOL(O, terminal, "tty", 't', "give it a terminal", .common = true),
	OPT_LIST(O, attach, "attach", 'a', "STREAM",
		 "connect only these of your streams: stdin, stdout, stderr"),
	OPT_STRING(O, detach_keys, "detach-keys", 0, "KEYS",
		   "keys that detach (default ctrl-p,ctrl-q)"),
	OPT_LIST(O, preserve_fd_list, "preserve-fd", 0, "FD[,FD...]",
		 "pass on these file descriptors"),
	OPT_INT(O, preserve_fds, "preserve-fds", 0, "N",
		"pass on N file descriptors after 2", .max = 1000),
	OPT_STRING(O, inside.tz, "tz", 0, "ZONE",
		   "time zone: local (the host's), or a name such as Europe/Berlin"),
	OPT_LIST(O, inside.chrootdirs, "chrootdirs", 0, "DIR",
		 "mount /etc/hosts and the like below this directory too"),
	OPT_WORD(O, inside.systemd, "systemd", 0, systemd_words,
		 "prepare for systemd: if it is the program (default), never, always"),
	OPT_END,
};
