/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/rename.h"

#include "engine/event.h"
#include "engine/gateway.h"
#include "engine/names.h"
#include "util/str.h"

/* The holder may be dead: looking for it sweeps it away, and its name is free. */
static bool is_free(const struct engine *e, const char *name)
{
	cleanup_container struct container holder = {0};
	cleanup_error struct error err = ERROR_INIT;

	return container_find(e, name, &holder, &err) < 0 && err.kind == ERR_NOT_FOUND;
}

/* With its new name, as podman does. */
static void tell(const struct engine *e, const struct container *c, const char *name)
{
	struct container_record renamed = c->record;

	renamed.name = (char *)name;
	event_container(e, &renamed, &c->config, EVENT_RENAME);
}

int container_rename(const struct engine *e, const struct container *c, const char *name,
		     struct error *err)
{
	int r = name_check(name, err);

	if (r < 0 || str_eq(c->record.name, name))
		return r;
	r = container_record_rename(e->store, c->record.id, name, err);
	if (r == -EEXIST && is_free(e, name))
		r = container_record_rename(e->store, c->record.id, name, err);
	if (r < 0)
		return error_wrap(err, "rename container %s", c->record.name);
	tell(e, c, name);
	if (status_is_up(c->status) && c->config.net.n_attachments)
		gateway_announce(e, c->record.id);
	return 0;
}
