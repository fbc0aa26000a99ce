/* SPDX-License-Identifier: Apache-2.0 */
/* A volume's files as a tar, out of it and into it; and a volume with a file system of its own, mounted where the engine is. */
#pragma once

#include "engine/engine.h"
#include "store/volume_record.h"
#include "util/cleanup.h"
#include "util/error.h"

/* volume_export() - owners are those that the user's own map has: 0 is the user. One whose files are there only while a
 * container runs is ERR_UNSUPPORTED. */
int volume_export(const struct engine *e, const struct volume_record *r, int out_fd,
		  struct error *err) _must_check_;

/* volume_import() - a tar, compressed or not, is unpacked over what is there, by a confined process: nothing in it, and no link
 * in the volume, leads out. in_fd: a file, or anything that can be read to its end. */
int volume_import(const struct engine *e, const struct volume_record *r, int in_fd,
		  struct error *err) _must_check_;

/* volume_mount() - *ret: where the files are; caller frees. Only for root, and inside of `cubby unshare`. What has no file system of
 * its own is there already. volume_unmount() - undo it. */
int volume_mount(const struct engine *e, const struct volume_record *r, char **ret,
		 struct error *err) _must_check_;
int volume_unmount(const struct engine *e, const struct volume_record *r,
		   struct error *err) _must_check_;
