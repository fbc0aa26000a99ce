/* SPDX-License-Identifier: Apache-2.0 */
/* Which owners the own user namespace has. Source: user_namespaces(7), /proc/PID/uid_map. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

struct layer_id_range {
	uint32_t first, count;
};

struct layer_ids {
	struct layer_id_range *uids, *gids; /* owned; as the kernel lists them */
	size_t n_uids, n_gids;
};
void layer_ids_release(struct layer_ids *ids);
#define cleanup_layer_ids cleanup(layer_ids_release)

/* layer_ids_read() - of this process, from /proc. */
int layer_ids_read(struct layer_ids *ret, struct error *err) _must_check_;
/* layer_ids_parse() - one map's text. *ret is owned by the caller. */
int layer_ids_parse(const char *text, struct layer_id_range **ret, size_t *ret_n,
		    struct error *err) _must_check_;

/* layer_ids_check() - that both can be given to a file; else ERR_INVALID with code EOVERFLOW, the
 * sentence with the file, and the remedy. */
int layer_ids_check(const struct layer_ids *ids, const char *path, uint32_t uid,
		    uint32_t gid, struct error *err) _must_check_;
