/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blobs are not synced when they are written: waiting for the disk would cost more than fetching
 * them. Instead each carries the id of the boot that it was written in, as an extended attribute; a
 * blob of another boot is hashed once more before it is used, as a power failure may have taken
 * its end, and then carries none. The directory `blobs` itself says which boot this is: the
 * transfer program can't read /proc. Source: xattr(7); ext4, xfs and btrfs keep the order of a
 * file's attribute and its later rename.
 */
#pragma once

#include <stdbool.h>

/* unsynced_note_boot() - on the directory, by who may read /proc. Where there are no extended
 * attributes nothing happens. */
void unsynced_note_boot(int blobs_fd);

/* unsynced_mark() - before the rename into place. Return: 0, or -errno: sync it instead. */
int unsynced_mark(int blobs_fd, int fd);

/* unsynced_is_doubtful() - written in another boot, and not checked since. */
bool unsynced_is_doubtful(int blobs_fd, int fd);

/* unsynced_clear() - it was checked. */
void unsynced_clear(int fd);
