/* SPDX-License-Identifier: Apache-2.0 */
/* One file in the form of containers-registries.conf(5), version 2, as it stands there. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "util/cleanup.h"
#include "util/error.h"

struct spec_key_value; /* spec/spec.h */

#define REGISTRIES_FILE_MAX (1 << 20)

struct registries_mirror { /* strings owned */
	char *location;    /* host[:port][/path] */
	bool insecure;
	char *pull_from_mirror; /* "all", "digest-only", "tag-only"; NULL or "": all */
};

struct registries_entry { /* strings owned */
	char *prefix;     /* never NULL; "host[:port][/path[:tag|@digest]]" or "*.host" */
	char *location;   /* NULL: the names stay as they are */
	bool insecure, blocked, mirror_by_digest_only;
	struct registries_mirror *mirrors;
	size_t n_mirrors;
};
void registries_entry_release(struct registries_entry *e);

struct registries_file {
	char **search;  /* NULL: not said */
	char **helpers; /* likewise */
	char *short_name_mode;
	struct registries_entry *entries;
	size_t n_entries;
	struct spec_key_value *aliases; /* an empty value: forget it */
	size_t n_aliases;
};
void registries_file_release(struct registries_file *f);
#define cleanup_registries_file cleanup(registries_file_release)

/*
 * registries_file_parse() - `path` is for messages. Members that are not known are skipped: other
 * programs read the same file. ERR_INVALID; version 1 of the form is ERR_UNSUPPORTED.
 */
int registries_file_parse(const char *text, size_t len, const char *path,
			  struct registries_file *ret, struct error *err) _must_check_;
