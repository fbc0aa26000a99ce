/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of mounts[].options as a table. Private to mount_plan.c and mount_fill.c. Source: mount(8),
 * runtime-spec config.md 'Linux mount options', and what runc and crun take beyond it.
 */
#pragma once

#include <stdint.h>

/* What a bound directory that is empty gets of what it covers. */
enum mount_fill {
	MOUNT_FILL_CONTENT = 1 << 0,
	MOUNT_FILL_OWNER =
		1 << 1, /* the top directory's owner and mode; where nothing was the
				      owner is who the container's program runs as */
};

enum mount_word_kind {
	WORD_ATTR,        /* changes a flag of the mount itself: set, clear */
	WORD_REC_ATTR,    /* the same for the whole tree */
	WORD_PROPAGATION, /* set: MS_PRIVATE ... */
	WORD_REC_PROPAGATION,
	WORD_SUPERBLOCK, /* a flag of the file system, which a bind cannot have */
	WORD_NOTHING,    /* says what is so anyway */
	WORD_BIND,
	WORD_REC_BIND,
	WORD_REMOUNT,
	WORD_IDMAP,
	WORD_REC_IDMAP,
	WORD_COPY_UP, /* set: MOUNT_FILL_* of a bind */
	WORD_SOURCE_NOFOLLOW,
	WORD_DEST_NOFOLLOW,
	WORD_COPY_SYMLINK,
	WORD_COPY_FILE,
	WORD_ENGINE, /* for an engine, which should have acted on it and taken it out */
};

struct mount_word {
	const char *word;
	enum mount_word_kind kind;
	uint64_t set, clear;
};

/* mount_word_find() - NULL: not ours, but the file system's. */
const struct mount_word *mount_word_find(const char *word);

/* mount_attr_word() - for messages: the word that sets this one MOUNT_ATTR_* bit. */
const char *mount_attr_word(uint64_t bit);
