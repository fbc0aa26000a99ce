/* SPDX-License-Identifier: Apache-2.0 */
/* --restart: whether a container that has ended is started again, and after which pause. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

enum restart_when {
	RESTART_NO,
	RESTART_ON_FAILURE,
	RESTART_ALWAYS,
	RESTART_UNLESS_STOPPED
};

struct restart_policy {
	enum restart_when when;
	int64_t max; /* of on-failure: how many times; 0: no limit */
};

/* restart_policy_parse() - "no", "never", "on-failure[:N]", "always", "unless-stopped". */
int restart_policy_parse(const char *text, struct restart_policy *ret,
			 struct error *err) _must_check_;

/* restart_policy_text() - the same the other way; NULL for "no". Caller frees. restart_policy_word() - without the
 * number, and "no". */
char *restart_policy_text(const struct restart_policy *p);
const char *restart_policy_word(enum restart_when when);

/* restart_policy_applies() - to one that ended by itself (nobody stopped it) after so many restarts. */
bool restart_policy_applies(const struct restart_policy *p, int exit_code, int restarts);

/* restart_policy_pause() - before the next start, in usec: a tenth of a second, doubled up to a minute as long as it
 * ends within ten seconds. before: the pause before this one, 0: a person started it. */
int64_t restart_policy_pause(int64_t before_usec, int64_t ran_usec);
