/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/update.h"

#include <stdlib.h>

#include "engine/event.h"

static int set_restart(const struct container *c, const struct restart_policy *policy,
		       struct container_config *config, struct error *err)
{
	if (c->record.auto_remove && policy->when != RESTART_NO)
		return error_set(
			err, ERR_CONFLICT, 0,
			"container %s is removed when it has ended (--rm), so it "
			"can't have a restart policy",
			c->record.name);
	free(config->restart);
	config->restart = restart_policy_text(policy);
	return 0;
}

int container_update(const struct engine *e, const struct container *c,
		     const struct container_update *update, struct error *err)
{
	cleanup_container_config struct container_config config = {0};
	cleanup_free char *text = NULL;
	int r = container_config_parse(c->record.config, &config, err);

	if (r >= 0 && update->restart)
		r = set_restart(c, update->restart, &config, err);
	if (r >= 0 && update->health)
		r = health_config_update(update->health, &config.health, err);
	if (r < 0)
		return r;
	text = container_config_text(&config);
	r = container_record_config(e->store, c->record.id, text, err);
	if (r < 0)
		return r;
	event_container(e, &c->record, &config, EVENT_UPDATE);
	return 0;
}
