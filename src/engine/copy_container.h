/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container's files for a process of ours that has the container's ids and nothing but the container's root directory: of a running one
 * what its own processes see, volumes and all; of another one its root with its volumes and bind mounts.
 */
#pragma once

#include <stdbool.h>

#include "engine/container.h"
#include "engine/container_view.h"
#include "engine/copy_spot.h"
#include "engine/engine.h"
#include "engine/user_ids.h"
#include "runtime/sandbox.h"
#include "spec/spec.h"
#include "util/cleanup.h"
#include "util/error.h"

struct copy_container {
	const struct engine *engine;
	struct container container; /* owned, as the rest */
	struct spec *spec;
	int pid_fd; /* of its init; -EBADF: it does not run */
	int lock_fd; /* of one that does not run, to be written: it does not start meanwhile */
	bool made_dir; /* with its run directory, which goes again */
	bool is_writable;
	struct container_view view;
	struct user_ids ids;
	char *place; /* a directory to mount the view on */
	/* what is done in there */
	int (*run)(void *data, const struct copy_place *place, struct error *err);
	void *data;
};
#define COPY_CONTAINER_INIT       \
	((struct copy_container){ \
		.pid_fd = -EBADF, .lock_fd = -EBADF, .view = CONTAINER_VIEW_INIT})
void copy_container_release(struct copy_container *c);
#define cleanup_copy_container cleanup(copy_container_release)

/* copy_container_open() - the container is taken over. */
int copy_container_open(const struct engine *e, struct container *container, bool write,
			struct copy_container *ret, struct error *err) _must_check_;

/* copy_container_start() - run() in a process of its own; all fds of the caller are open there. */
int copy_container_start(struct copy_container *c, struct sandbox *ret,
			 struct error *err) _must_check_;
