/* SPDX-License-Identifier: Apache-2.0 */
#include "store/image_record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/database.h"
#include "util/mem.h"
#include "util/str.h"

#define COLUMNS                                                                  \
	"id, manifest, manifest_type, created, recorded, size, config, passwd, " \
	"group_file"

void image_record_release(struct image_record *r)
{
	free(r->id);
	free(r->manifest);
	free(r->manifest_type);
	free(r->config);
	free(r->passwd);
	free(r->group);
	strv_free(r->names);
	strv_free(r->digests);
	strv_free(r->layers);
	strv_free(r->blobs);
	*r = (struct image_record){0};
}

void image_records_release(struct image_records *list)
{
	for (size_t i = 0; i < list->n; i++)
		image_record_release(&list->items[i]);
	free(list->items);
	*list = (struct image_records){0};
}

static int not_known(const char *text, struct error *err)
{
	return error_set(err, ERR_NOT_FOUND, 0, "%s: image not known", text);
}

/* A statement with its text parameters ?1, ?2, ... run to its end. */
static int run(struct store *s, const char *sql, const char *const *texts, size_t n,
	       struct error *err)
{
	cleanup_statement sqlite3_stmt *st = NULL;
	int r = database_prepare(s, sql, &st, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		database_bind(st, (int)i + 1, texts[i]);
	return database_step(s, st, "change the records of images", err);
}

#define RUN(s, sql, err, ...)                           \
	run(s, sql, (const char *const[]){__VA_ARGS__}, \
	    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), err)

static int read_lists(struct store *s, struct image_record *r, struct error *err)
{
	const struct {
		const char *sql;
		char ***ret;
	} lists[] = {
		{"SELECT name FROM image_name WHERE image = ?1 ORDER BY name", &r->names},
		{"SELECT name FROM image_digest WHERE image = ?1 ORDER BY name",
		 &r->digests},
		{"SELECT chain FROM image_layer WHERE image = ?1 ORDER BY position",
		 &r->layers},
		{"SELECT digest FROM image_blob WHERE image = ?1", &r->blobs},
	};
	int k = 0;

	for (size_t i = 0; k >= 0 && i < ARRAY_SIZE(lists); i++)
		k = database_list_of(s, lists[i].sql, r->id, lists[i].ret, err);
	return k;
}

static void read_row(sqlite3_stmt *st, struct image_record *r)
{
	*r = (struct image_record){
		.id = database_text(st, 0),
		.manifest = database_text(st, 1),
		.manifest_type = database_text(st, 2),
		.created_usec = sqlite3_column_int64(st, 3),
		.recorded_usec = sqlite3_column_int64(st, 4),
		.size = sqlite3_column_int64(st, 5),
		.config = database_text(st, 6),
		.passwd = database_text(st, 7),
		.group = database_text(st, 8),
	};
}

/* At most one image for one text parameter: 1 with it, 0 for none; two are ERR_CONFLICT. */
static int get(struct store *s, const char *sql, const char *text,
	       struct image_record *ret, struct error *err)
{
	cleanup_image_record struct image_record found = {0};
	cleanup_statement sqlite3_stmt *st = NULL;
	int r = database_prepare(s, sql, &st, err);

	if (r < 0)
		return r;
	database_bind(st, 1, text);
	r = database_step(s, st, "read the records of images", err);
	if (r <= 0)
		return r;
	read_row(st, &found);
	r = database_step(s, st, "read the records of images", err);
	if (r < 0)
		return r;
	if (r > 0) {
		error_set(err, ERR_CONFLICT, 0, "more than one image is meant by \"%s\"",
			  text);
		return error_hint(err, "'cubby images --no-trunc' shows whole ids");
	}
	r = read_lists(s, &found, err);
	if (r < 0)
		return r;
	*ret = found;
	found = (struct image_record){0};
	return 1;
}

int image_record_by_name(struct store *s, const char *name, struct image_record *ret,
			 struct error *err)
{
	int r = get(s,
		    "SELECT " COLUMNS " FROM image WHERE id ="
		    " (SELECT image FROM image_name WHERE name = ?1)",
		    name, ret, err);

	return r == 0 ? not_known(name, err) : r < 0 ? r : 0;
}

int image_record_by_id(struct store *s, const char *id, struct image_record *ret,
		       struct error *err)
{
	int r = get(s, "SELECT " COLUMNS " FROM image WHERE id = ?1", id, ret, err);

	return r == 0 ? not_known(id, err) : r < 0 ? r : 0;
}

