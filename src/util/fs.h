/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files and directories of the engine's own, outside any container's root. Paths inside a
 * root belong to util/path. `dirfd` may be AT_FDCWD everywhere.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "util/buf.h"
#include "util/cleanup.h"
#include "util/error.h"

/* fs_read() - whole file, at most max bytes (ERR_INVALID beyond), NUL-terminated; caller
 * frees. */
int fs_read(int dirfd, const char *path, size_t max, char **ret_text, size_t *ret_len,
	    struct error *err) _must_check_;

enum fs_write_flags {
	FS_WRITE_SYNC =
		1 << 0, /* fsync the file and its directory: survives power loss */
	FS_WRITE_EXCLUSIVE =
		1 << 1, /* ERR_CONFLICT, EEXIST if the name is there already */
};
/* fs_write_atomic() - temporary name in the same directory, write, (fsync,) rename. */
int fs_write_atomic(int dirfd, const char *path, const void *data, size_t len,
		    mode_t mode, enum fs_write_flags flags,
		    struct error *err) _must_check_;

/* fs_mkdirs() - mkdir -p; each new directory gets mode. Existing ones are left alone. */
int fs_mkdirs(int dirfd, const char *path, mode_t mode, struct error *err) _must_check_;

/* fs_open_dir() - open a directory O_PATH|O_CLOEXEC, made with fs_mkdirs if create. */
int fs_open_dir(int dirfd, const char *path, bool create, mode_t mode,
		struct error *err) _must_check_;

/*
 * fs_open_own_dir() - as fs_open_dir(create), and it must belong to the effective uid and
 * not be writable by others (ERR_DENIED with a hint otherwise). A symbolic link to it must be
 * the caller's own or root's.
 */
int fs_open_own_dir(const char *path, mode_t mode, struct error *err) _must_check_;

/* fs_remove_tree() - rm -rf without following links or crossing mounts; missing is fine.
 */
int fs_remove_tree(int dirfd, const char *path, struct error *err) _must_check_;

/* fs_lock() - open (made if missing, 0600) and flock; exclusive or shared; blocks.
 * Return: fd. */
int fs_lock(int dirfd, const char *path, bool exclusive, bool wait,
	    struct error *err) _must_check_;

bool fs_exists(int dirfd, const char *path);

/* fs_absolute() - path made absolute against the working directory, "." and "//" removed
 * (".." kept: it may cross a link). Caller frees; NULL with errno if there is no cwd. */
char *fs_absolute(const char *path);

/* fs_join() - "a/b" with exactly one slash between. Caller frees. */
char *fs_join(const char *a, const char *b);
