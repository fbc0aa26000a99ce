/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The members of podman's document of a container that inspect.c does not speak of: places of files, how its
 * root file system is put together, what was asked of its network and devices; and, last, what no container has
 * here, with the value that podman gives where nothing was asked for, so that nobody's template fails.
 */
#pragma once

#include "engine/container.h"
#include "engine/engine.h"

struct json_object;
struct spec;

/* inspect_fill_gaps() - members of o that are there already stay. */
void inspect_fill_gaps(const struct engine *e, const struct container *c,
		       const struct spec *spec, struct json_object *o);
