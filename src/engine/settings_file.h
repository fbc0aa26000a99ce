/* SPDX-License-Identifier: Apache-2.0 */
/* A file of settings: where a user's is, and whether it may be believed. */
#pragma once

#include "util/buf.h"
#include "util/cleanup.h"
#include "util/error.h"

enum settings_owner {
	SETTINGS_OF_SYSTEM,
	SETTINGS_OF_USER, /* in a home directory, which with `sudo` is another's */
	SETTINGS_NAMED, /* in the environment or on the command line, by whoever runs this */
};

/*
 * settings_file_read() - *ret is set in any case. Return: 1; 0 if there is none; or of a user's file that belongs to
 * somebody else than the caller or root, which is not read.
 */
int settings_file_read(const char *path, enum settings_owner owner, struct buf *ret,
		       struct error *err) _must_check_;

/* settings_file_of_user() - below $XDG_CONFIG_HOME or ~/.config; NULL: there is no place for it. Caller frees. */
char *settings_file_of_user(const char *name);
