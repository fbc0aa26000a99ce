/* SPDX-License-Identifier: Apache-2.0 */
/* One record per secret: all but the secret itself. `labels` and `options` are JSON objects as text, opaque here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

struct store;

#define SECRET_ID_LEN 25

struct secret_record {
	char *id, *name; /* owned, as all strings here */
	int64_t created_usec, updated_usec;
	char *driver, *options, *labels;
};
void secret_record_release(struct secret_record *r); /* safe on a zeroed struct */
#define cleanup_secret_record cleanup(secret_record_release)

struct secret_records {
	struct secret_record *items; /* owned */
	size_t n;
};
void secret_records_release(struct secret_records *list);
#define cleanup_secret_records cleanup(secret_records_release)

/* secret_record_insert() - a name in use is ERR_CONFLICT, -EEXIST. */
int secret_record_insert(struct store *s, const struct secret_record *rec,
			 struct error *err) _must_check_;

/* secret_record_find() - by name, id, or the beginning of one id only: 1 with it, 0 if there is none. */
int secret_record_find(struct store *s, const char *name_or_id, struct secret_record *ret,
		       struct error *err) _must_check_;

/* secret_record_list() - all, by name. */
int secret_record_list(struct store *s, struct secret_records *ret,
		       struct error *err) _must_check_;

/* secret_record_delete() - missing is fine. */
int secret_record_delete(struct store *s, const char *id, struct error *err) _must_check_;
