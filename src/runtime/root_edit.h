/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small changes that a caller wants in the container's own files, made by its root before anything is
 * mounted over them: lines at the end of a file, a link. They stay in the root file system.
 */
#pragma once

#include <stddef.h>

struct root_edit {
	enum root_edit_kind {
		ROOT_EDIT_APPEND, /* text's lines, those that the file does not have yet; no
				     file, or one that can't be written: nothing is done */
		ROOT_EDIT_LINK,   /* a symbolic link with this target, unless there is
				     something by that name, or no directory for it */
	} kind;
	const char *path, *text; /* in the root; borrowed */
};

/* root_edit_apply() - in the child, with the container's ids; the root is not entered yet. What can't be
 * done is logged at debug. Files over 8 MiB stay as they are. */
void root_edit_apply(int root_fd, const struct root_edit *edits, size_t n);
