/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One record per network, and the addresses that containers have at them. `config` is JSON text of the engine's own,
 * opaque here; `last` too: what was given last, so that the next one gets another.
 *
 * An address stands under the id of a container that may have no record yet: it is made later.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

struct store;

struct network_record {
	char *id, *name; /* owned, as all strings here */
	int64_t created_usec;
	char *config;
	char *last;        /* NULL: nothing was given yet */
	int64_t n_holders; /* containers that have addresses; filled in by reading */
};
void network_record_release(struct network_record *r); /* safe on a zeroed struct */
#define cleanup_network_record cleanup(network_record_release)

struct network_records {
	struct network_record *items; /* owned */
	size_t n;
};
void network_records_release(struct network_records *list);
#define cleanup_network_records cleanup(network_records_release)

/* network_record_insert() - a name in use is ERR_CONFLICT, -EEXIST. */
int network_record_insert(struct store *s, const struct network_record *rec,
			  struct error *err) _must_check_;

/* network_record_get() - by whole id, or whole name: 1 with it, 0 if there is none. */
int network_record_get(struct store *s, const char *id_or_name,
		       struct network_record *ret, struct error *err) _must_check_;

/* network_record_find() - as _get(), or by the beginning of an id; several are ERR_CONFLICT. */
int network_record_find(struct store *s, const char *name_or_id,
			struct network_record *ret, struct error *err) _must_check_;

/* network_record_list() - all, by name. */
int network_record_list(struct store *s, struct network_records *ret,
			struct error *err) _must_check_;

/* network_record_config() - other settings. network_record_last() - other addresses given last. */
int network_record_config(struct store *s, const char *id, const char *config,
			  struct error *err) _must_check_;
int network_record_last(struct store *s, const char *id, const char *last,
			struct error *err) _must_check_;

/* network_record_delete() - and the addresses in it. Missing is fine. */
int network_record_delete(struct store *s, const char *id,
			  struct error *err) _must_check_;

struct address_record {
	char *network, *ip, *container; /* owned */
	char *name; /* of the container; NULL: it has no record; filled in by reading */
};
struct address_records {
	struct address_record *items; /* owned */
	size_t n;
};
void address_records_release(struct address_records *list);
#define cleanup_address_records cleanup(address_records_release)
/* address_records_add() - copies of the three strings. */
void address_records_add(struct address_records *list, const char *network,
			 const char *ip, const char *container);

/* address_record_insert() - all or nothing, in a transaction of the caller's. */
int address_record_insert(struct store *s, const struct address_records *list,
			  struct error *err) _must_check_;

/* address_record_of_network(), address_record_of_container() - rows of one, in no order to rely on. */
int address_record_of_network(struct store *s, const char *network,
			      struct address_records *ret,
			      struct error *err) _must_check_;
int address_record_of_container(struct store *s, const char *container,
				struct address_records *ret,
				struct error *err) _must_check_;

/* address_record_delete() - all that a container has, at one network or (NULL) at all. One look if it has none. */
int address_record_delete(struct store *s, const char *container, const char *network,
			  struct error *err) _must_check_;

/* address_record_stale() - ids of holders without a record, appended to *ret (strv). */
int address_record_stale(struct store *s, char ***ret, struct error *err) _must_check_;
/* address_record_holders() - ids of all holders, each once, appended. */
int address_record_holders(struct store *s, char ***ret, struct error *err) _must_check_;
