/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening and the schema.
 *
 * Durability: WAL with synchronous NORMAL. A transaction survives a kill -9 of any
 * process at any moment; a power failure may lose the last ones but never tears one, and
 * after a power failure no container of theirs lives. So no command waits for the disk.
 *
 * The last connection that closes would copy the log back (a checkpoint, two fsyncs: ten
 * times the cost of the transaction); that is switched off. Instead the log is copied
 * when it has grown to CHECKPOINT_PAGES. Not larger: the first process to open reads the
 * whole log again to rebuild its index. It is cut off then: SQLite's own automatic
 * checkpoint leaves that to the next transaction of the same process, and here there
 * often is none.
 */
#include "store/database.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/store.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"

#define CHECKPOINT_PAGES 128

/* What each version adds to the one before: the schema of version N is the first N of them. */
static const char *const schema_steps[STORE_SCHEMA_VERSION] = {
	"CREATE TABLE container ("
	" id TEXT NOT NULL PRIMARY KEY,"
	" name TEXT NOT NULL UNIQUE,"
	" created INTEGER NOT NULL," /* microseconds since the epoch, as all times */
	" auto_remove INTEGER NOT NULL,"
	" config TEXT NOT NULL,"
	" ended INTEGER NOT NULL DEFAULT 0,"
	" started INTEGER NOT NULL DEFAULT 0,"
	" finished INTEGER NOT NULL DEFAULT 0,"
	" exit_code INTEGER NOT NULL DEFAULT 0,"
	" failure TEXT"
	") WITHOUT ROWID;"
	"CREATE TABLE exit_status ("
	" id TEXT NOT NULL PRIMARY KEY,"
	" code INTEGER NOT NULL,"
	" at INTEGER NOT NULL"
	") WITHOUT ROWID;",

	"ALTER TABLE container ADD COLUMN image TEXT;"
	"CREATE TABLE image ("
	" id TEXT NOT NULL PRIMARY KEY,"
	" manifest TEXT NOT NULL,"
	" manifest_type TEXT NOT NULL,"
	" created INTEGER NOT NULL,"
	" recorded INTEGER NOT NULL,"
	" size INTEGER NOT NULL,"
	" config TEXT NOT NULL,"
	" passwd TEXT,"
	" group_file TEXT"
	");"
	"CREATE TABLE image_name ("
	" name TEXT NOT NULL PRIMARY KEY,"
	" image TEXT NOT NULL"
	") WITHOUT ROWID;"
	"CREATE INDEX image_name_image ON image_name (image);"
	"CREATE TABLE image_digest ("
	" name TEXT NOT NULL,"
	" image TEXT NOT NULL,"
	" PRIMARY KEY (name, image)"
	") WITHOUT ROWID;"
	"CREATE TABLE image_layer ("
	" image TEXT NOT NULL,"
	" position INTEGER NOT NULL,"
	" chain TEXT NOT NULL,"
	" PRIMARY KEY (image, position)"
	") WITHOUT ROWID;"
	"CREATE INDEX image_layer_chain ON image_layer (chain);"
	"CREATE TABLE image_blob ("
	" image TEXT NOT NULL,"
	" digest TEXT NOT NULL,"
	" PRIMARY KEY (image, digest)"
	") WITHOUT ROWID;"
	"CREATE INDEX image_blob_digest ON image_blob (digest);"
	"CREATE TABLE layer ("
	" chain TEXT NOT NULL,"
	" single_id INTEGER NOT NULL,"
	" diff TEXT NOT NULL,"
	" blob TEXT NOT NULL,"
	" tar_size INTEGER NOT NULL,"
	" disk_size INTEGER NOT NULL,"
	" entries INTEGER NOT NULL,"
	" max_uid INTEGER NOT NULL,"
	" max_gid INTEGER NOT NULL,"
	" boot TEXT," /* it was unpacked in; NULL: known to be on the disk */
	" PRIMARY KEY (chain, single_id)"
	") WITHOUT ROWID;"
	"CREATE TABLE manifest_list ("
	" name TEXT NOT NULL PRIMARY KEY,"
	" document TEXT NOT NULL"
	") WITHOUT ROWID;",

	"CREATE TABLE id_range ("
	" container TEXT NOT NULL," /* without a record at first: it is made later */
	" kind INTEGER NOT NULL,"   /* enum id_range_kind */
	" start INTEGER NOT NULL,"
	" count INTEGER NOT NULL,"
	" exclusive INTEGER NOT NULL,"
	" PRIMARY KEY (container, kind, start)"
	") WITHOUT ROWID;",

	"ALTER TABLE container ADD COLUMN phase INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE container ADD COLUMN restarts INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE container ADD COLUMN stopped INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE container ADD COLUMN pod TEXT;"
	"CREATE TABLE volume ("
	" name TEXT NOT NULL PRIMARY KEY,"
	" created INTEGER NOT NULL,"
	" driver TEXT NOT NULL,"
	" labels TEXT NOT NULL,"
	" options TEXT NOT NULL,"
	" anonymous INTEGER NOT NULL,"
	" fresh INTEGER NOT NULL,"
	" uid INTEGER NOT NULL,"
	" gid INTEGER NOT NULL"
	") WITHOUT ROWID;"
	"CREATE TABLE volume_use ("
	" volume TEXT NOT NULL,"
	" container TEXT NOT NULL,"
	" PRIMARY KEY (volume, container)"
	") WITHOUT ROWID;"
	"CREATE INDEX volume_use_container ON volume_use (container);"
	"CREATE TABLE secret ("
	" id TEXT NOT NULL PRIMARY KEY,"
	" name TEXT NOT NULL UNIQUE,"
	" created INTEGER NOT NULL,"
	" updated INTEGER NOT NULL,"
	" driver TEXT NOT NULL,"
	" options TEXT NOT NULL,"
	" labels TEXT NOT NULL"
	") WITHOUT ROWID;"
	"CREATE INDEX container_pod ON container (pod) WHERE pod IS NOT NULL;"
	"CREATE TABLE pod ("
	" id TEXT NOT NULL PRIMARY KEY,"
	" name TEXT NOT NULL UNIQUE,"
	" created INTEGER NOT NULL,"
	" config TEXT NOT NULL,"
	" infra TEXT"
	") WITHOUT ROWID;"
	"CREATE TABLE dependency (" /* of a container on another one */
	" container TEXT NOT NULL,"
	" needs TEXT NOT NULL,"
	" PRIMARY KEY (container, needs)"
	") WITHOUT ROWID;"
	"CREATE INDEX dependency_needs ON dependency (needs);"
	"CREATE TRIGGER container_deleted AFTER DELETE ON container BEGIN"
	" DELETE FROM dependency WHERE container = OLD.id;"
	" END;",

	"CREATE TABLE network ("
	" id TEXT NOT NULL PRIMARY KEY,"
	" name TEXT NOT NULL UNIQUE,"
	" created INTEGER NOT NULL,"
	" config TEXT NOT NULL,"
	" last TEXT"
	") WITHOUT ROWID;"
	"CREATE TABLE address ("
	" network TEXT NOT NULL,"
	" ip TEXT NOT NULL,"
	" container TEXT NOT NULL," /* without a record at first, as with id_range */
	" PRIMARY KEY (network, ip)"
	") WITHOUT ROWID;"
	"CREATE INDEX address_container ON address (container);"
	"CREATE TRIGGER container_address AFTER DELETE ON container BEGIN"
	" DELETE FROM address WHERE container = OLD.id;"
	" END;"
	/* an address is of one run: phase 1 is at rest */
	"CREATE TRIGGER container_rest AFTER UPDATE OF phase ON container"
	" WHEN NEW.phase = 1 BEGIN"
	" DELETE FROM address WHERE container = NEW.id;"
	" END;",

	"CREATE TABLE build_step ("
	" key TEXT NOT NULL PRIMARY KEY,"
	" parent TEXT,"
	" layer TEXT,"
	" diff TEXT,"
	" tar_size INTEGER NOT NULL,"
	" created INTEGER NOT NULL,"
	" used INTEGER NOT NULL,"
	" uses INTEGER NOT NULL,"
	" text TEXT NOT NULL"
	") WITHOUT ROWID;"
	"CREATE INDEX build_step_layer ON build_step (layer) WHERE layer IS NOT NULL;",

	("ALTER TABLE container ADD COLUMN oom_killed INTEGER NOT NULL DEFAULT 0;"
	 "ALTER TABLE container ADD COLUMN memory_peak INTEGER NOT NULL DEFAULT 0;"),
};

