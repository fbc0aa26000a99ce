/* SPDX-License-Identifier: Apache-2.0 */
/* Small allocations that all end together: the nodes of a tree, the texts made while it is
 * walked. Their sum is counted, so that the owner can set a limit. */
#pragma once

#include <stddef.h>

#include "util/cleanup.h"

struct arena_block;
struct arena {
	struct arena_block *blocks;
	size_t used; /* bytes asked for so far */
};

/* arena_alloc() - zeroed, aligned for anything, never NULL. */
void *arena_alloc(struct arena *a, size_t size);
/* arena_text() - a copy of len bytes and a NUL. */
char *arena_text(struct arena *a, const char *s, size_t len);
/* arena_take() - p comes from malloc(3) and is freed with the rest; size: of it, to be counted.
 * Return: p. */
void *arena_take(struct arena *a, void *p, size_t size);

void arena_release(struct arena *a); /* safe on a zeroed struct */
#define cleanup_arena cleanup(arena_release)
