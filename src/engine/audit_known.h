/* SPDX-License-Identifier: Apache-2.0 */
/* Places of a host that say what a container could do with them: sockets of those who do what they
 * are told, secrets, homes, devices. Pure. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "engine/audit_accounts.h"
#include "engine/audit_facts.h"
#include "util/cleanup.h"

struct audit_place {
	char *path; /* owned, absolute */
	enum audit_path_kind kind;
	enum audit_power power;
	const char *what;
};

struct audit_places {
	struct audit_place *items; /* owned */
	size_t n;
};
void audit_places_release(struct audit_places *list);
#define cleanup_audit_places cleanup(audit_places_release)

/* audit_places_build() - of the system, of root, of the caller and of the host's other people. */
void audit_places_build(const struct audit_accounts *a, uid_t caller,
			struct audit_places *ret);

/* audit_places_find() - NULL: nothing special. */
const struct audit_place *audit_places_find(const struct audit_places *list,
					    const char *path);

/* audit_places_named() - a socket in another place, by a name that says enough: docker.sock. NULL: any. */
const struct audit_place *audit_places_named(const struct audit_places *list,
					     const char *path);

/* audit_device_power() - of a device node of the host; *ret_what is never NULL. */
enum audit_power audit_device_power(const char *path, mode_t mode, const char **ret_what);

/* audit_device_is_usual() - every container has it: null, zero, full, random, urandom, tty. `name`:
 * below /dev. */
bool audit_device_is_usual(const char *name);
