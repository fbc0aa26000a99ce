/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of `cubby audit`: what a fact amounts to. Pure; audit_verdict.h makes the verdict of it.
 *
 * Counted is what the container's programs can come to by themselves, not through holes of the
 * kernel: also what its root can do if only an ordinary user runs in it, as a setuid program of the
 * image makes root of that user. no-new-privileges takes this way away.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/audit_facts.h"
#include "util/cleanup.h"

/* Each is the exit status of `cubby audit`. */
enum audit_level {
	AUDIT_ISOLATED = 0, /* no more than a stranger without an account could do */
	AUDIT_USER =
		1, /* somewhere it has the rights of the caller, or of another account */
	AUDIT_ROOT = 2, /* it is the host's root, or can become it */
};

/* audit_level_word() - "isolated", "user", "root". */
const char *audit_level_word(enum audit_level level);

/* audit_reaches_all() - its programs can take every id of its map. */
bool audit_reaches_all(const struct audit_facts *f);

/* audit_judged() - the one whose rights count: root if it can be reached, else its first process's
 * user; with which capabilities. */
const struct audit_who *audit_judged(const struct audit_facts *f);
uint64_t audit_judged_capabilities(const struct audit_facts *f);

/* audit_id_level() - by its ids alone, whatever they can reach. */
enum audit_level audit_id_level(const struct audit_facts *f);

/* audit_host_capabilities() - those that count on the host and are dangerous there (0 with a user
 * namespace of its own); audit_capability_power(): what one is good for, NULL: not dangerous. */
uint64_t audit_host_capabilities(const struct audit_facts *f);
const char *audit_capability_power(int capability);

/* audit_path_level() - what the container can do with this path, AUDIT_ISOLATED if that is nothing
 * that a stranger could not. audit_path_setuid(): it can leave a setuid-root program there that
 * others on the host can run. */
enum audit_level audit_path_level(const struct audit_facts *f,
				  const struct audit_path *p);
bool audit_path_setuid(const struct audit_facts *f, const struct audit_path *p);

/* audit_path_as() - whose its new files there are, a host's id; IDMAP_NONE: unknown. */
uint32_t audit_path_as(const struct audit_facts *f, const struct audit_path *p);
