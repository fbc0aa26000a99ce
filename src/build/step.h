/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One step that makes files, RUN, COPY, ADD or WORKDIR, in the process of its stage: first what its result depends on, then, if the cache
 * does not have it, the work.
 */
#pragma once

#include "build/dockerfile.h"
#include "build/event.h"
#include "build/expand.h"
#include "build/key.h"
#include "build/options.h"
#include "build/state.h"
#include "engine/engine.h"
#include "engine/layer_draft.h"
#include "util/error.h"

struct ignore;
struct copy_job; /* what copy_key() found, for copy_do(): opaque */

/* What COPY --from and RUN --mount=from may name: other stages that are complete, images, --build-context. */
struct step_source {
	const char *
		name; /* of a stage, its number, a name of --build-context, or an image as typed */
	char *const *layer_paths; /* directories, topmost first; NULL: */
	const char *directory;    /* one of the host: a context */
	const char *
		key; /* what it is, for the cache; NULL: a directory, whose files are looked at */
};

struct step {                  /* nothing is owned */
	struct engine *engine; /* this process's own, its store is open */
	const struct build_options *options;
	const struct dockerfile *dockerfile;
	const struct instruction *instruction;
	const struct build_state *state; /* before it */
	struct expand_scope scope;       /* ARG and ENV */
	const struct ignore *ignore;     /* of the context */
	/* find_source() - ERR_NOT_FOUND as a sentence; what it gives lives as long as the stage's process */
	int (*find_source)(void *data, const char *name, struct step_source *ret,
			   struct error *err);
	void *data;
	const struct build_listener *listener;
	const struct build_event
		*event; /* stage and step filled in: a template for the step's events */
	int *ret_run_status; /* run_do(): the program's exit status, also on failure; NULL: not wanted */
	/* where copy_key() leaves what copy_do() need not find again (what was downloaded); the caller's variable, NULL at first, which it frees.
	 * NULL: nothing is left */
	struct copy_job **job;
};

void copy_job_free(struct copy_job *job);
DEFINE_CLEANUP(struct copy_job *, copy_job_free)
#define cleanup_copy_job cleanup(copy_job_freep)

/* copy_key(), run_key() - add all that decides over the result, but the state before it and the instruction's text, which the caller adds. */
int copy_key(const struct step *s, struct key *k, struct error *err) _must_check_;
int run_key(const struct step *s, struct key *k, struct error *err) _must_check_;

/* copy_do(), run_do() - the files come into the draft's upper directory. run_do() returns when all processes of the container are gone;
 * *ret_places (strv, added to): paths that are only there because something was mounted on them. */
int copy_do(const struct step *s, struct layer_draft *draft,
	    struct error *err) _must_check_;
int run_do(const struct step *s, struct layer_draft *draft, char ***ret_places,
	   struct error *err) _must_check_;

/* copy_key_settle() - after copy_do(), with what it left: where files were changed between key and copy the key becomes one that nothing else ever
 * has, so that no later build takes this for what it is not. job may be NULL. */
void copy_key_settle(const struct copy_job *job, char key[static KEY_TEXT_MAX]);

/*
 * workdir_do() - the directory (absolute, clean, as the config will have it) with all above it, made in the draft where it is missing: 0755 and
 * USER's, as with buildah and BuildKit. Links on the way are followed inside the root. Nothing is written if it is there. Its key is its path,
 * and USER.
 */
int workdir_do(const struct step *s, const char *path, struct layer_draft *draft,
	       struct error *err) _must_check_;

/* volumes_do() - before a RUN: directories that VOLUME named and that are not there are made, 0755 and root's, as with buildah; what RUN
 * writes there stays. The key of a RUN has them. */
int volumes_do(const struct step *s, struct layer_draft *draft,
	       struct error *err) _must_check_;
