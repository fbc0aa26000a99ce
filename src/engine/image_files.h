/* SPDX-License-Identifier: Apache-2.0 */
/* The files of an image, all layers over each other, out of the store: `build --output`. */
#pragma once

#include "engine/engine.h"
#include "store/image_record.h"
#include "util/cleanup.h"
#include "util/error.h"

/* image_files_tar() - owners are those that a container sees. */
int image_files_tar(const struct engine *e, const struct image_record *r, int out_fd,
		    struct error *err) _must_check_;

/*
 * image_files_directory() - into a directory, made if missing, over what lies there: everything becomes the user's own; device nodes
 * and set-user-id bits are left out. A confined process does the writing: no link in the image or the directory leads out of it.
 */
int image_files_directory(const struct engine *e, const struct image_record *r,
			  const char *path, struct error *err) _must_check_;
