/* SPDX-License-Identifier: Apache-2.0 */
/* A mount that the user asked for, as a line of the container's record. Where it is in the spec is told by its
 * destination. Pure. */
#pragma once

#include "engine/volume_option.h"
#include "util/cleanup.h"
#include "util/error.h"

struct container_config;

/* mount_record_text() - caller frees. mount_record_check() - a path with a line end can't be put on record. */
char *mount_record_text(const struct volume *v);
int mount_record_check(const struct volume *v, struct error *err) _must_check_;

/* mount_record_parse() - back: kind, anonymous, overlay, writable, destination, name, source, options, subpath, what of them was kept. */
int mount_record_parse(const char *text, struct volume *ret,
		       struct error *err) _must_check_;

/* mount_records() - all of a container. Lines that are none of ours are left out. */
void mount_records(const struct container_config *c, struct volumes *ret);
