/* SPDX-License-Identifier: Apache-2.0 */
/* Inside store/ only: the connection and the shapes that all tables' code shares. */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>

#include "util/cleanup.h"
#include "util/error.h"

struct store {
	sqlite3 *db;
	char *path;
};

static inline _unused_ void statement_close(sqlite3_stmt *st)
{
	sqlite3_finalize(st);
}
DEFINE_CLEANUP(sqlite3_stmt *, statement_close)
#define cleanup_statement cleanup(statement_closep)

/* database_error() - the connection's last failure as a sentence. Return: -errno. */
int database_error(struct store *s, struct error *err, const char *what);

/* database_prepare() - a statement; finalized by the caller. */
int database_prepare(struct store *s, const char *sql, sqlite3_stmt **ret,
		     struct error *err) _must_check_;

/* database_step() - SQLITE_ROW as 1, SQLITE_DONE as 0, or -errno with *err. */
int database_step(struct store *s, sqlite3_stmt *st, const char *what,
		  struct error *err) _must_check_;

/* database_exec() - SQL text without results. */
int database_exec(struct store *s, const char *sql, struct error *err) _must_check_;

/* database_text() - a copy of a column, NULL for NULL; caller frees. database_bind() - a text that
 * outlives the statement's next step. */
char *database_text(sqlite3_stmt *st, int column);
void database_bind(sqlite3_stmt *st, int parameter, const char *text);

/* database_run() - a statement with its text parameters ?1, ?2 (NULL: none) run to its first row or its end: 1, 0 or -errno. */
int database_run(struct store *s, const char *sql, const char *first, const char *second,
		 const char *what, struct error *err) _must_check_;

/* database_is_taken() - the last failure was that of a value which only one row may have. */
bool database_is_taken(struct store *s);

/* database_list() - append the first column of all rows to *ret (strv). */
int database_list(struct store *s, sqlite3_stmt *st, char ***ret,
		  struct error *err) _must_check_;
/* database_list_of() - the same of a statement with one text parameter (NULL: none). */
int database_list_of(struct store *s, const char *sql, const char *text, char ***ret,
		     struct error *err) _must_check_;

/*
 * A transaction that is undone unless it was committed:
 *   cleanup_transaction struct transaction t = TRANSACTION_INIT;
 */
struct transaction {
	struct store *store; /* NULL: none is open */
};
#define TRANSACTION_INIT ((struct transaction){0})
int transaction_begin(struct transaction *t, struct store *s,
		      struct error *err) _must_check_;
int transaction_commit(struct transaction *t, struct error *err) _must_check_;
void transaction_release(struct transaction *t);
#define cleanup_transaction cleanup(transaction_release)
