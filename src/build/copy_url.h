/* SPDX-License-Identifier: Apache-2.0 */
/* Names and checksums of what ADD gets from elsewhere. Pure. */
#pragma once

#include "util/cleanup.h"
#include "util/error.h"

/* copy_url_name() - the last part of a URL's path, decoded: the file's name. NULL: it has none that could be one. Caller frees. */
char *copy_url_name(const char *url);

/* copy_url_check_commit() - --checksum of a repository: its commit, or the beginning of it. */
int copy_url_check_commit(const char *commit, const char *checksum,
			  struct error *err) _must_check_;
