/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the files of a build come from, and its Dockerfile: a directory, a tar or a Dockerfile on stdin, a git repository, a URL. What is no
 * directory of the user's is brought into one below the data directory, which goes at the end; those of killed builds go with the next
 * that needs one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "build/context_place.h"
#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

struct transfer_registry_options;

struct context_request { /* nothing is owned */
	const char *
		context; /* as typed; NULL: the directory of the Dockerfile, or the working one */
	char *const *
		files; /* strv, -f as typed; "-": stdin; none: Containerfile or Dockerfile of the context */
	const char *
		ignore_file; /* --ignorefile; NULL: what lies beside the Dockerfile, or in the context */
	int stdin_fd;
	const struct transfer_registry_options *registry; /* for URLs; NULL: defaults */
};

struct context_source {  /* owned */
	char *directory; /* absolute; NULL: there is none, only a Dockerfile */
	char *text;      /* the Dockerfile, several joined */
	size_t len;
	char *name;                 /* of it, for messages: as typed, or as found */
	char *ignore_file;          /* path; NULL: none */
	struct context_place place; /* what is not the user's own */
};
#define CONTEXT_SOURCE_INIT ((struct context_source){.place = CONTEXT_PLACE_INIT})

/* context_source_open() - e need not be open but for its directories. ERR_NOT_FOUND for what is not there, with podman's words. */
int context_source_open(const struct engine *e, const struct context_request *q,
			struct context_source *ret, struct error *err) _must_check_;

/* context_source_files() - the files alone, without a Dockerfile: of a directory, a git repository, the URL of a tar. */
int context_source_files(const struct engine *e, const char *place,
			 const struct transfer_registry_options *registry,
			 struct context_source *ret, struct error *err) _must_check_;

/* context_source_release() - a temporary directory is removed. */
void context_source_release(struct context_source *s);
#define cleanup_context_source cleanup(context_source_release)

/* context_is_remote() - whether a context has to be fetched: a git repository, a URL. Pure. */
bool context_is_remote(const char *text);

/* context_is_archive() - whether bytes begin a tar, or one in a compression that we know. Pure. */
bool context_is_archive(const void *bytes, size_t n);
