/* SPDX-License-Identifier: Apache-2.0 */
/* --cidfile: it goes with the container, as podman's. */
#pragma once

#include "store/container_record.h"
#include "util/cleanup.h"

/* cidfile_remove() - of a container that is being removed; path NULL: it has none. A file
 * that has become another container's stays, and a failure is forgotten: it may lie anywhere. */
void cidfile_remove(const char *path, const char *id);

/* cidfile_remove_of() - the same by the container's record. */
void cidfile_remove_of(const struct container_record *r);
