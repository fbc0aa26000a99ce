/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One record per container. Names are unique; ids are 64 hexadecimal digits and unique
 * too. `config` is JSON text of the engine's own, opaque here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

struct store;

#define CONTAINER_ID_LEN 64

enum container_phase {
	CONTAINER_RUN,     /* `run` made it: it runs, or its maker has not got that far */
	CONTAINER_AT_REST, /* nothing of it runs: it was only created, or has ended */
	CONTAINER_STARTED, /* `start`ed: if that got nowhere, it is at rest again */
};

struct container_record {
	char *id, *name; /* owned, as all strings here */
	int64_t created_usec;
	bool auto_remove; /* --rm */
	char *config;
	char *image;        /* id of the image that it was made from, NULL: none */
	char *pod;          /* id of the pod that it is in, NULL: none */
	char *const *needs; /* borrowed, for container_record_insert() only: ids of
			       containers that this one needs (dependency_record.h) */
	enum container_phase phase;
	bool ended;                          /* the rest is known */
	int64_t started_usec, finished_usec; /* 0: unknown */
	int exit_code;
	char *failure; /* a sentence on an end that was not the program's own, or NULL */
	bool oom_killed;      /* memory ran out, and the kernel ended a process of its */
	uint64_t memory_peak; /* the most memory that it had, bytes; 0: unknown */
	int restarts;         /* by its restart policy since somebody started it */
	bool stopped; /* somebody stopped it: its restart policy is not carried out */
};

void container_record_release(struct container_record *r); /* safe on a zeroed struct */
#define cleanup_container_record cleanup(container_record_release)

struct container_records {
	struct container_record *items; /* owned */
	size_t n;
};
void container_records_release(struct container_records *list);
#define cleanup_container_records cleanup(container_records_release)

/*
 * container_record_insert() - a new record (not ended). A name in use is ERR_CONFLICT
 * with code EEXIST; the sentence names the holder's id, and *ret_holder (may be NULL;
 * caller frees) gets it. An image that is gone is ERR_NOT_FOUND.
 */
int container_record_insert(struct store *s, const struct container_record *r,
			    char **ret_holder, struct error *err) _must_check_;

/* container_record_get() - by whole id. Gone is ERR_NOT_FOUND. */
int container_record_get(struct store *s, const char *id, struct container_record *ret,
			 struct error *err) _must_check_;

/*
 * container_record_find() - by whole id or name, else by the beginning of an id. None is
 * ERR_NOT_FOUND, several is ERR_CONFLICT.
 */
int container_record_find(struct store *s, const char *name_or_id,
			  struct container_record *ret, struct error *err) _must_check_;

/* container_record_list() - all, oldest first. */
int container_record_list(struct store *s, struct container_records *ret,
			  struct error *err) _must_check_;

/* container_record_end() - write ended, started_usec, finished_usec, exit_code, failure,
 * oom_killed, memory_peak of r. Nothing happens to a record that has ended already or is gone. */
int container_record_end(struct store *s, const struct container_record *r,
			 struct error *err) _must_check_;

/* container_record_rename() - a name in use is ERR_CONFLICT with code EEXIST, gone is ERR_NOT_FOUND. */
int container_record_rename(struct store *s, const char *id, const char *name,
			    struct error *err) _must_check_;
/*
 * container_record_start() - from at rest to started, when somebody starts it (restart: when its restart
 * policy does). The end before is kept, in case it gets nowhere. Gone, or not at rest: ERR_CONFLICT.
 * container_record_rest() - it got nowhere: back to what it was; failure (may be NULL): why.
 */
int container_record_start(struct store *s, const char *id, bool restart,
			   struct error *err) _must_check_;
int container_record_rest(struct store *s, const char *id, const char *failure,
			  struct error *err) _must_check_;

/* container_record_stopped() - somebody stops it. */
int container_record_stopped(struct store *s, const char *id,
			     struct error *err) _must_check_;

/* container_record_auto_remove() - whether it is removed at its end. */
int container_record_auto_remove(struct store *s, const char *id, bool value,
				 struct error *err) _must_check_;

/* container_record_config() - other settings. Gone is ERR_NOT_FOUND. */
int container_record_config(struct store *s, const char *id, const char *config,
			    struct error *err) _must_check_;

/* container_record_delete() - gone already is fine. */
int container_record_delete(struct store *s, const char *id,
			    struct error *err) _must_check_;
