/* SPDX-License-Identifier: Apache-2.0 */
/* What a build is asked for, as typed: cli/cmd_build.c fills it. Nothing is owned. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/create_options.h"

struct build_options {
	const char *context; /* a directory by now; NULL: none, only a Dockerfile */
	const char *dockerfile_text; /* what was read, and its name for messages */
	size_t dockerfile_len;
	const char *dockerfile_name;
	const char *ignore_file;     /* path; NULL: none */
	char *const *build_contexts; /* strv "NAME=directory or docker-image://..." */
	char *const *names;          /* strv: canonical; of the image */
	char *const *build_args;     /* strv "NAME=value" */
	const char *target, *from;   /* from: instead of the first FROM's image; NULL */
	char *const *secrets, *const *ssh; /* strv, as typed */
	char *const *labels, *const *annotations;
	char *const *env, *const *unset_env, *const *unset_labels;
	const char *platform; /* one; NULL: the host's */
	bool docker_format;
	bool layers; /* every step becomes a layer; otherwise all of a stage's steps together */
	bool squash, squash_all;
	bool no_cache;
	char *const *no_cache_filter;              /* strv: stages */
	char *const *cache_from, *const *cache_to; /* strv: repositories */
	bool has_epoch;                            /* "created" is epoch_sec everywhere */
	bool rewrite_timestamp; /* no file of a new layer is later than that... */
	bool all_at_epoch;      /* ...or other than that: --timestamp is all three */
	int64_t epoch_sec;
	bool omit_history;
	unsigned int jobs; /* stages at once; 0: as many as there are processors */
	int pull_policy;   /* enum pull_policy */
	struct transfer_fetch fetch; /* how base images are fetched */
	const struct create_options *
		run; /* what RUN's containers get: network, hosts, capabilities, volumes, limits */
	bool verify;     /* build again without the cache and compare */
	bool all_stages; /* those that nobody needs too */
	bool drop_labels, drop_annotations; /* those of the base image */
	char *const *unset_annotations;
	int64_t cache_ttl_usec; /* what the cache has from longer ago does not count; -1: all does */
	char *const *
		allow; /* strv: "network.host", "security.insecure"; what RUN --network and --security need; as typed */
	const char *os_version;   /* in the config; NULL: the base image's */
	char *const *os_features; /* strv: "NAME" in the config, "NAME-": not */
};
