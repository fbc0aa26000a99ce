/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process that copies: root of the user's whole map, in a mount namespace of its own, where the draft's overlay is mounted (and a stage's or
 * image's layers, if these are the source). Every path is resolved below one of these roots, or the context's.
 */
#pragma once

#include <stdbool.h>

#include "build/copy_job.h"
#include "build/copy_tree.h"
#include "engine/layer_draft.h"
#include "util/cleanup.h"
#include "util/error.h"

struct copier { /* what it is given by the stage's process, whose all of it is */
	const struct copy_job *job;
	const struct layer_draft *draft;
	struct copy_origin origin;
	const char *git_path; /* where repositories lie, by the word's number */
	struct copy_rules rules;
	struct copy_target target; /* the copier's own */
	int notes_fd;              /* memory: lines for people */
	bool *is_changed; /* in memory that both have: a file of the context was changed */
};

/* copier_run() - struct copier *; for user_ids_do(). */
int copier_run(void *data, struct error *err);
