/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Volumes: directories that outlive containers. <data>/volumes/NAME/_data holds the files, <data>/volumes/NAME is
 * the volume's lock. The record (store/volume_record.h) says whether there is such a volume: a directory without one is
 * left from a killed process, and who makes a volume of that name puts it out of the way; names that begin with a dot
 * are on their way out.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"
#include "engine/event_kind.h"
#include "engine/volume_driver.h"
#include "store/volume_record.h"
#include "util/cleanup.h"
#include "util/error.h"

#define VOLUME_DATA "_data"

/* What is asked of a new volume. Nothing is owned. */
struct volume_new {
	const char *name; /* NULL: a random one, and it is anonymous */
	bool anonymous;   /* nobody chose that name */
	const char *driver;
	char *const *labels, *const *options; /* "key=value" words (strv) */
	int64_t uid,
		gid; /* of the directory, in ids of the user's map; -1: the default */
};
#define VOLUME_NEW_INIT \
	((struct volume_new){.driver = VOLUME_DRIVER, .uid = -1, .gid = -1})

/* volume_create() - a name in use is ERR_CONFLICT. */
int volume_create(const struct engine *e, const struct volume_new *asked,
		  struct volume_record *ret, struct error *err) _must_check_;

/* volume_create_locked() - the same in a transaction of the caller's (store_begin()). */
int volume_create_locked(const struct engine *e, const struct volume_new *asked,
			 struct volume_record *ret, struct error *err) _must_check_;

/* volume_give_early() - after the transaction: the owner that was asked for. */
int volume_give_early(const struct engine *e, const struct volume_record *rec,
		      struct error *err) _must_check_;

/* volume_data_path() - absolute path of the files. Caller frees. volume_exists_on_disk(): whether they are there. */
char *volume_data_path(const struct engine *e, const char *name);

/* volume_lock() - for who fills a fresh one. Return: fd. */
int volume_lock(const struct engine *e, const char *name, struct error *err) _must_check_;

/* volume_open_data() - O_PATH fd of the files. */
int volume_open_data(const struct engine *e, const char *name,
		     struct error *err) _must_check_;

/* volume_erase() - record and files of one that nobody uses; otherwise ERR_CONFLICT, -EBUSY. */
int volume_erase(const struct engine *e, const char *name,
		 struct error *err) _must_check_;

/* volume_pairs_text() - "key=value" words as the JSON text of a record. Caller frees. */
char *volume_pairs_text(char *const *words);

/* volume_event() - for the record of what happened. */
void volume_event(const struct engine *e, const char *name, enum event_status status);

/* volumes_let_go() - the container uses none any more; its anonymous ones go. One look at the records if it has none. */
int volumes_let_go(const struct engine *e, const char *container,
		   struct error *err) _must_check_;

/* volumes_sweep() - directories that have no record. */
int volumes_sweep(const struct engine *e, struct error *err) _must_check_;
