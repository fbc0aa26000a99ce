/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A layer being made by writing into it: the upper directory of an overlay on top of the layers that are there. When it is complete it
 * is renamed to its place among the layers: what was written is the layer, nothing is copied or unpacked. Its tar is made for its digest
 * only; the blob is made when somebody wants it (engine/blob_make.h).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

struct layer_draft { /* owned, but for the engine */
	const struct engine *engine;
	bool single_id; /* the user has one id only: all owners are that one */
	char *name;     /* below layers/ */
	int lock_fd; /* the directory; locked as long as it is open: then nobody sweeps it */
	int chain_fd; /* once it was committed: its chain id is locked, so nobody collects the layer */
	char *upper, *work; /* absolute, beside each other */
	char **lower; /* directories below it, topmost first; at least one (an empty one, for scratch) */
};
#define LAYER_DRAFT_INIT ((struct layer_draft){.lock_fd = -EBADF, .chain_fd = -EBADF})

/* layer_draft_new() - on top of chain ids given lowest first (strv; NULL: scratch). The top directory is as the one below: owner, mode,
 * time. A layer that is missing is ERR_NOT_FOUND. */
int layer_draft_new(const struct engine *e, char *const *chain_ids,
		    struct layer_draft *ret, struct error *err) _must_check_;

/* layer_draft_release() - one that was not committed is removed. */
void layer_draft_release(struct layer_draft *d);
#define cleanup_layer_draft cleanup(layer_draft_release)

struct layer_draft_options {
	char *const *
		places; /* strv: "etc/hosts": away with them if there is nothing in them and they are this layer's: somebody mounted there */
	bool has_epoch; /* no time in it is later than... */
	bool all_at_epoch; /* ...or other than */
	int64_t epoch_sec;
};

struct layer_drafted { /* owned */
	char *chain_id,
		*diff_id; /* chain_id NULL: nothing was written, there is no layer */
	int64_t tar_size; /* bytes of the uncompressed tar */
	bool was_there; /* an equal layer was there already, and is the one that counts */
};
void layer_drafted_release(struct layer_drafted *d);
#define cleanup_layer_drafted cleanup(layer_drafted_release)

/*
 * layer_draft_commit() - the layer is in its place and on record; one that is there already is kept and the draft goes. Until an image
 * or a step of the build cache holds it the layer may be collected: the caller records that at once
 * (build_record.h), holding the draft until then.
 */
int layer_draft_commit(const struct engine *e, struct layer_draft *d,
		       char *const *chain_ids, const struct layer_draft_options *o,
		       struct layer_drafted *ret, struct error *err) _must_check_;
