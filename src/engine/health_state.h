/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the results of health checks make of a container. Pure.
 *
 * A new container is "starting". While it has a startup check that has not succeeded (often
 * enough), that one is run instead of the health check. Then: a success makes it healthy; so
 * many failures in a row unhealthy, where those within the start period do not count.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/health_config.h"

enum health_status {
	HEALTH_STARTING,
	HEALTH_HEALTHY,
	HEALTH_UNHEALTHY,
};

struct health_state {
	enum health_status status;
	int64_t streak;  /* failures in a row */
	bool started;    /* the startup check is through, or there is none */
	int64_t startup; /* of it: successes in a row, or failures in a row below zero */
};

/* health_state_begin() - of a container that has just started. */
struct health_state health_state_begin(const struct health_config *c);

/* health_state_is_startup() - it is the startup check that is to be run. */
bool health_state_is_startup(const struct health_config *c, const struct health_state *s);

/*
 * health_state_step() - take in a result. age_usec: of the container, when the check began.
 * Return: what is to be done to the container now.
 */
enum health_action health_state_step(const struct health_config *c,
				     struct health_state *s, bool success,
				     int64_t age_usec);

/* health_state_interval() - of a container of this age, until the next check; 0: only when asked for. */
int64_t health_state_interval(const struct health_config *c, const struct health_state *s,
			      int64_t age_usec);

/* health_state_is_due() - whether there are checks that are run by themselves. */
bool health_state_is_due(const struct health_config *c);

/* health_status_word() - podman's: "starting", "healthy", "unhealthy"; parse: back. */
const char *health_status_word(enum health_status status);
int health_status_parse(const char *word, enum health_status *ret);
