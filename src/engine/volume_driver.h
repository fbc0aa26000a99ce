/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the driver `local` understands by --opt: type, device and o as mount(8) has them, copy and nocopy. Without
 * a device a volume is a directory of the engine's. Pure. Source: podman-volume-create(1).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

#define VOLUME_DRIVER "local"

/* volume_driver_check() - options: "key=value" words (strv). The uid= and gid= of `o` go to *uid and *gid. */
int volume_driver_check(const char *driver, char *const *options, int64_t *uid,
			int64_t *gid, struct error *err) _must_check_;

/* How a volume gets into a container. */
struct volume_source {
	char *type; /* NULL: the engine's directory; "bind": that of `device`; else a file system; owned, as all */
	char *device;
	char **options; /* words of the mount */
	bool no_copy;   /* it never starts with what the image has */
};
void volume_source_release(struct volume_source *s);
#define cleanup_volume_source cleanup(volume_source_release)

/* volume_driver_source() - options: the record's JSON text. */
int volume_driver_source(const char *options, struct volume_source *ret,
			 struct error *err) _must_check_;
