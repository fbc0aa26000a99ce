/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's records: one SQLite database per user (WAL), every change one transaction.
 * It says what should be; whether a container lives is never asked of it. Several
 * processes use it at once; a change waits for another's for as long as STORE_BUSY_MSEC.
 *
 * A `struct store` must not be used in a process forked after it was opened.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

#define STORE_FILE           "cubby.db"
#define STORE_SCHEMA_VERSION 7
#define STORE_BUSY_MSEC      30000

struct store;

/*
 * store_open() - the database STORE_FILE in the directory data_dir (which must exist and
 * be private), made if missing. One written by a newer version is ERR_UNSUPPORTED.
 */
int store_open(const char *data_dir, struct store **ret, struct error *err) _must_check_;

/* store_is_there() - records that are the caller's own, in a directory that is: others may have put anything there. */
bool store_is_there(const char *data_dir);

/*
 * store_open_to_look() - another store of the same user, which may be of any version and is not changed.
 * None there is ERR_NOT_FOUND.
 */
int store_open_to_look(const char *data_dir, struct store **ret,
		       struct error *err) _must_check_;
void store_close(struct store *store);

/*
 * store_begin(), store_commit() - the transaction around looking and changing: from the first on no other
 * process changes the store (BEGIN IMMEDIATE). store_end() undoes what was not committed.
 */
int store_begin(struct store *store, struct error *err) _must_check_;
int store_commit(struct store *store, struct error *err) _must_check_;
void store_end(struct store *store);

DEFINE_CLEANUP(struct store *, store_close)
#define cleanup_store cleanup(store_closep)