int image_record_by_prefix(struct store *s, const char *prefix, struct image_record *ret,
			   struct error *err)
{
	/* ids are hexadecimal digits, so "g" sorts after all that begin with the same */
	int r = get(s,
		    "SELECT " COLUMNS " FROM image"
		    " WHERE id >= ?1 AND id < ?1 || 'g' LIMIT 2",
		    prefix, ret, err);

	return r == 0 ? not_known(prefix, err) : r < 0 ? r : 0;
}

int image_record_by_digest(struct store *s, const char *digest, struct image_record *ret,
			   struct error *err)
{
	int r = get(s,
		    "SELECT " COLUMNS " FROM image WHERE id IN"
		    " (SELECT image FROM image_digest WHERE name = ?1)"
		    " OR manifest = ?1 ORDER BY recorded DESC LIMIT 1",
		    digest, ret, err);

	return r == 0 ? not_known(digest, err) : r < 0 ? r : 0;
}

int image_record_list(struct store *s, struct image_records *ret, struct error *err)
{
	cleanup_image_records struct image_records all = {0};
	cleanup_statement sqlite3_stmt *st = NULL;
	size_t room = 0;
	int r = database_prepare(
		s, "SELECT " COLUMNS " FROM image ORDER BY created DESC, id", &st, err);

	if (r < 0)
		return r;
	while ((r = database_step(s, st, "read the records of images", err)) > 0) {
		if (all.n == room) {
			room = room ? room * 2 : 16;
			all.items = xreallocarray(all.items, room, sizeof(*all.items));
		}
		read_row(st, &all.items[all.n++]);
	}
	for (size_t i = 0; r >= 0 && i < all.n; i++)
		r = read_lists(s, &all.items[i], err);
	if (r < 0)
		return r;
	*ret = all;
	all = (struct image_records){0};
	return 0;
}

int image_record_names_like(struct store *s, const char *suffix, char ***ret,
			    struct error *err)
{
	cleanup_free char *end = xasprintf("/%s", suffix);

	return database_list_of(s,
				"SELECT name FROM image_name"
				" WHERE substr(name, -length(?1)) = ?1 ORDER BY name",
				end, ret, err);
}

int image_record_add_name(struct store *s, const char *id, const char *name,
			  struct error *err)
{
	int r = RUN(s,
		    "INSERT OR REPLACE INTO image_name (image, name)"
		    " SELECT ?1, ?2 WHERE EXISTS (SELECT 1 FROM image WHERE id = ?1)",
		    err, id, name);

	if (r >= 0 && sqlite3_changes(s->db) == 0)
		return not_known(id, err);
	return r < 0 ? r : 0;
}

int image_record_drop_name(struct store *s, const char *name, struct error *err)
{
	return RUN(s, "DELETE FROM image_name WHERE name = ?1", err, name);
}

int image_record_users(struct store *s, const char *id, char ***ret, struct error *err)
{
	return database_list_of(
		s, "SELECT id FROM container WHERE image = ?1 ORDER BY created", id, ret,
		err);
}

static int vanished(const char *what, const char *digest, struct error *err)
{
	error_set(err, ERR_UNAVAILABLE, EAGAIN, "the %s %s was removed meanwhile", what,
		  digest);
	return -EAGAIN;
}

/* 1 if the layer is on record. */
static int has_layer(struct store *s, const char *chain_id, bool single_id,
		     struct error *err)
{
	cleanup_layer_record struct layer_record layer = {0};
	int r = layer_record_get(s, chain_id, single_id, &layer, err);

	if (r < 0 && err->kind == ERR_NOT_FOUND) {
		error_release(err);
		return 0;
	}
	return r < 0 ? r : 1;
}

static int check_presence(struct store *s, const struct image_record *rec, bool single_id,
			  const struct image_presence *p, struct error *err)
{
	strv_foreach (chain_id, rec->layers) {
		int r = has_layer(s, *chain_id, single_id, err);

		if (r < 0)
			return r;
		if (r == 0 || !p->layer(p->data, *chain_id, single_id))
			return vanished("layer", *chain_id, err);
	}
	strv_foreach (digest, rec->blobs)
		if (!p->blob(p->data, *digest))
			return vanished("blob", *digest, err);
	return 0;
}

static int insert_image_row(struct store *s, const struct image_record *rec,
			    struct error *err)
{
	cleanup_statement sqlite3_stmt *st = NULL;
	int r = database_prepare(s,
				 "INSERT INTO image (" COLUMNS ")"
				 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
				 " ON CONFLICT (id) DO UPDATE SET manifest = ?2,"
				 " manifest_type = ?3, recorded = ?5",
				 &st, err);

