/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The programs docker-credential-NAME, which keep secrets in a keyring or a password manager: a
 * verb as argument, the request on stdin, the answer on stdout. They may ask the user, so there is
 * no time limit. Source: the docker-credential-helpers project's README.
 */
#pragma once

#include "registry/credential.h"
#include "util/cleanup.h"
#include "util/error.h"

/* helper_get() - for a server, as it was stored. Return: 1, 0 (it has none), or -errno. */
int helper_get(const char *name, const char *server, struct credentials *ret,
	       struct error *err) _must_check_;
int helper_store(const char *name, const char *server, const struct credentials *c,
		 struct error *err) _must_check_;
/* helper_erase() - 1, or 0 if it had none. */
int helper_erase(const char *name, const char *server, struct error *err) _must_check_;
