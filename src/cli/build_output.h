/* SPDX-License-Identifier: Apache-2.0 */
/* Where the result of a build goes besides the store: --output, --push, --iidfile, --metadata-file. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "cli/registry_table.h"
#include "engine/engine.h"
#include "store/image_record.h"
#include "util/cleanup.h"
#include "util/error.h"

enum build_output_kind {
	BUILD_OUTPUT_LOCAL,    /* files into a directory */
	BUILD_OUTPUT_TAR,      /* files as a tar */
	BUILD_OUTPUT_OCI,      /* the image as an OCI archive, or a directory of one */
	BUILD_OUTPUT_DOCKER,   /* as an archive of docker's */
	BUILD_OUTPUT_IMAGE,    /* it is in the store */
	BUILD_OUTPUT_REGISTRY, /* sent */
};

struct build_output { /* owned */
	enum build_output_kind kind;
	char *dest; /* NULL: none; "-": stdout */
	char *name; /* of type=image, registry; NULL: the image's own */
	bool push, is_directory;
};

struct build_outputs {
	struct build_output *items;
	size_t n;
	bool to_stdout; /* one of them; then the ID is not printed there */
};
void build_outputs_release(struct build_outputs *o);
#define cleanup_build_outputs cleanup(build_outputs_release)

/* build_outputs_parse() - each value of --output (strv): "DIR", "-", "type=TYPE,dest=PATH,...". Pure. */
int build_outputs_parse(char *const *texts, struct build_outputs *ret,
			struct error *err) _must_check_;

struct build_delivery { /* nothing is owned */
	const struct engine *engine;
	const struct image_record *image;
	char *const *names; /* that it got */
	const struct registry_values *registry;
	bool quiet, push; /* push: by its names */
};

/* build_outputs_deliver() - all of them, and the push. */
int build_outputs_deliver(const struct build_outputs *o, const struct build_delivery *d,
			  struct error *err) _must_check_;

/* build_write_metadata() - --metadata-file, in Docker's members. */
int build_write_metadata(const struct build_delivery *d, const char *path,
			 struct error *err) _must_check_;
