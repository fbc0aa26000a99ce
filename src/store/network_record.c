/* SPDX-License-Identifier: Apache-2.0 */
#include "store/network_record.h"

#include <errno.h>
#include <stdlib.h>

#include "store/database.h"
#include "util/mem.h"
#include "util/str.h"

#define COLUMNS                             \
	"id, name, created, config, last, " \
	"(SELECT count(DISTINCT container) FROM address WHERE address.network = network.id)"
#define READING "read the records of networks"

void network_record_release(struct network_record *r)
{
	free(r->id);
	free(r->name);
	free(r->config);
	free(r->last);
	*r = (struct network_record){0};
}

void network_records_release(struct network_records *list)
{
	for (size_t i = 0; i < list->n; i++)
		network_record_release(&list->items[i]);
	free(list->items);
	*list = (struct network_records){0};
}

static void read_row(sqlite3_stmt *st, struct network_record *r)
{
	*r = (struct network_record){
		.id = database_text(st, 0),
		.name = database_text(st, 1),
		.created_usec = sqlite3_column_int64(st, 2),
		.config = database_text(st, 3),
		.last = database_text(st, 4),
		.n_holders = sqlite3_column_int64(st, 5),
	};
}

int network_record_insert(struct store *s, const struct network_record *rec,
			  struct error *err)
{
	cleanup_statement sqlite3_stmt *st = NULL;
	int r = database_prepare(s,
				 "INSERT INTO network (id, name, created, config)"
				 " VALUES (?1, ?2, ?3, ?4)",
				 &st, err);

	if (r < 0)
		return r;
	database_bind(st, 1, rec->id);
	database_bind(st, 2, rec->name);
	sqlite3_bind_int64(st, 3, rec->created_usec);
	database_bind(st, 4, rec->config);
	r = database_step(s, st, "record the network", err);
	if (r >= 0 || !database_is_taken(s))
		return r;
	error_set(err, ERR_CONFLICT, 0,
		  "network name %s already used: network already exists", rec->name);
	return -EEXIST;
}

/* 1 with the first row for one text parameter, 0 for none; a second is ERR_CONFLICT. */
static int get(struct store *s, const char *sql, const char *text,
	       struct network_record *ret, struct error *err)
{
	cleanup_network_record struct network_record found = {0};
	cleanup_statement sqlite3_stmt *st = NULL;
	int r = database_prepare(s, sql, &st, err);

	if (r < 0)
		return r;
	database_bind(st, 1, text);
	r = database_step(s, st, READING, err);
	if (r <= 0)
		return r;
	read_row(st, &found);
	r = database_step(s, st, READING, err);
	if (r > 0) {
		error_set(
			err, ERR_CONFLICT, 0,
			"more than one result for network ID %s: network already exists",
			text);
		return error_hint(err, "'cubby network ls --no-trunc' shows whole ids");
	}
	if (r < 0)
		return r;
	*ret = found;
	found = (struct network_record){0};
	return 1;
}

int network_record_get(struct store *s, const char *id_or_name,
		       struct network_record *ret, struct error *err)
{
	int r = get(s, "SELECT " COLUMNS " FROM network WHERE id = ?1", id_or_name, ret,
		    err);

	return r != 0 ? r
		      : get(s, "SELECT " COLUMNS " FROM network WHERE name = ?1",
			    id_or_name, ret, err);
}

int network_record_find(struct store *s, const char *name_or_id,
			struct network_record *ret, struct error *err)
{
	int r = network_record_get(s, name_or_id, ret, err);

	if (r != 0 || str_empty(name_or_id))
		return r;
	return get(s,
		   "SELECT " COLUMNS " FROM network"
		   " WHERE substr(id, 1, length(?1)) = ?1 LIMIT 2",
		   name_or_id, ret, err);
}

int network_record_list(struct store *s, struct network_records *ret, struct error *err)
{
	cleanup_network_records struct network_records all = {0};
	cleanup_statement sqlite3_stmt *st = NULL;
	int r = database_prepare(s, "SELECT " COLUMNS " FROM network ORDER BY name", &st,
				 err);

	if (r < 0)
		return r;
	while ((r = database_step(s, st, READING, err)) > 0) {
		all.items = xreallocarray(all.items, all.n + 1, sizeof(*all.items));
		read_row(st, &all.items[all.n++]);
	}
	if (r < 0)
		return r;
	*ret = all;
	all = (struct network_records){0};
	return 0;
}

static int run(struct store *s, const char *sql, const char *first, const char *second,
	       struct error *err)
{
	return database_run(s, sql, first, second, "change the records of networks", err);
}