static enum error_kind kind_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERR_UNAVAILABLE;
	case SQLITE_PERM:
	case SQLITE_READONLY:
	case SQLITE_AUTH:
		return ERR_DENIED;
	default:
		return ERR_SYSTEM;
	}
}

int database_error(struct store *s, struct error *err, const char *what)
{
	int code = sqlite3_extended_errcode(s->db);
	int number = sqlite3_system_errno(s->db);
	const char *words = sqlite3_errmsg(s->db);

	if ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB) {
		error_set(err, ERR_SYSTEM, 0, "%s in %s: %s", what, s->path, words);
		return error_hint(
			err,
			"Move the damaged file aside: mv %s %s.damaged (the records in it are lost)",
			s->path, s->path);
	}
	/* the errno belongs to I/O and open failures; otherwise it is a stale one */
	if ((code & 0xff) != SQLITE_IOERR && (code & 0xff) != SQLITE_CANTOPEN)
		number = 0;
	return error_set(err, kind_of(code), number, "%s in %s: %s", what, s->path,
			 words);
}

int database_prepare(struct store *s, const char *sql, sqlite3_stmt **ret,
		     struct error *err)
{
	if (sqlite3_prepare_v2(s->db, sql, -1, ret, NULL) != SQLITE_OK)
		return database_error(s, err, "read the records");
	return 0;
}

