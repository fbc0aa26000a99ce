/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of one tree into another, in the copier's process (build/copy_do.c). The target is seen twice: as the file system that the step has
 * before it, an overlay, and as the upper directory of that. A directory that the copy makes itself has nothing below it: what goes into it
 * is written into the upper directory straight away, which is quicker, and lets file systems share blocks. Everything else goes through the
 * overlay.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

#include "build/context.h"
#include "build/copy_mode.h"
#include "util/buf.h"
#include "util/cleanup.h"
#include "util/error.h"

struct copy_link; /* a file with several names that was copied */

struct copy_rules {       /* nothing is owned */
	bool keep_owners; /* else uid and gid */
	uid_t uid;
	gid_t gid;
	bool single_id;   /* there are no other owners here */
	bool strip_setid; /* setuid and setgid bits go */
	const struct copy_mode *mode;
	const struct ignore *exclude;
};

struct copy_target {             /* nothing is owned */
	int merged_fd, upper_fd; /* roots */
	/* what people should know: a link that was replaced by a directory */
	void (*note)(void *data, const char *text);
	/* a file of the source was changed at this time or later; NULL: that is of no interest */
	void (*changed)(void *data);
	struct timespec since;
	void *data;
};

/* A directory of the target. */
struct copy_dir {
	int fd;     /* owned */
	char *path; /* owned: below the root, without links; "" the root */
	bool fresh; /* made by this copy, and fd lies in the upper directory */
};
#define COPY_DIR_INIT ((struct copy_dir){.fd = -EBADF})
void copy_dir_release(struct copy_dir *d);
#define cleanup_copy_dir cleanup(copy_dir_release)

struct copy_tree {
	const struct copy_rules *rules;
	const struct copy_target *target;
	const struct context *source;
	struct buf from, to; /* paths: from the source's top, from the target's root */
	size_t top_len;      /* of from: what is above the tree, with the slash */
	struct copy_link *links; /* by hash; owned */
	size_t n_links, links_room;
	unsigned int depth;
};
void copy_tree_release(struct copy_tree *t);
#define cleanup_copy_tree cleanup(copy_tree_release)

/*
 * copy_tree_dir() - the directory at a path (absolute, clean) of the target; what is missing is made, 0755 and the rules' owner's. Links are followed
 * inside the root. One that is no directory is ERR_INVALID.
 */
int copy_tree_dir(const struct copy_rules *r, const struct copy_target *t,
		  const char *path, struct copy_dir *ret, struct error *err) _must_check_;

/* copy_tree_contents() - what is in the directory `real` (without links) of the source goes into `to`. */
int copy_tree_contents(struct copy_tree *t, const char *real, const struct copy_dir *to,
		       struct error *err) _must_check_;

/* copy_tree_entry() - what is at `real`, a file or a whole directory, becomes `name` in `to`. */
int copy_tree_entry(struct copy_tree *t, const char *real, const struct copy_dir *to,
		    const char *name, struct error *err) _must_check_;

/* copy_tree_file() - a file that lies in no tree. from_fd: at offset 0. Rules' mode and owner, `mode` if the former says nothing. */
struct copy_loose {
	int from_fd;
	uint64_t size;
	mode_t mode;
	struct timespec mtime;
};
int copy_tree_file(struct copy_tree *t, const struct copy_loose *f,
		   const struct copy_dir *to, const char *name,
		   struct error *err) _must_check_;
