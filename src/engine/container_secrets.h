/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The secrets of a container: <data>/containers/ID/secrets/SECRET-ID is a link to the file of each. Those that are
 * mounted are copied from it into memory at each start; those that are variables join the environment of the container's
 * processes, and are in no document.
 */
#pragma once

#include "engine/engine.h"
#include "engine/secret_option.h"
#include "util/cleanup.h"
#include "util/error.h"

/* container_secret_path() - data_dir: of the container. Caller frees. */
char *container_secret_path(const char *data_dir, const char *secret_id);

/* container_secrets_link() - in the container's data directory, which is there. */
int container_secrets_link(const struct engine *e, const char *data_dir,
			   const struct secret_uses *uses,
			   struct error *err) _must_check_;

/* container_secrets_env() - lines: of the container's record (strv, secret_use_text()). Adds to the environment. */
int container_secrets_env(const char *data_dir, char *const *lines, char ***env,
			  struct error *err) _must_check_;
