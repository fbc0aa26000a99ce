/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/health.h"

#include <signal.h>
#include <string.h>

#include "engine/container_start.h"
#include "engine/event.h"
#include "engine/health_probe.h"
#include "engine/health_record.h"
#include "engine/remove.h"
#include "engine/sdnotify.h"
#include "util/json.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define OUTPUT_MAX (1 << 20) /* where the user has no limit */

static struct health_subject subject(const struct container *c)
{
	return (struct health_subject){
		.id = c->record.id,
		.name = c->record.name,
		.config = &c->config.health,
		.init = &c->init,
	};
}

static int check(const struct container *c, struct error *err)
{
	if (!health_config_has_check(&c->config.health))
		return error_set(err, ERR_INVALID, 0,
				 "container %s has no defined healthcheck", c->record.id);
	if (c->status != CONTAINER_RUNNING)
		return error_set(err, ERR_CONFLICT, 0, "container %s is not running",
				 c->record.id);
	return 0;
}

static int64_t age_at(const struct container *c, int64_t usec)
{
	return c->record.started_usec ? usec - c->record.started_usec : INT64_MAX;
}

static int probe(const struct engine *e, const struct container *c, bool startup,
		 struct health_result *ret, struct error *err)
{
	const struct health_config *h = &c->config.health;
	cleanup_strv char **command =
		health_test_command(startup ? h->startup_test : h->test);
	const struct health_probe p = {
		.container = c,
		.command = command,
		.timeout_usec = startup ? h->startup_timeout : h->timeout,
		.max_output = h->max_log_size > 0 && h->max_log_size < OUTPUT_MAX
				      ? (size_t)h->max_log_size
				      : OUTPUT_MAX,
	};

	return health_probe_run(e, &p, ret, err);
}

/* Somebody else may have checked, too, while our check ran. */
static int record(const struct engine *e, const struct container *c, bool startup,
		  const struct health_result *result, struct health_record *ret,
		  enum health_action *ret_action, struct error *err)
{
	const struct health_config *h = &c->config.health;
	const struct health_subject who = subject(c);
	cleanup_fd int lock_fd = health_record_lock(e, &who, err);
	int64_t age = age_at(c, result->start_usec);

	if (lock_fd < 0)
		return lock_fd;
	/* what it was asked by then says nothing about the container */
	if (!proc_id_alive(&c->init))
		return error_set(err, ERR_CONFLICT, 0, "container %s has just ended",
				 c->record.name);
	health_record_read(e, &who, ret);
	if (startup == health_state_is_startup(h, &ret->state))
		*ret_action =
			health_state_step(h, &ret->state, result->exit_code == 0, age);
	health_record_add(ret, h, result);
	return health_record_write(e, &who, ret, err);
}

static void emit(const struct engine *e, const struct container *c,
		 const struct health_record *r, const struct health_result *result)
{
	cleanup_strv char **attributes = strv_copy(c->config.labels);

	if (e->no_health_events)
		return;
	if (str_eq(c->config.health.log_destination, HEALTH_DESTINATION_EVENTS))
		strv_addf(&attributes, "health_log=%s", result->output);
	event_emit(e, &(struct event){
			      .type = EVENT_CONTAINER,
			      .status = EVENT_HEALTH_STATUS,
			      .id = c->record.id,
			      .name = c->record.name,
			      .image = c->config.image,
			      .health_status = health_status_word(r->state.status),
			      .attributes = attributes,
		      });
}

static int act(const struct engine *e, const struct container *c,
	       enum health_action action, struct error *err)
{
	int r = 0;

	if (action == HEALTH_ACTION_NONE)
		return 0;
	log_info("container %s is unhealthy: %s", c->record.name,
		 health_action_word(action));
	switch (action) {
	case HEALTH_ACTION_KILL:
		r = container_signal(c, SIGKILL, err);
		if (r >= 0)
			event_container(e, &c->record, &c->config, EVENT_KILL);
		break;
	case HEALTH_ACTION_STOP:
		r = container_stop(e, c, -1, err);
		break;
	case HEALTH_ACTION_RESTART:
		r = container_restart(e, c, -1, &(struct start_talk){0}, err);
		break;
	case HEALTH_ACTION_NONE:
		break;
	}
	return r < 0 ? error_wrap(err, "%s the unhealthy container",
				  health_action_word(action))
		     : 0;
}

int health_run(const struct engine *e, const struct container *c,
	       struct health_outcome *ret, struct error *err)
{
	const struct health_config *h = &c->config.health;
	cleanup_health_record struct health_record before = {0}, after = {0};
	cleanup_health_result struct health_result result = {0};
	enum health_action action = HEALTH_ACTION_NONE;
	cleanup_sdnotify_teller struct sdnotify_teller teller = SDNOTIFY_TELLER_INIT;
	const struct health_subject who = subject(c);
	bool startup;
	int r;

	*ret = (struct health_outcome){0};
	if (health_config_has_check(h)) {
		health_record_read(e, &who, &before);
		ret->next_usec = health_state_interval(h, &before.state,
						       age_at(c, time_now_usec()));
	}
	r = check(c, err);
	if (r < 0)
		return r;
	startup = health_state_is_startup(h, &before.state);
	if (before.state.status != HEALTH_HEALTHY)
		sdnotify_teller_start((enum sdnotify_mode)c->config.sdnotify, &teller);
	r = probe(e, c, startup, &result, err);
	if (r >= 0)
		r = record(e, c, startup, &result, &after, &action, err);
	if (r < 0)
		return r;
	ret->startup = startup;
	ret->success = result.exit_code == 0;
	ret->status = after.state.status;
	ret->next_usec =
		health_state_interval(h, &after.state, age_at(c, result.end_usec));
	emit(e, c, &after, &result);
	if (after.state.status == HEALTH_HEALTHY)
		sdnotify_teller_ready(&teller);
	return act(e, c, action, err);
}

struct json_object *health_inspect(const struct engine *e, const struct container *c)
{
	cleanup_health_record struct health_record r = {0};
	struct json_object *o = json_object_new_object();
	const struct health_subject who = subject(c);
	bool has_check = health_config_has_check(who.config);

	if (has_check)
		health_record_read(e, &who, &r);
	json_add_str(o, "Status", has_check ? health_status_word(r.state.status) : "");
	json_add_i64(o, "FailingStreak", r.state.streak);
	json_add(o, "Log", r.log ? json_object_get(r.log) : NULL);
	return o;
}