int database_step(struct store *s, sqlite3_stmt *st, const char *what, struct error *err)
{
	int code;

	if (sys_fault("sqlite"))
		return error_set(err, ERR_SYSTEM, errno, "%s in %s", what, s->path);
	code = sqlite3_step(st);
	if (code == SQLITE_ROW)
		return 1;
	if (code == SQLITE_DONE)
		return 0;
	return database_error(s, err, what);
}

int database_exec(struct store *s, const char *sql, struct error *err)
{
	if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return database_error(s, err, "change the records");
	return 0;
}

char *database_text(sqlite3_stmt *st, int column)
{
	const char *text = (const char *)sqlite3_column_text(st, column);

	return text ? xstrdup(text) : NULL;
}

void database_bind(sqlite3_stmt *st, int parameter, const char *text)
{
	sqlite3_bind_text(st, parameter, text, -1, SQLITE_STATIC);
}

int database_run(struct store *s, const char *sql, const char *first, const char *second,
		 const char *what, struct error *err)
{
	cleanup_statement sqlite3_stmt *st = NULL;
	int r = database_prepare(s, sql, &st, err);

	if (r < 0)
		return r;
	if (first)
		database_bind(st, 1, first);
	if (second)
		database_bind(st, 2, second);
	return database_step(s, st, what, err);
}

int database_list(struct store *s, sqlite3_stmt *st, char ***ret, struct error *err)
{
	int r;

	while ((r = database_step(s, st, "read the records", err)) > 0)
		strv_add_take(ret, database_text(st, 0));
	return r;
}

int database_list_of(struct store *s, const char *sql, const char *text, char ***ret,
		     struct error *err)
{
	cleanup_statement sqlite3_stmt *st = NULL;
	int r = database_prepare(s, sql, &st, err);

	if (r < 0)
		return r;
	if (text)
		database_bind(st, 1, text);
	return database_list(s, st, ret, err);
}

bool database_is_taken(struct store *s)
{
	return (sqlite3_errcode(s->db) & 0xff) == SQLITE_CONSTRAINT;
}

int transaction_begin(struct transaction *t, struct store *s, struct error *err)
{
	int r = store_begin(s, err);

	if (r >= 0)
		t->store = s;
	return r;
}

int transaction_commit(struct transaction *t, struct error *err)
{
	int r = store_commit(t->store, err);

	if (r >= 0)
		t->store = NULL;
	return r;
}

void transaction_release(struct transaction *t)
{
	if (t->store)
		store_end(t->store);
	t->store = NULL;
}

int store_begin(struct store *s, struct error *err)
{
	return database_exec(s, "BEGIN IMMEDIATE", err);
}

int store_commit(struct store *s, struct error *err)
{
	return database_exec(s, "COMMIT", err);
}

void store_end(struct store *s)
{
	int saved_errno = errno;

	if (!sqlite3_get_autocommit(s->db))
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	errno = saved_errno;
}

static int read_version(struct store *s, int *ret, struct error *err)
{
	cleanup_statement sqlite3_stmt *st = NULL;
	int r;

	r = database_prepare(s, "PRAGMA user_version", &st, err);
	if (r < 0)
		return r;
	r = database_step(s, st, "read the records", err);
	if (r < 0)
		return r;
	*ret = r ? sqlite3_column_int(st, 0) : 0;
	return 0;
}

