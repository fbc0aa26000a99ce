/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The few files that a container gets from the engine: /etc/hosts, /etc/hostname,
 * /etc/resolv.conf, /run/.containerenv, /etc/localtime, with --nested /etc/subuid and /etc/subgid; /etc/passwd and /etc/group
 * where lines are needed and its own can't grow. They lie in its run directory and are bound over
 * the root's. A file is left out where the root has no place for it: no /etc, a link to
 * nowhere, a directory that can't be written.
 */
#pragma once

#include <stdbool.h>

#include "engine/etc_words.h"
#include "engine/volume_option.h"
#include "runtime/idmap.h"
#include "runtime/root_edit.h"
#include "util/cleanup.h"
#include "util/error.h"

enum etc_file {
	ETC_HOSTS,
	ETC_HOSTNAME,
	ETC_RESOLV_CONF,
	ETC_CONTAINERENV,
	ETC_SUBUID,
	ETC_SUBGID,
	ETC_PASSWD,
	ETC_GROUP,
	ETC_LOCALTIME,
	ETC_FILES
};

struct network_lease;

struct etc_plan {
	bool wanted[ETC_FILES];
};

struct etc_request {
	int root_fd;     /* -EBADF: an image, whose container can have any file */
	bool may_create; /* the container's root can make files in the root file system as
			    far as its modes allow it */
	bool no_hosts, no_hostname, no_resolv;
	bool subuid, subgid; /* there are texts for these */
	const struct etc_words *words;
	const struct volumes *volumes,
		*tmpfs; /* the user's: what they cover is left alone */
};

/* etc_plan_build() - which files to mount. */
void etc_plan_build(const struct etc_request *request, struct etc_plan *ret);

struct etc_content {
	const char *hostname, *name, *id;
	const char *image, *image_id; /* NULL: a directory */
	char *const *add_hosts;       /* strv, see etc_check_add_host() */
	const struct etc_words *words;
	const char *subuid, *subgid;
	const struct idmap *uids; /* in ids of the host; no lines: no user namespace */
	const struct network_lease
		*lease; /* where it is on networks; no endpoints: nowhere */
	bool at_uplink; /* of a process of its own that leads to the host */
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

/*
 * etc_edits() - what is changed in the root's own files at each start: lines of /etc/passwd and /etc/group, and
 * /etc/mtab where it is missing. They borrow from the words. Return: how many.
 */
#define ETC_EDITS_MAX 3

size_t etc_edits(const struct etc_words *words,
		 struct root_edit ret[static ETC_EDITS_MAX]);
