/* SPDX-License-Identifier: Apache-2.0 */
/* `cubby run`: plan, create, start, and in the foreground stay until the end and clean
 * up. */
#pragma once

#include <stdbool.h>

#include "engine/create_options.h"
#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

struct image_progress;

struct run_request {
	struct engine *engine; /* its store may not be open yet: then it is opened */
	const struct create_options *options;
	bool foreground;
	bool forward_signals; /* foreground: signals that we get go to the container */
	const struct image_progress *progress; /* of fetching its image; may be NULL */
	void (*warn)(const char *text);        /* the one warning there can be
					   (create_plan_warning) */
};

struct run_result {
	char *id;      /* owned */
	int exit_code; /* of the program; 0 in the background and after detaching */
};
#define RUN_RESULT_INIT ((struct run_result){0})
void run_result_release(struct run_result *r);
#define cleanup_run_result cleanup(run_result_release)

/*
 * container_run() - options->at_rest: only create it, for container_start(). Otherwise on failure nothing runs; unless --rm was given, the record of a
 * container whose program could not be started stays, as "created", with the reason.
 */
int container_run(const struct run_request *request, struct run_result *ret,
		  struct error *err) _must_check_;
