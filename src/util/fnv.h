/* SPDX-License-Identifier: Apache-2.0 */
/* A short number for bytes that nobody forges to find two with the same: FNV-1a, 32 bits. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define FNV_INIT UINT32_C(2166136261)

/* fnv_add() - bytes behind those that `hash` is of; FNV_INIT: of none. */
static inline uint32_t fnv_add(uint32_t hash, const void *bytes, size_t n)
{
	for (const uint8_t *at = bytes; n > 0; n--)
		hash = (hash ^ *at++) * UINT32_C(16777619);
	return hash;
}
