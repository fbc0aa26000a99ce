/* SPDX-License-Identifier: Apache-2.0 */
/* What a commit is asked for. */
#pragma once

#include <stdbool.h>

#include "engine/image_progress.h"

struct commit_options {   /* nothing is owned */
	const char *name; /* canonical; NULL: none */
	const char *author, *message;
	char *const *changes; /* strv of instructions (engine/image_change.h) */
	const char *
		config_file; /* JSON of an image's run config, merged into it; NULL: none */
	bool docker;         /* Docker's format instead of OCI's */
	bool include_volumes; /* the container's -v become VOLUMEs */
	bool pause;           /* the container stands still while its files are read */
	bool squash;          /* one layer of all its files */
	const struct image_progress *progress;
};
