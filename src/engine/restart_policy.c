/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/restart_policy.h"

#include <string.h>

#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define PAUSE_FIRST (USEC_PER_SEC / 10)
#define PAUSE_MAX   (60 * (int64_t)USEC_PER_SEC)
#define RAN_WELL    (10 * (int64_t)USEC_PER_SEC)
#define RETRIES_MAX 1000000000

static const char *const words[] = {
	[RESTART_NO] = "no",
	[RESTART_ON_FAILURE] = "on-failure",
	[RESTART_ALWAYS] = "always",
	[RESTART_UNLESS_STOPPED] = "unless-stopped",
};

const char *restart_policy_word(enum restart_when when)
{
	return words[when];
}

static int invalid(const char *text, struct error *err)
{
	error_set(err, ERR_INVALID, 0, "\"%s\" is not a valid restart policy", text);
	return error_hint(err, "Known: no, on-failure[:RETRIES], always, unless-stopped");
}

int restart_policy_parse(const char *text, struct restart_policy *ret, struct error *err)
{
	const char *colon = strchr(text, ':');
	cleanup_free char *word = xstrndup(text, strcspn(text, ":"));
	uint64_t max = 0;

	*ret = (struct restart_policy){0};
	if (str_eq(text, "never") || str_eq(text, ""))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(words[i], word)) {
			ret->when = (enum restart_when)i;
			if (!colon)
				return 0;
			if (i != RESTART_ON_FAILURE || str_to_u64(colon + 1, &max) < 0 ||
			    max > RETRIES_MAX)
				return invalid(text, err);
			ret->max = (int64_t)max;
			return 0;
		}
	return invalid(text, err);
}

char *restart_policy_text(const struct restart_policy *p)
{
	if (p->when == RESTART_NO)
		return NULL;
	return p->max ? xasprintf("%s:%lld", words[p->when], (long long)p->max)
		      : xstrdup(words[p->when]);
}

bool restart_policy_applies(const struct restart_policy *p, int exit_code, int restarts)
{
	switch (p->when) {
	case RESTART_NO:
		return false;
	case RESTART_ON_FAILURE:
		return exit_code != 0 && (p->max == 0 || restarts < p->max);
	case RESTART_ALWAYS:
	case RESTART_UNLESS_STOPPED:
		break;
	}
	return true;
}

int64_t restart_policy_pause(int64_t before_usec, int64_t ran_usec)
{
	int64_t pause = before_usec * 2;

	if (before_usec == 0 || ran_usec >= RAN_WELL)
		return PAUSE_FIRST;
	return pause < PAUSE_MAX ? pause : PAUSE_MAX;
}
