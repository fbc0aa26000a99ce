/* SPDX-License-Identifier: Apache-2.0 */
/* The program `layer` at work for the engine, from whose end one wants to know only whether all went well. */
#pragma once

#include <stdbool.h>

#include "engine/container_view.h"
#include "engine/engine.h"
#include "runtime/sandbox.h"
#include "util/cleanup.h"
#include "util/error.h"

/* A tar of a container's files on its way. */
struct packer {
	struct sandbox sandbox;
	int result_fd; /* owned */
};
#define PACKER_INIT ((struct packer){.sandbox = SANDBOX_INIT, .result_fd = -EBADF})
void packer_release(struct packer *p);
#define cleanup_packer cleanup(packer_release)

struct packer_request {
	const struct container_view *view;
	bool changes; /* only what lies in its writable layer, as a layer of an image */
	char *const
		*places; /* strv: paths that may only be there to be mounted on; NULL */
	int out_fd;      /* stays the caller's */
};

/*
 * packer_start() - owners in the tar are those that the container's processes see; files that even its root may not
 * read are read all the same. packer_wait() - whether all of it was written.
 */
int packer_start(const struct engine *e, const struct packer_request *request,
		 struct packer *ret, struct error *err) _must_check_;
int packer_wait(struct packer *p, struct error *err) _must_check_;

/* packer_finish() - what it says on its result pipe, and its end. */
int packer_finish(int result_fd, struct sandbox *s, struct error *err) _must_check_;
