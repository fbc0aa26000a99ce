/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instructions that only say something about the image: they change its config, and make no files. Pure.
 * Sources: Dockerfile reference; OCI image specification config.md; Docker image specification v1.2.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "build/dockerfile.h"
#include "build/expand.h"
#include "util/cleanup.h"
#include "util/error.h"

struct image_config;

struct config_change { /* nothing is owned */
	const struct dockerfile *dockerfile;
	const struct instruction *instruction;
	const struct expand_scope *scope; /* ARG and ENV before it */
	struct image_config *config;
	bool *cmd_set; /* CMD was given in this stage: an ENTRYPOINT leaves it */
};

/* config_applies() - whether it is one of these: all but FROM, ARG, RUN, COPY, ADD, WORKDIR. */
bool config_applies(enum instruction_kind kind);

/* config_apply() - ERR_INVALID as dockerfile_error() tells it. */
int config_apply(const struct config_change *c, struct error *err) _must_check_;

/* config_workdir() - where WORKDIR leads: absolute and clean; a relative one is below the one that was. Caller frees. */
int config_workdir(const struct config_change *c, char **ret,
		   struct error *err) _must_check_;
void config_set_workdir(struct image_config *config, const char *path);

/* config_set_label(), config_drop_label() - labels are kept sorted by name. config_set_env() - "NAME=value" in the place of an older one.
 * config_set_annotation() - the same as labels in a list by itself. */
struct spec_key_value;
void config_set_label(struct image_config *config, const char *name, const char *value);
void config_drop_label(struct image_config *config, const char *name);
void config_set_env(struct image_config *config, const char *pair);
void config_unset_env(struct image_config *config, const char *name);
void config_set_pair(struct spec_key_value **pairs, size_t *n, const char *name,
		     const char *value);
void config_drop_pair(struct spec_key_value **pairs, size_t *n, const char *name);

/* config_time() - as configs have it: RFC 3339, without a fraction that is 0. Caller frees. */
char *config_time(int64_t usec);

/* config_set_created() - of the image. config_set_os() - its version (NULL: stays) and features (strv: "NAME", "NAME-": without it). */
void config_set_created(struct image_config *config, int64_t usec);
void config_set_os(struct image_config *config, const char *version,
		   char *const *features);

/* config_shell() - what the shell forms run, SHELL's words or /bin/sh -c; points into the config or to constants. */
char *const *config_shell(const struct image_config *config);

/* config_adopt() - a base image's becomes that of a new one: what nobody knows of the document goes (a container's id, Docker's own
 * notes), maps are sorted, and there is a PATH. */
void config_adopt(struct image_config *config);
