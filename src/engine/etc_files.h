/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The few files that a container gets from the engine: /etc/hosts, /etc/hostname,
 * /etc/resolv.conf, /run/.containerenv, and with --nested /etc/subuid and /etc/subgid. They lie in its run directory and are bound over
 * the root's. A file is left out where the root has no place for it: no /etc, a link to
 * nowhere, a directory that can't be written.
 */
#pragma once

#include <stdbool.h>

#include "engine/volume_option.h"
#include "runtime/idmap.h"
#include "util/cleanup.h"
#include "util/error.h"

enum etc_file {
	ETC_HOSTS,
	ETC_HOSTNAME,
	ETC_RESOLV_CONF,
	ETC_CONTAINERENV,
	ETC_SUBUID,
	ETC_SUBGID,
	ETC_FILES
};

struct etc_plan {
	bool wanted[ETC_FILES];
};

struct etc_request {
	int root_fd;     /* -EBADF: an image, whose container can have any file */
	bool may_create; /* the container's root can make files in the root file system as
			    far as its modes allow it */
	bool no_hosts, no_hostname, network_host;
	bool subuid, subgid; /* there are texts for these */
	const struct volumes *volumes,
		*tmpfs; /* the user's: what they cover is left alone */
};

/* etc_plan_build() - which files to mount. */
void etc_plan_build(const struct etc_request *request, struct etc_plan *ret);

struct etc_content {
	const char *hostname, *name, *id;
	char *const *add_hosts; /* strv of "NAME:ADDRESS" */
	const char *subuid, *subgid;
	const struct idmap *uids; /* in ids of the host; no lines: no user namespace */
	bool network_host, rootless, nested;
	uid_t uid; /* owner of the files; where we may not give files away they stay ours
		    */
	gid_t gid;
};

/*
 * etc_files_write() - into the run directory. fds (-EBADF at first) keeps them open for writing: when
 * they are written again they may not be ours any more.
 */
struct etc_fds {
	int fds[ETC_FILES];
};
#define ETC_FDS_INIT ((struct etc_fds){{[0 ... ETC_FILES - 1] = -EBADF}})
int etc_files_write(int run_dirfd, const struct etc_plan *plan,
		    const struct etc_content *content, struct etc_fds *fds,
		    struct error *err) _must_check_;
void etc_fds_release(struct etc_fds *fds);

/* etc_file_name() - in the run directory; etc_file_target() - in the container. */
const char *etc_file_name(enum etc_file file);
const char *etc_file_target(enum etc_file file);

/* etc_check_add_host() - "NAME:ADDRESS", address IPv4 or IPv6. */
int etc_check_add_host(const char *text, struct error *err) _must_check_;
