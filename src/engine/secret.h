/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets: <data>/secrets/ID holds one, readable for its user only; the record (store/secret_record.h) says what it is
 * called. A container that is made with a secret has a link to that file in its own directory, so it keeps what it was
 * made with. There is no encryption: who can read the user's files can read them, as with podman's file driver.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "engine/engine.h"
#include "store/secret_record.h"
#include "util/buf.h"
#include "util/cleanup.h"
#include "util/error.h"

#define SECRET_DRIVER   "file"
#define SECRET_DATA_MAX 512000 /* bytes; podman's */

struct secret_new {
	const char *name, *driver;
	char *const *labels, *const *options; /* "key=value" words (strv) */
	const void *data;
	size_t len;
	bool replace; /* one of that name */
};

/* secret_create() - a name in use is ERR_CONFLICT, -EEXIST. */
int secret_create(const struct engine *e, const struct secret_new *asked,
		  struct secret_record *ret, struct error *err) _must_check_;

/* secret_find() - by name, id or the beginning of an id; none is ERR_NOT_FOUND. */
int secret_find(const struct engine *e, const char *name_or_id, struct secret_record *ret,
		struct error *err) _must_check_;

/* secret_remove() - containers that have it keep theirs. */
int secret_remove(const struct engine *e, const struct secret_record *r,
		  struct error *err) _must_check_;

/* secret_read() - what it is; *ret was initialized by buf_init(). */
int secret_read(const struct engine *e, const char *id, struct buf *ret,
		struct error *err) _must_check_;

/* secret_path() - of its file. Caller frees. */
char *secret_path(const struct engine *e, const char *id);

/* secret_summary() - what `secret inspect` says. Caller owns. */
struct json_object;
struct json_object *secret_summary(const struct engine *e, const struct secret_record *r);
