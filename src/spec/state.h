/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The OCI runtime specification's state document: what `state` prints and what hooks and
 * the seccomp listener get. Its form must stay stable: engines and hooks parse it.
 * Source: runtime-spec 1.2 runtime.md 'State', config-linux.md 'Container Process State'.
 */
#pragma once

#include <sys/types.h>

#include "util/cleanup.h"

struct json_object;
struct spec_key_value;

struct spec_state {
	const char *id;
	const char *status; /* creating created running stopped; cubby-runtime: paused */
	pid_t pid;          /* 0: absent */
	const char *bundle;
	const struct spec_key_value *annotations;
	size_t n_annotations;
};

/* spec_state_to_json() - the document; caller owns. */
struct json_object *spec_state_to_json(const struct spec_state *state);

/* spec_seccomp_state_to_json() - ContainerProcessState for a listener: fds names, pid,
 * metadata, state. */
struct json_object *spec_seccomp_state_to_json(const struct spec_state *state, pid_t pid,
					       const char *metadata);
