/* SPDX-License-Identifier: Apache-2.0 */
/* What is different between two file trees, as `diff` lists it. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "util/buf.h"
#include "util/cleanup.h"
#include "util/error.h"

/*
 * file_change_add() - one record, for file_changes(): kind 'A' added, 'C' changed, 'D' deleted; path from
 * the top without a slash in front ("etc/passwd"). What is added or deleted changes the directory that it
 * is in, too. -E2BIG when b is full.
 */
int file_change_add(struct buf *b, char kind, const char *path) _must_check_;

/* file_changes() - all records as "A /etc/passwd" lines (strv): each path once, directories before what
 * is in them, and in the order of names. Caller frees. */
char **file_changes(const struct buf *b);

/* file_differs() - whether one became the other by a change that shows in the inode: type, mode, owner,
 * time of last change; of what is no directory also size and device. */
bool file_differs(const struct stat *a, const struct stat *b);
