/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container's health check, understood: what --health-* and the image's HEALTHCHECK say.
 * Part of what is on record (container_config.h). Source: podman-run(1).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/health_options.h"
#include "util/cleanup.h"
#include "util/error.h"

struct image_healthcheck;
struct json_object;

enum health_action {
	HEALTH_ACTION_NONE,
	HEALTH_ACTION_KILL,
	HEALTH_ACTION_RESTART,
	HEALTH_ACTION_STOP,
};

#define HEALTH_DESTINATION_LOCAL  "local"
#define HEALTH_DESTINATION_EVENTS "events_logger"

/* All times in microseconds. Strings owned. */
struct health_config {
	char **test; /* {"CMD", WORD...}, {"CMD-SHELL", TEXT}, {"NONE"}; NULL: none */
	int64_t interval; /* 0: only when asked */
	int64_t timeout, start_period;
	int64_t start_interval; /* within the start period; 0: as the others */
	int64_t retries;
	char **startup_test; /* NULL: none */
	int64_t startup_interval, startup_timeout;
	int64_t startup_retries; /* 0: no limit */
	int64_t startup_success; /* how many it takes; 0: one */
	int64_t on_failure;      /* enum health_action */
	char *log_destination; /* "local", "events_logger", a directory; NULL: no check */
	int64_t max_log_count; /* 0: no limit of the user's */
	int64_t max_log_size;  /* bytes of one check's output; 0: the same */
};
void health_config_release(struct health_config *c);
#define cleanup_health_config cleanup(health_config_release)

/* health_config_make() - image: its own check, NULL: none. Looks at nothing else. */
int health_config_make(const struct health_options *o,
		       const struct image_healthcheck *image, struct health_config *ret,
		       struct error *err) _must_check_;

/* health_config_update() - what was given only, of a check that is there already or is made by it. */
int health_config_update(const struct health_options *o, struct health_config *c,
			 struct error *err) _must_check_;

/* health_config_copy() - deep. */
void health_config_copy(const struct health_config *c, struct health_config *ret);

bool health_config_has_check(const struct health_config *c);

/* health_test_parse() - --health-cmd: words for /bin/sh, or a JSON array. */
int health_test_parse(const char *option, const char *text, char ***ret,
		      struct error *err) _must_check_;

/* health_test_command() - what is run in the container. Caller frees (strv). */
char **health_test_command(char *const *test);

const char *health_action_word(enum health_action action);

/* health_config_json() - Docker's form of the check (startup: of the startup check), times in
 * nanoseconds; NULL if there is none. Caller owns. */
struct json_object *health_config_json(const struct health_config *c, bool startup);
