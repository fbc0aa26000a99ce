/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/health_state.h"

#include <errno.h>

#include "util/str.h"

static const char *const words[] = {"starting", "healthy", "unhealthy"};

const char *health_status_word(enum health_status status)
{
	return words[status];
}

int health_status_parse(const char *word, enum health_status *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!str_eq(word, words[i]))
			continue;
		*ret = (enum health_status)i;
		return 0;
	}
	return -EINVAL;
}

struct health_state health_state_begin(const struct health_config *c)
{
	return (struct health_state){
		.status = HEALTH_STARTING,
		.started = c->startup_test == NULL,
	};
}

bool health_state_is_startup(const struct health_config *c, const struct health_state *s)
{
	return c->startup_test && !s->started;
}

/* A container that never comes up is begun anew. */
static enum health_action step_startup(const struct health_config *c,
				       struct health_state *s, bool success)
{
	if (success) {
		s->startup = s->startup < 0 ? 1 : s->startup + 1;
		s->started = s->startup >= c->startup_success;
		s->streak = 0;
		return HEALTH_ACTION_NONE;
	}
	s->startup = s->startup > 0 ? -1 : s->startup - 1;
	if (c->startup_retries == 0 || -s->startup < c->startup_retries)
		return HEALTH_ACTION_NONE;
	s->startup = 0;
	return HEALTH_ACTION_RESTART;
}

enum health_action health_state_step(const struct health_config *c,
				     struct health_state *s, bool success,
				     int64_t age_usec)
{
	if (health_state_is_startup(c, s))
		return step_startup(c, s, success);
	if (success) {
		s->status = HEALTH_HEALTHY;
		s->streak = 0;
		return HEALTH_ACTION_NONE;
	}
	if (age_usec < c->start_period)
		return HEALTH_ACTION_NONE;
	s->streak++;
	if (s->streak < c->retries)
		return HEALTH_ACTION_NONE;
	s->status = HEALTH_UNHEALTHY;
	return (enum health_action)c->on_failure;
}

int64_t health_state_interval(const struct health_config *c, const struct health_state *s,
			      int64_t age_usec)
{
	if (health_state_is_startup(c, s))
		return c->startup_interval;
	if (c->interval && c->start_interval && s->status == HEALTH_STARTING &&
	    age_usec < c->start_period)
		return c->start_interval;
	return c->interval;
}

bool health_state_is_due(const struct health_config *c)
{
	const struct health_state fresh = health_state_begin(c);

	return health_config_has_check(c) && health_state_interval(c, &fresh, 0) > 0;
}
