/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of a mount before it is attached: what is put into it, the content of a volume's first use, a secret's file. */
#pragma once

#include "util/cleanup.h"
#include "util/error.h"

struct mount_step;
struct spec;

/*
 * mount_fill() - step->fill of a bind: volume_fd is the detached mount of a directory, place_fd what it will cover
 * (-EBADF: that was not there before). One that is not empty stays as it is. A read-only mount is written to for the
 * moment.
 */
int mount_fill(const struct spec *spec, const struct mount_step *step, int place_fd,
	       int volume_fd, struct error *err) _must_check_;

/*
 * mount_part() - instead of a detached mount one of a file or directory in it; containers write what lies there, and no link
 * of theirs leads out. By whom the files obey: the container's root. place_fd: a directory where it is attached for the
 * moment. Return: fd of the detached mount.
 */
int mount_part(const char *path, int mount_fd, int place_fd,
	       struct error *err) _must_check_;

/* mount_file_copy() - step->copy_file: a file in memory with what from_fd (open for reading) has. Return: fd of the
 * detached mount. */
int mount_file_copy(const struct mount_step *step, int from_fd,
		    struct error *err) _must_check_;
