/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directories of unpacked layers, in <data>/layers:
 *
 *   HEX, HEX.single    an unpacked layer by chain id; the second with all owners as one
 *   .new-XXXXXX        being unpacked; flock(2) on it is held by who does it
 *   .old-XXXXXX        on its way out
 *   lock               byte ranges of it are the locks of chain ids (fcntl(2), F_OFD_SETLK)
 *
 * A name without a dot is complete. What begins with a dot and is not locked is left from a killed
 * process; layers_sweep() removes it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

/* layers_open() - made if missing. Return: O_PATH fd. */
int layers_open(const struct engine *e, struct error *err) _must_check_;

/* layer_dir_name() - of a chain id. layer_dir_path() - absolute. Callers free. */
char *layer_dir_name(const char *chain_id, bool single_id);
char *layer_dir_path(const struct engine *e, const char *chain_id, bool single_id);

bool layer_dir_exists(int layers_fd, const char *chain_id, bool single_id);

/*
 * layer_lock() - who unpacks a chain id. Without wait one that is taken is ERR_UNAVAILABLE. Return: fd;
 * closing it (or dying) gives the lock back.
 */
int layer_lock(int layers_fd, const char *chain_id, bool wait,
	       struct error *err) _must_check_;

/* layer_dir_new() - an empty directory to unpack into. Return: fd, which is also its lock; *ret_name:
 * caller frees. */
int layer_dir_new(int layers_fd, char **ret_name, struct error *err) _must_check_;

/* layer_dir_commit() - give it its name. The chain id's lock is held; a directory that has the name
 * without being on record goes first. */
int layer_dir_commit(const struct engine *e, int layers_fd, const char *new_name,
		     const char *chain_id, bool single_id,
		     struct error *err) _must_check_;

/* layer_dir_discard() - quick: only out of the way. Missing is fine. */
int layer_dir_discard(int layers_fd, const char *name, struct error *err) _must_check_;

/* layer_dir_parse() - a complete layer's name as chain id and mode. false: it is something else. Caller
 * frees. */
bool layer_dir_parse(const char *name, char **ret_chain_id, bool *ret_single_id);

/* layers_list() - names of complete layers. layers_left_over() - of what was discarded, or left behind by
 * a killed process. strv; callers free. */
int layers_list(int layers_fd, char ***ret, struct error *err) _must_check_;
int layers_left_over(int layers_fd, char ***ret, struct error *err) _must_check_;

/* layers_sweep() - remove what layers_left_over() finds. *ret_freed (may be NULL): bytes as du counts
 * them. */
int layers_sweep(const struct engine *e, int64_t *ret_freed,
		 struct error *err) _must_check_;
