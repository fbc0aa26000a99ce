/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole id map of the user whose engine this is: what layers are unpacked with, and what it
 * takes to touch the files of containers.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"
#include "runtime/idmap.h"
#include "util/cleanup.h"
#include "util/error.h"

struct user_ids {
	struct idmap uids,
		gids; /* owned; no lines: root already, of the host or of the map */
	bool single;  /* one id only */
};
void user_ids_release(struct user_ids *u);
#define cleanup_user_ids cleanup(user_ids_release)

/*
 * user_ids_get() - root, and inside of `cubby unshare`: no map. Others: 0 is the user, 1.. its subordinate ids; none is
 * ERR_NOT_FOUND with the usermod line. single: the user's own id only, which always works.
 */
int user_ids_get(const struct engine *e, bool single, struct user_ids *ret,
		 struct error *err) _must_check_;

/* user_ids_any() - the whole map if there is one, else the single id. */
void user_ids_any(const struct engine *e, struct user_ids *ret);

/* user_ids_confine() - root gets a map of all ids onto themselves, for a helper that shall have no more power than a
 * user namespace gives. */
void user_ids_confine(struct user_ids *u);

/* user_ids_do() - run() as root of the map (see runtime/sandbox.h), in a mount namespace of its own,
 * to its end. */
int user_ids_do(const struct user_ids *u, int (*run)(void *data, struct error *err),
		void *data, struct error *err) _must_check_;

/* user_ids_remove_tree() - rm -rf, files of other owners included; as the user alone where that is
 * enough. Missing is fine. */
int user_ids_remove_tree(const struct engine *e, int dirfd, const char *name,
			 struct error *err) _must_check_;

/* user_ids_remove_trees() - several (strv). */
int user_ids_remove_trees(const struct engine *e, int dirfd, char *const *names,
			  struct error *err) _must_check_;
