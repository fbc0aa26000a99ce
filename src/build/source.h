/* SPDX-License-Identifier: Apache-2.0 */
/* What COPY --from and RUN --mount=from name, found: in the process of a stage, each once. */
#pragma once

#include "build/stage_job.h"
#include "build/step.h"
#include "util/cleanup.h"
#include "util/error.h"

struct source_list { /* owned */
	const struct stage_job *job;
	const struct image_progress *progress;
	struct found_source **items;
	size_t n;
};
void source_list_release(struct source_list *l);
#define cleanup_source_list cleanup(source_list_release)

/* source_find() - struct step's find_source(); data: a struct source_list. Names of --build-context come first, then stages, then images. */
int source_find(void *data, const char *name, struct step_source *ret,
		struct error *err) _must_check_;
