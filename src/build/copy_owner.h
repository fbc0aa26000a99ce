/* SPDX-License-Identifier: Apache-2.0 */
/* What --chown says: USER, USER:GROUP, :GROUP, by name or number. Pure. Source: Dockerfile reference, "COPY --chown". */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

struct user_files;

/*
 * copy_owner_parse() - names are looked up in the image's own files. A number without a group is that group too; a name's group is the one that the
 * image's passwd file gives it.
 */
int copy_owner_parse(const char *text, const struct user_files *files, uint32_t *ret_uid,
		     uint32_t *ret_gid, struct error *err) _must_check_;

/* copy_owner_is_numeric() - whether the image's files need not be read. */
bool copy_owner_is_numeric(const char *text);
