/* SPDX-License-Identifier: Apache-2.0 */
/* The mounts of a RUN: from its flags to what the engine mounts, and what must be there for as long as the step runs. */
#pragma once

#include "build/cache_mount.h"
#include "build/run_mount_option.h"
#include "build/ssh_keeper.h"
#include "build/step.h"
#include "engine/create_root.h"
#include "engine/volume_option.h"
#include "util/cleanup.h"
#include "util/error.h"

struct run_mounts { /* owned */
	struct volumes list;
	struct create_root_file *files; /* places in the list, and what is copied there */
	size_t n_files;
	char **env;  /* strv: what they add to the container's environment */
	char **dirs; /* strv: directories of this step; gone with it */
	struct cache_mount *caches;
	size_t n_caches;
	struct ssh_keeper *keepers;
	size_t n_keepers;
	const struct engine *engine;
};
void run_mounts_release(struct run_mounts *m);
#define cleanup_run_mounts cleanup(run_mounts_release)

/* run_mounts_key() - what the files that they show are; secrets, agents and caches don't count. */
int run_mounts_key(const struct step *s, struct key *k, struct error *err) _must_check_;

/* run_mounts_prepare() - directories that are needed besides lie beside the draft's upper one. */
int run_mounts_prepare(const struct step *s, const struct layer_draft *draft,
		       struct run_mounts *ret, struct error *err) _must_check_;

/* run_mounts_file() - a file in memory (fd becomes ours) at a place of the container, with its mode. words (NULL): of the mount besides. */
int run_mounts_file(struct run_mounts *m, const char *target, int fd,
		    const struct run_mount *how, struct error *err) _must_check_;
