/* SPDX-License-Identifier: Apache-2.0 */
/* `cubby info`: the host as containers find it, and what the engine keeps; with podman's members. */
#pragma once

#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

struct json_object;

/* engine_info() - {host, plugins, registries, store, version}, as podman-info(1) has them. Caller owns *ret. */
int engine_info(const struct engine *e, struct json_object **ret,
		struct error *err) _must_check_;

/* uptime_words() - "7h 40m 24.00s (Approximately 0.29 days)". Caller frees. Pure. */
char *uptime_words(double seconds);
/* os_release_value() - of a key in the text of os-release(5), its quotes taken off; NULL if there is none. Caller
 * frees. Pure. */
char *os_release_value(const char *text, const char *key);
