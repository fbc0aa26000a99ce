/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mounts of a container as data: built from the spec without touching the system
 * (pure, unit-tested), executed by mount_apply. `--log-level=debug` prints it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/idmap.h"
#include "util/cleanup.h"
#include "util/error.h"

struct spec;
struct spec_mount;

enum mount_kind {
	MOUNT_FILESYSTEM, /* fsopen(type), fsconfig(options), fsmount */
	MOUNT_BIND,       /* open_tree(source) */
	MOUNT_CGROUP,  /* cgroup v2 (or the host's hierarchy, read-only, where a new mount
			  is not allowed) */
	MOUNT_REMOUNT, /* change flags of what is at the destination */
};

struct mount_step {
	enum mount_kind kind;
	const char *destination; /* in the root; of the spec, for messages */
	char *target;            /* owned: destination cleaned, absolute, never "/" */
	const char *source;      /* of the spec; NULL: none */
	const char *type;
	uint64_t attr_set, attr_clear; /* MOUNT_ATTR_* for the mount itself */
	uint64_t rec_attr_set,
		rec_attr_clear;    /* the same for the whole tree (rro, rnosuid, ...) */
	bool recursive;            /* rbind */
	unsigned long propagation; /* MS_PRIVATE | MS_SHARED | MS_SLAVE | MS_UNBINDABLE,
				      0: leave */
	bool propagation_recursive;
	unsigned long base_propagation; /* what a bind's source has before: the plan's
					   host_propagation */
	bool superblock_readonly;
	bool late_readonly; /* a tmpfs gets 'ro' by rootfs_seal(): mount points and
			       devices are made in it first */
	char **fs_options;  /* owned strv "key=value" or "flag" for fsconfig */
	bool idmap, idmap_recursive;
	struct idmap uids, gids; /* explicit mappings of an idmapped mount; empty: the
				    container's own */
	unsigned int
		fill; /* tmpcopyup: enum mount_fill (mount_words.h); a tmpfs, or an empty directory that is
				    bound, starts with what lies below */
	bool nofollow;      /* src-nofollow */
	bool dest_nofollow; /* a symlink at the destination is mounted over, not followed
			     */
	bool copy_symlink; /* a source that is a symlink is made again instead of bound */
	bool copy_file; /* the source is a file that is not bound, but copied into memory; of
			   fs_options "uid=", "gid=", "mode=" */
	char *subpath; /* owned; what of the source is bound, resolved inside it; NULL: all */
};

struct mount_plan {
	struct mount_step *steps; /* owned */
	size_t n_steps;
	/* done to all mounts of the host in our namespace, recursively, before anything
	 * else: MS_PRIVATE, MS_SLAVE (some bind wants to hear of the host's later
	 * mounts), or 0 (rootfsPropagation is shared: nothing) */
	unsigned long host_propagation;
	unsigned long root_propagation; /* linux.rootfsPropagation, applied last; 0: stays
					   private */
	bool root_propagation_recursive;
};
void mount_plan_release(struct mount_plan *plan);
#define cleanup_mount_plan cleanup(mount_plan_release)

/* mount_plan_at() - the last step whose target is this path, or NULL. */
const struct mount_step *mount_plan_at(const struct mount_plan *plan, const char *target);

/*
 * mount_plan_build() - words of mounts[].options become flags: everything that runc and
 * crun take (ro rw suid nosuid dev nodev exec noexec sync async dirsync atime relatime
 * strictatime nodiratime ..., r* recursive variants, bind rbind, propagation words, idmap
 * ridmap, tmpcopyup, src-nofollow, mand/nomand, iversion, silent, loud, symfollow
 * nosymfollow, remount, defaults). Other words go to the file system. 'z' and 'Z'
 * (relabel) are for engines: refused here. Errors name mounts[N]. Refused as well: a
 * destination of "/", one below /proc (but the few files that lxcfs and its like
 * replace), words that a bind cannot honour. `idmap=uids=FIRST-HOST-COUNT#...;gids=...`
 * is crun's form of explicit mappings ('@': HOST is an id of the container's). Cubby's own words: of a bind
 * "tmpcopyup", "tmpcopyup=content", "tmpcopyup=owner" (enum mount_fill), "subpath=PATH", "copy-file"; an overlay whose
 * layers are named by "lowerdir+=PATH", the topmost first, with "upperdir=" and "workdir=", is opened as an image's is.
 */
int mount_plan_build(const struct spec *spec, struct mount_plan *ret,
		     struct error *err) _must_check_;

/* mount_step_text() - one line for the debug log. Caller frees. */
char *mount_step_text(const struct mount_step *step);
