/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ids that containers with a range of their own (--userns=auto) get theirs from.
 *   an ordinary user        its subordinate ids, not its own id
 *   root of the host        auto_pool of cubby.conf; else the subordinate ids of user "cubby", else of
 *                           "containers", if there are such lines; else 1879113728-2147352575, which
 *                           nobody uses by systemd's UIDS-GIDS, without what anybody has in
 *                           /etc/subuid or /etc/subgid
 *   root of a namespace     the ids that the namespace has, but 0
 * 65534 and 65535 are in none of them: they mean "nobody".
 */
#pragma once

#include "engine/id_spans.h"
#include "util/cleanup.h"
#include "util/error.h"

struct settings;

struct id_pool {
	struct id_spans uids, gids; /* owned */
	char *source;               /* in words, for people; owned */
};
void id_pool_release(struct id_pool *p);
#define cleanup_id_pool cleanup(id_pool_release)

/* id_pool_get() - an empty pool is success. */
int id_pool_get(const struct settings *settings, struct id_pool *ret,
		struct error *err) _must_check_;
