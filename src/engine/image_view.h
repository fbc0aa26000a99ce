/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of an image as its containers will see them: all layers over each other. Mounted for a
 * moment in a process of its own, as root of the user's map.
 */
#pragma once

#include <stdbool.h>

#include "engine/engine.h"
#include "engine/user_ids.h"
#include "util/cleanup.h"
#include "util/error.h"

/* image_layer_paths() - the directories of chain ids given lowest first, topmost first (strv; caller
 * frees). */
char **image_layer_paths(const struct engine *e, char *const *chain_ids, bool single_id);

/* image_is_single() - in which mode its layers are there: with all ids if possible. */
struct image_record;
bool image_is_single(const struct engine *e, const struct image_record *r);

/* image_view_users() - the texts of /etc/passwd and /etc/group, NULL where there is none or it is no
 * regular file (callers free). More than a mebibyte is ERR_INVALID. */
struct image_users {
	char *passwd, *group; /* owned */
};
void image_users_release(struct image_users *u);
int image_view_users(const struct user_ids *ids, char *const *layer_paths,
		     struct image_users *ret, struct error *err) _must_check_;

/* image_view_users_here() - the same without mounting anything, by who may read the layers' files as they lie. Return: 1, or 0 if that
 * can't be told from here (links, others' directories): then image_view_users(). */
int image_view_users_here(char *const *layer_paths, struct image_users *ret);

/* image_view_file() - the text of one file, in the same way. */
int image_view_file(const struct user_ids *ids, char *const *layer_paths,
		    const char *path, char **ret, struct error *err) _must_check_;

/*
 * image_view_adopt() - directories of a new layer that had no entry of their own in its tar (paths
 * relative to it, "." for itself) get owner, mode and times of those in the layers below.
 */
struct image_adoption {
	int tree_fd;        /* the new layer */
	char *const *paths; /* strv, parents first */
	char *const *below; /* directories of the layers below, topmost first */
};
int image_view_adopt(const struct user_ids *ids, const struct image_adoption *a,
		     struct error *err) _must_check_;
