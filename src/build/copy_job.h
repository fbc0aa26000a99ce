/* SPDX-License-Identifier: Apache-2.0 */
/* What a step's key and its work have in common: the plan, the source, and what was fetched from elsewhere. */
#pragma once

#include <time.h>

#include "build/context.h"
#include "build/copy_plan.h"
#include "build/step.h"
#include "engine/download.h"
#include "util/cleanup.h"
#include "util/error.h"

struct copy_item {                /* of a word; owned */
	struct download download; /* of a URL; fd -EBADF: it was not needed so far */
	char *digest;             /* of it; NULL: not known yet */
	char *commit;             /* of a git repository */
};

struct copy_job {
	struct copy_plan plan;
	struct copy_item *items; /* plan.n_words */
	struct timespec since;   /* when the key was begun; 0: there is none */
	bool is_stale; /* a file was changed since then: what was copied may be something else than what the key says */
};

/* copy_job_get() - what the key has left, or a new one. The caller's. */
int copy_job_get(const struct step *s, struct copy_job **ret,
		 struct error *err) _must_check_;

/*
 * copy_job_source() - where paths are looked for. One of layers has no fd yet: *ret_layers (not owned) are its directories; else NULL, and the context
 * is open. *ret_key: as find_source() gave it.
 */
struct copy_origin {
	struct context context; /* owned */
	char *const *layers;
	const char *key;
};
#define COPY_ORIGIN_INIT ((struct copy_origin){.context = CONTEXT_INIT})
void copy_origin_release(struct copy_origin *o);
#define cleanup_copy_origin cleanup(copy_origin_release)
int copy_job_source(const struct step *s, const struct copy_job *job,
		    struct copy_origin *ret, struct error *err) _must_check_;

/* copy_job_ask() - word i, a URL: its digest, which may take no more than a question. copy_job_fetch() - its bytes, if they were not fetched yet;
 * others than those of the digest are an error. */
int copy_job_ask(const struct step *s, struct copy_job *job, size_t i,
		 struct error *err) _must_check_;
int copy_job_fetch(const struct step *s, struct copy_job *job, size_t i,
		   struct error *err) _must_check_;

/* copy_job_commit() - word i, a git repository: which commit it is. */
int copy_job_commit(const struct step *s, struct copy_job *job, size_t i,
		    struct error *err) _must_check_;