	if (r < 0)
		return r;
	database_bind(st, 1, rec->id);
	database_bind(st, 2, rec->manifest);
	database_bind(st, 3, rec->manifest_type);
	sqlite3_bind_int64(st, 4, rec->created_usec);
	sqlite3_bind_int64(st, 5, rec->recorded_usec);
	sqlite3_bind_int64(st, 6, rec->size);
	database_bind(st, 7, rec->config);
	database_bind(st, 8, rec->passwd);
	database_bind(st, 9, rec->group);
	return database_step(s, st, "record the image", err);
}

static int insert_layers(struct store *s, const struct image_record *rec,
			 struct error *err)
{
	size_t n = strv_len(rec->layers);

	for (size_t i = 0; i < n; i++) {
		cleanup_free char *position = xasprintf("%zu", i);
		int r = RUN(s,
			    "INSERT OR REPLACE INTO image_layer (image, position, chain)"
			    " VALUES (?1, CAST(?2 AS INTEGER), ?3)",
			    err, rec->id, position, rec->layers[i]);

		if (r < 0)
			return r;
	}
	return 0;
}

static int insert_lists(struct store *s, const struct image_record *rec,
			struct error *err)
{
	int r = insert_layers(s, rec, err);

	strv_foreach (name, rec->names)
		if (r >= 0)
			r = image_record_add_name(s, rec->id, *name, err);
	strv_foreach (name, rec->digests)
		if (r >= 0)
			r = RUN(s,
				"INSERT OR IGNORE INTO image_digest (image, name)"
				" VALUES (?1, ?2)",
				err, rec->id, *name);
	strv_foreach (digest, rec->blobs)
		if (r >= 0)
			r = RUN(s,
				"INSERT OR IGNORE INTO image_blob (image, digest)"
				" VALUES (?1, ?2)",
				err, rec->id, *digest);
	return r;
}

int image_record_insert(struct store *s, const struct image_record *rec, bool single_id,
			const struct image_presence *presence, struct error *err)
{
	cleanup_transaction struct transaction t = TRANSACTION_INIT;
	int r = transaction_begin(&t, s, err);

	if (r >= 0)
		r = check_presence(s, rec, single_id, presence, err);
	if (r >= 0)
		r = insert_image_row(s, rec, err);
	if (r >= 0)
		r = insert_lists(s, rec, err);
	return r < 0 ? r : transaction_commit(&t, err);
}

static int check_unused(struct store *s, const char *id, struct error *err)
{
	cleanup_strv char **users = NULL;
	int r = image_record_users(s, id, &users, err);

	if (r < 0 || !users)
		return r;
	error_set(err, ERR_CONFLICT, 0,
		  "image used by %s: image is in use by a container", users[0]);
	error_hint(err, "Remove the container first (cubby rm %.12s), or add --force",
		   users[0]);
	return -EBUSY;
}

int image_record_delete(struct store *s, const char *id, struct error *err)
{
	static const char *const statements[] = {
		"DELETE FROM image_name WHERE image = ?1",
		"DELETE FROM image_digest WHERE image = ?1",
		"DELETE FROM image_layer WHERE image = ?1",
		"DELETE FROM image_blob WHERE image = ?1",
		"DELETE FROM image WHERE id = ?1",
	};
	cleanup_transaction struct transaction t = TRANSACTION_INIT;
	int r = transaction_begin(&t, s, err);

	if (r >= 0)
		r = check_unused(s, id, err);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(statements); i++)
		r = RUN(s, statements[i], err, id);
	return r < 0 ? r : transaction_commit(&t, err);
}

int manifest_list_put(struct store *s, const char *name, const char *index,
		      struct error *err)
{
	return RUN(s,
		   "INSERT OR REPLACE INTO manifest_list (name, document)"
		   " VALUES (?1, ?2)",
		   err, name, index);
}

int manifest_list_get(struct store *s, const char *name, char **ret_index,
		      struct error *err)
{
	cleanup_strv char **found = NULL;
	int r = database_list_of(s, "SELECT document FROM manifest_list WHERE name = ?1",
				 name, &found, err);

	if (r < 0)
		return r;
	if (!found)
		return error_set(err, ERR_NOT_FOUND, 0, "%s: manifest list not known",
				 name);
	*ret_index = xstrdup(found[0]);
	return 0;
}

int manifest_list_drop(struct store *s, const char *name, struct error *err)
{
	return RUN(s, "DELETE FROM manifest_list WHERE name = ?1", err, name);
}

int manifest_list_names(struct store *s, char ***ret, struct error *err)
{
	return database_list_of(s, "SELECT name FROM manifest_list ORDER BY name", NULL,
				ret, err);
}