int network_record_config(struct store *s, const char *id, const char *config,
			  struct error *err)
{
	return run(s, "UPDATE network SET config = ?2 WHERE id = ?1", id, config, err);
}

int network_record_last(struct store *s, const char *id, const char *last,
			struct error *err)
{
	return run(s, "UPDATE network SET last = ?2 WHERE id = ?1", id, last, err);
}

int network_record_delete(struct store *s, const char *id, struct error *err)
{
	int r = run(s, "DELETE FROM address WHERE network = ?1", id, NULL, err);

	return r < 0 ? r : run(s, "DELETE FROM network WHERE id = ?1", id, NULL, err);
}

void address_records_release(struct address_records *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->items[i].network);
		free(list->items[i].ip);
		free(list->items[i].container);
		free(list->items[i].name);
	}
	free(list->items);
	*list = (struct address_records){0};
}

static struct address_record *grow(struct address_records *list)
{
	if ((list->n & (list->n + 1)) ==
	    0) /* 0, 1, 3, 7 ...: room for the next power of two */
		list->items =
			xreallocarray(list->items, 2 * list->n + 1, sizeof(*list->items));
	return &list->items[list->n++];
}

void address_records_add(struct address_records *list, const char *network,
			 const char *ip, const char *container)
{
	*grow(list) = (struct address_record){
		.network = xstrdup(network),
		.ip = xstrdup(ip),
		.container = xstrdup(container),
	};
}

int address_record_insert(struct store *s, const struct address_records *list,
			  struct error *err)
{
	cleanup_statement sqlite3_stmt *st = NULL;
	int r = database_prepare(s,
				 "INSERT INTO address (network, ip, container)"
				 " VALUES (?1, ?2, ?3)",
				 &st, err);

	for (size_t i = 0; r >= 0 && i < list->n; i++) {
		sqlite3_reset(st);
		database_bind(st, 1, list->items[i].network);
		database_bind(st, 2, list->items[i].ip);
		database_bind(st, 3, list->items[i].container);
		r = database_step(s, st, "record the container's addresses", err);
	}
	return r;
}

static int list_rows(struct store *s, const char *sql, const char *text,
		     struct address_records *ret, struct error *err)
{
	cleanup_statement sqlite3_stmt *st = NULL;
	int r = database_prepare(s, sql, &st, err);

	if (r < 0)
		return r;
	database_bind(st, 1, text);
	while ((r = database_step(s, st, "read the records of addresses", err)) > 0)
		*grow(ret) = (struct address_record){
			.network = database_text(st, 0),
			.ip = database_text(st, 1),
			.container = database_text(st, 2),
			.name = database_text(st, 3),
		};
	return r;
}

#define ADDRESSES                                                  \
	"SELECT a.network, a.ip, a.container, c.name FROM address" \
	" a LEFT JOIN container c ON c.id = a.container WHERE a."

int address_record_of_network(struct store *s, const char *network,
			      struct address_records *ret, struct error *err)
{
	return list_rows(s, ADDRESSES "network = ?1", network, ret, err);
}

int address_record_of_container(struct store *s, const char *container,
				struct address_records *ret, struct error *err)
{
	return list_rows(s, ADDRESSES "container = ?1", container, ret, err);
}

/* Looked for first: a DELETE waits for whoever is writing, even if there is nothing to delete. */
int address_record_delete(struct store *s, const char *container, const char *network,
			  struct error *err)
{
	int r = run(s, "SELECT 1 FROM address WHERE container = ?1 LIMIT 1", container,
		    NULL, err);

	if (r <= 0)
		return r;
	if (network)
		return run(s, "DELETE FROM address WHERE container = ?1 AND network = ?2",
			   container, network, err);
	return run(s, "DELETE FROM address WHERE container = ?1", container, NULL, err);
}

static int list_ids(struct store *s, const char *sql, char ***ret, struct error *err)
{
	cleanup_strv char **ids = NULL;
	int r = database_list_of(s, sql, NULL, &ids, err);

	strv_foreach (id, ids)
		if (!strv_has(*ret, *id))
			strv_add(ret, *id);
	return r;
}

int address_record_stale(struct store *s, char ***ret, struct error *err)
{
	return list_ids(s,
			"SELECT DISTINCT container FROM address"
			" WHERE container NOT IN (SELECT id FROM container)",
			ret, err);
}

int address_record_holders(struct store *s, char ***ret, struct error *err)
{
	return list_ids(s, "SELECT DISTINCT container FROM address", ret, err);
}
