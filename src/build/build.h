/* SPDX-License-Identifier: Apache-2.0 */
/* `cubby build`: a Dockerfile and a context become an image. docs/design/build.md has the whole way. */
#pragma once

#include "build/event.h"
#include "build/options.h"
#include "build/state.h"
#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

struct build_result {             /* owned */
	char *image_id;           /* NULL: options said that none is recorded */
	struct build_state state; /* of the target stage */
	int run_status; /* set on failure too: what the RUN that failed ended with, podman's own exit status then; 0: something else failed */
	int signal; /* set on failure too: INT, TERM or HUP ended the build; who is done with cleaning up dies of it (build_die_of()). 0: none */
	char **differences; /* strv, --verify: what the second build made of it, as sentences; NULL: the same */
};
void build_result_release(struct build_result *r);
#define cleanup_build_result cleanup(build_result_release)

/* build_die_of() - as whoever started us expects: ended by the signal, once nothing is left behind. */
void build_die_of(int sig);

/*
 * build_run() - e->store is open. On failure no image is recorded; steps that were finished are in the cache. A RUN
 * that ended with a status that is not 0 is ERR_INVALID, with the sentence "...: exit status N".
 */
int build_run(struct engine *e, const struct build_options *o,
	      const struct build_listener *listener, struct build_result *ret,
	      struct error *err) _must_check_;