static int apply_schema(struct store *s, int version, struct error *err)
{
	cleanup_transaction struct transaction t = TRANSACTION_INIT;
	cleanup_free char *set_version =
		xasprintf("PRAGMA user_version=%d", STORE_SCHEMA_VERSION);
	int r = transaction_begin(&t, s, err);

	for (int i = version; r >= 0 && i < STORE_SCHEMA_VERSION; i++)
		r = database_exec(s, schema_steps[i], err);
	if (r >= 0)
		r = database_exec(s, set_version, err);
	return r < 0 ? r : transaction_commit(&t, err);
}

/*
 * New, or written by an older version. Another process may be doing the same: who gets the lock
 * first makes the tables. It is a lock of our own, as the change to WAL does not wait for others: it
 * fails (SQLITE_BUSY).
 */
static int update_schema(struct store *s, struct error *err)
{
	cleanup_free char *lock_path = xasprintf("%s.lock", s->path);
	cleanup_fd int lock_fd = fs_lock(AT_FDCWD, lock_path, true, true, err);
	int r, version;

	if (lock_fd < 0)
		return lock_fd;
	r = read_version(s, &version, err);
	if (r < 0 || version >= STORE_SCHEMA_VERSION)
		return r;
	if (version == 0)
		r = database_exec(s, "PRAGMA journal_mode=WAL", err);
	return r < 0 ? r : apply_schema(s, version, err);
}

/* Nobody is waited for: with readers or a writer about it is as far as it gets, and the next one's turn. */
static int copy_log_back(void *data _unused_, sqlite3 *db, const char *name, int pages)
{
	if (pages < CHECKPOINT_PAGES)
		return SQLITE_OK;
	sqlite3_busy_timeout(db, 0);
	(void)sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_busy_timeout(db, STORE_BUSY_MSEC);
	return SQLITE_OK;
}

static int prepare_connection(struct store *s, struct error *err)
{
	int r, version;

	sqlite3_busy_timeout(s->db, STORE_BUSY_MSEC);
	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_wal_hook(s->db, copy_log_back, NULL);
	r = database_exec(s, "PRAGMA synchronous=NORMAL", err);
	if (r < 0)
		return r;
	r = read_version(s, &version, err);
	if (r < 0)
		return r;
	if (version > STORE_SCHEMA_VERSION) {
		error_set(
			err, ERR_UNSUPPORTED, 0,
			"open %s: it was written by a newer cubby (schema %d, this one knows %d)",
			s->path, version, STORE_SCHEMA_VERSION);
		return error_hint(
			err,
			"Use that newer cubby, or another place: cubby --root DIR ...");
	}
	return version < STORE_SCHEMA_VERSION ? update_schema(s, err) : 0;
}

int store_open(const char *data_dir, struct store **ret, struct error *err)
{
	cleanup_store struct store *s = xcalloc(1, sizeof(*s));
	int code, r;

	s->path = fs_join(data_dir, STORE_FILE);
	code = sqlite3_open_v2(
		s->path, &s->db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
	if (!s->db)
		return error_set(err, ERR_SYSTEM, ENOMEM, "open %s", s->path);
	if (code != SQLITE_OK)
		return database_error(s, err, "open the records");
	r = prepare_connection(s, err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(s);
	return 0;
}

bool store_is_there(const char *data_dir)
{
	cleanup_free char *path = fs_join(data_dir, STORE_FILE);
	struct stat dir, file;

	return lstat(data_dir, &dir) == 0 && S_ISDIR(dir.st_mode) &&
	       dir.st_uid == geteuid() && lstat(path, &file) == 0 &&
	       S_ISREG(file.st_mode) && file.st_uid == geteuid();
}

int store_open_to_look(const char *data_dir, struct store **ret, struct error *err)
{
	cleanup_store struct store *s = xcalloc(1, sizeof(*s));
	int code;

	s->path = fs_join(data_dir, STORE_FILE);
	if (!store_is_there(data_dir))
		return error_set(err, ERR_NOT_FOUND, ENOENT, "open %s", s->path);
	code = sqlite3_open_v2(s->path, &s->db,
			       SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
	if (!s->db)
		return error_set(err, ERR_SYSTEM, ENOMEM, "open %s", s->path);
	if (code != SQLITE_OK)
		return database_error(s, err, "open the records");
	sqlite3_busy_timeout(s->db, STORE_BUSY_MSEC);
	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	*ret = TAKE_PTR(s);
	return 0;
}

void store_close(struct store *s)
{
	sqlite3_close_v2(s->db);
	free(s->path);
	free(s);
}
