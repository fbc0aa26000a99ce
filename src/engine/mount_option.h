/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --mount as text: "type=TYPE,KEY=VALUE,...", quoted as CSV is. Pure. Source: podman-run(1), and the keys that Docker has
 * besides.
 */
#pragma once

#include "engine/volume_option.h"
#include "util/cleanup.h"
#include "util/error.h"

/*
 * mount_parse() - adds to volumes or, a tmpfs, to tmpfs. The matches of a glob are looked for in the file system: each
 * is a volume of its own.
 */
int mount_parse(struct volumes *volumes, struct volumes *tmpfs, const char *text,
		struct error *err) _must_check_;

/* csv_split() - one line of CSV (RFC 4180) as words (strv); caller frees. */
int csv_split(const char *text, char ***ret, struct error *err) _must_check_;
