/* SPDX-License-Identifier: Apache-2.0 */
/* The options of `cubby build`: those of podman build and of docker build, buildx included. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "build/options.h"
#include "cli/options.h"
#include "cli/registry_table.h"
#include "engine/create_options.h"
#include "util/cleanup.h"
#include "util/error.h"

/* in the order of the words of --progress */
enum build_progress {
	BUILD_PROGRESS_AUTO,
	BUILD_PROGRESS_PLAIN,
	BUILD_PROGRESS_TTY,
	BUILD_PROGRESS_JSON,
	BUILD_PROGRESS_QUIET,
	BUILD_PROGRESS_RAWJSON, /* Docker's word for json */
};

struct build_values {              /* as typed; strings borrowed from argv */
	struct create_options run; /* of RUN's containers */
	struct registry_values registry;

	char **files, **tags, **build_args, **build_arg_files, **build_contexts;
	const char *ignore_file, *target, *from;
	char **secrets, **ssh, **allow;

	char **labels, **annotations, **layer_labels, **unset_labels, **unset_annotations;
	char **env, **unset_env;
	bool inherit_labels, inherit_annotations;
	char **platforms;
	const char *os, *arch, *variant, *os_version;
	char **os_features;

	int format; /* 0: OCI, 1: Docker */
	bool format_given, layers, layers_given, squash, squash_all, omit_history;
	bool no_cache, skip_unused, rewrite_timestamp, verify;
	char **no_cache_filter, **cache_from, **cache_to;
	int64_t cache_ttl_usec, timestamp, epoch;
	bool cache_ttl_given, timestamp_given, epoch_given;
	int jobs, pull;

	char **outputs;
	const char *iidfile, *iidfile_raw, *metadata_file, *manifest, *logfile;
	bool push, load, quiet, log_split, check, ignored;
	int progress; /* enum build_progress */
};

extern const struct option_spec build_table[], build_table_run[], build_table_refused[];

/* build_values_defaults() - what is not zero. */
void build_values_defaults(struct build_values *v);

/* What is made of them besides: owned, build_options borrows from it. */
struct build_filled {
	struct build_options options;
	char **names, **build_args, **env;
	char **platforms; /* none: the host's */
};
void build_filled_release(struct build_filled *f);
#define cleanup_build_filled cleanup(build_filled_release)

/* build_values_fill() - checks what does not go together. The context, and which of the platforms it is, are for the caller to add. */
int build_values_fill(struct build_values *v, struct build_filled *ret,
		      struct error *err) _must_check_;

/* build_filled_platform() - one of `platforms`, or NULL: what is built next. It must live as long. */
int build_filled_platform(struct build_filled *f, const char *platform,
			  struct error *err) _must_check_;
