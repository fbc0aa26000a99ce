/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The build cache: what each step of a build made, by a key of all it depends on. A step's layer is held as an image's is:
 * image_collect() leaves it until the step's record goes. The layers below it are not held.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"
#include "util/cleanup.h"
#include "util/error.h"

struct build_step_record { /* strings owned */
	char *key;         /* 64 digits */
	char *parent;      /* chain id of the layer that it stands on; NULL: scratch */
	char *layer;       /* chain id; NULL: it made no files */
	char *diff_id;     /* of it */
	int64_t tar_size, created_usec, used_usec;
	int64_t n_uses; /* times that it was found; several soon after each other are one */
	char *text;     /* the instruction, for people */
	/* filled in by reading: of its layer */
	int64_t disk_size; /* bytes, when it was made */
	char *boot_id;     /* as layer_record's; build_step_get() only */
	bool in_image; /* an image has it (a step without files: has what it stands on); build_step_list() only */
};
void build_step_record_release(struct build_step_record *r);
#define cleanup_build_step_record cleanup(build_step_record_release)

struct build_step_records {
	struct build_step_record *items; /* owned */
	size_t n;
};
void build_step_records_release(struct build_step_records *list);
#define cleanup_build_step_records cleanup(build_step_records_release)

/*
 * build_step_get() - ERR_NOT_FOUND, also if its layer, unpacked like that, is on record no more. build_step_put() - one that has the key goes.
 * build_step_use() - those (strv) were used now.
 */
int build_step_get(struct store *s, const char *key, bool single_id,
		   struct build_step_record *ret, struct error *err) _must_check_;
int build_step_put(struct store *s, const struct build_step_record *r,
		   struct error *err) _must_check_;
int build_step_use(struct store *s, char *const *keys, int64_t now_usec,
		   struct error *err) _must_check_;

/* build_step_list() - the one that was used last first. build_steps_delete() - by keys (strv), in one transaction; their layers stay until
 * image_collect(). Missing is fine. */
int build_step_list(struct store *s, struct build_step_records *ret,
		    struct error *err) _must_check_;
int build_steps_delete(struct store *s, char *const *keys,
		       struct error *err) _must_check_;
