/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which containers need which others: to share their namespaces, or because it was said so (--requires). A row goes with
 * the record of the container that needs; the one that is needed may be gone, then it can't be started any more.
 */
#pragma once

#include "util/cleanup.h"
#include "util/error.h"

struct store;

/* dependency_insert() - of a new container, in the transaction that makes its record. Each id once; one that is
 * gone is ERR_NOT_FOUND. */
int dependency_insert(struct store *s, const char *container, char *const *needs,
		      struct error *err) _must_check_;

/* dependency_dependents() - ids of those that need this one (strv, NULL if there are none; caller frees). */
int dependency_dependents(struct store *s, const char *id, char ***ret,
			  struct error *err) _must_check_;
