/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which ids are held, by all of a user's stores together: containers of several --root directories must
 * not share ids either. Each store that chooses or reserves ids is written down in the file STORES_FILE
 * of the user's default data directory (paths, each ended by a NUL), under a lock beside it that also
 * makes everybody who chooses ids wait for each other.
 */
#pragma once

#include <stdbool.h>

#include "engine/engine.h"
#include "store/id_range.h"
#include "util/cleanup.h"
#include "util/error.h"

#define STORES_FILE "stores"

struct id_holding {
	char *data; /* the store's directory; owned */
	bool own;   /* it is the engine's */
	struct id_ranges ranges;
};

struct id_holdings {              /* the engine's own store comes first */
	struct id_holding *items; /* owned */
	size_t n;
};
void id_holdings_release(struct id_holdings *h);
#define cleanup_id_holdings cleanup(id_holdings_release)

/* id_stores_lock() - this store is written down, those that are gone are struck out. Return: the lock's fd. */
int id_stores_lock(const struct engine *e, struct error *err) _must_check_;

/* id_stores_look() - what all stores hold; e->store is open. A store that can't be read is an error. */
int id_stores_look(const struct engine *e, struct id_holdings *ret,
		   struct error *err) _must_check_;
