/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stages of a Dockerfile as a graph: what each begins with, and which others it takes files from. Only what the target needs is
 * wanted. Pure. Sources: Dockerfile reference, "Multi-stage builds", "Understand how ARG and FROM interact"; buildah-build(1).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "build/dockerfile.h"
#include "util/cleanup.h"
#include "util/error.h"

#define PLAN_NO_STAGE ((size_t)-1)

struct plan_stage {        /* owned */
	const char *name;  /* AS, as typed; NULL: none; the Dockerfile's */
	size_t first, n;   /* its instructions among the Dockerfile's, FROM first */
	char *base;        /* what FROM names, variables expanded */
	char *platform;    /* its --platform; NULL: none */
	size_t base_stage; /* PLAN_NO_STAGE: an image, or scratch */
	size_t *needs; /* other stages, base_stage too, ascending, each once; all lower than its own number */
	size_t n_needs;
	bool wanted;
};

struct plan { /* owned */
	struct plan_stage *stages;
	size_t n; /* up to the target */
	size_t target, n_wanted;
	char **globals;   /* strv "NAME=value": ARGs before FROM, and the platforms' */
	char **arg_names; /* strv: declared before FROM or in a stage that is wanted */
};
void plan_release(struct plan *p);
#define cleanup_plan cleanup(plan_release)

struct plan_options {               /* nothing is owned */
	const char *target;         /* name or number; NULL: the last */
	const char *from;           /* the first FROM's image; NULL: as the file says */
	char *const *build_args;    /* strv "NAME=value" */
	char *const *platform_args; /* strv: scope_platform_args() */
	char *const *contexts;      /* strv "NAME=...": these names are no stages */
	bool all_stages;            /* wanted: all up to the target */
};

/*
 * plan_make() - names count without case. What names a stage that begins only later is ERR_INVALID with the line, but for FROM, where it is an image; so
 * is a target that is not there. d must live as long as *ret.
 */
int plan_make(const struct dockerfile *d, const struct plan_options *o, struct plan *ret,
	      struct error *err) _must_check_;

/* plan_find() - the stage below `before` that COPY --from=text, --mount=from=text mean: of several with a name the last;
 * PLAN_NO_STAGE: none. */
size_t plan_find(const struct plan *p, size_t before, const char *text);

/* plan_mount_from() - from= of a value of RUN's --mount; NULL: none. Caller frees. */
char *plan_mount_from(const char *mount);
