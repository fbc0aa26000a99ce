/* SPDX-License-Identifier: Apache-2.0 */
/* --secret NAME[,KEY=VALUE...] as text, and as a line of a container's record. Pure. Source: podman-run(1). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

#define SECRET_MOUNT_DIR "/run/secrets"

struct secret_use {      /* owned */
	char *name, *id; /* id: NULL until it was found */
	char *target;    /* absolute path in the container, or with is_env a variable */
	bool is_env;
	uint32_t uid, gid, mode;
};
void secret_use_release(struct secret_use *u);

struct secret_uses {
	struct secret_use *items; /* owned */
	size_t n;
};
void secret_uses_release(struct secret_uses *list);
#define cleanup_secret_uses cleanup(secret_uses_release)

/* secret_use_parse() - adds to the list. */
int secret_use_parse(struct secret_uses *list, const char *text,
		     struct error *err) _must_check_;

/* secret_use_text() - the line; caller frees. secret_use_read() - back, added to the list; false: it is none of ours. */
char *secret_use_text(const struct secret_use *u);
bool secret_use_read(struct secret_uses *list, const char *line);
