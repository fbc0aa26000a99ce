/* SPDX-License-Identifier: Apache-2.0 */
/* What containers take on disk. */
#pragma once

#include <stdint.h>

#include "engine/container.h"
#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

struct container_size {
	int64_t writable; /* its own files; of one made from a directory: that directory */
	int64_t all; /* those of its image as well; as podman has it, 0 without an image */
};

/* container_sizes() - of n containers, in one walk; ret has room for them. */
int container_sizes(const struct engine *e, const struct container *const *containers,
		    size_t n, struct container_size *ret, struct error *err) _must_check_;
