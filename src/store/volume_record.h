/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One record per volume, and which containers use it. A use is recorded before the container's record is
 * there, in the transaction that looks for the volume or makes it, and goes with the container: nobody can
 * remove a volume between the two. `labels` and `options` are JSON objects as text, opaque here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

struct store;

struct volume_record {
	char *name; /* owned, as all strings here */
	int64_t created_usec;
	char *driver, *labels, *options;
	bool anonymous; /* its name was not chosen by the user */
	bool fresh; /* no container has had it yet: it starts with what the image has there */
	int64_t uid,
		gid; /* who shall own it, in ids of the user's map; -1: nobody has said */
	int64_t n_users; /* containers; filled in by reading */
};
void volume_record_release(struct volume_record *r); /* safe on a zeroed struct */
#define cleanup_volume_record cleanup(volume_record_release)

struct volume_records {
	struct volume_record *items; /* owned */
	size_t n;
};
void volume_records_release(struct volume_records *list);
#define cleanup_volume_records cleanup(volume_records_release)

/* volume_record_insert() - a name in use is ERR_CONFLICT, -EEXIST. */
int volume_record_insert(struct store *s, const struct volume_record *rec,
			 struct error *err) _must_check_;

/* volume_record_get() - by whole name: 1 with it, 0 if there is none. */
int volume_record_get(struct store *s, const char *name, struct volume_record *ret,
		      struct error *err) _must_check_;

/* volume_record_find() - by name, or the beginning of one name only; none is ERR_NOT_FOUND, several ERR_CONFLICT. */
int volume_record_find(struct store *s, const char *name, struct volume_record *ret,
		       struct error *err) _must_check_;

/* volume_record_list() - all, by name. */
int volume_record_list(struct store *s, struct volume_records *ret,
		       struct error *err) _must_check_;

/* volume_record_delete() - one that no container uses; otherwise ERR_CONFLICT, -EBUSY. Missing is fine. */
int volume_record_delete(struct store *s, const char *name,
			 struct error *err) _must_check_;

/* volume_record_settled() - it is no longer fresh. */
int volume_record_settled(struct store *s, const char *name,
			  struct error *err) _must_check_;

/* volume_use_insert() - a container (whole id) uses a volume; twice is once. */
int volume_use_insert(struct store *s, const char *volume, const char *container,
		      struct error *err) _must_check_;

/* volume_use_containers() - ids of those that use it. Caller frees *ret (strv). */
int volume_use_containers(struct store *s, const char *volume, char ***ret,
			  struct error *err) _must_check_;

/* volume_use_stale() - ids of users without a record, appended to *ret (strv). */
int volume_use_stale(struct store *s, char ***ret, struct error *err) _must_check_;

/*
 * volume_use_end() - the container uses none any more; *ret gets the names of the anonymous volumes that were
 * only its own, whose records go with the use: their files are the caller's to remove. One look if it has none.
 */
int volume_use_end(struct store *s, const char *container, char ***ret,
		   struct error *err) _must_check_;

/* volume_use_keep() - the container's record goes, and with it its uses, in one: its anonymous volumes stay. */
int volume_use_keep(struct store *s, const char *container,
		    struct error *err) _must_check_;
