/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "engine/inspect.h"
#include "engine/inspect_network.h"
#include "engine/mount_record.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

/* The span since then in words, "" if it is not known. */
static char *since(int64_t from_usec, int64_t now_usec)
{
	char span[TIME_TEXT_MAX];

	if (from_usec == 0)
		return xstrdup("");
	return xstrdup(time_human(now_usec > from_usec ? now_usec - from_usec : 0, span));
}

char *container_status_text(const struct container *c, int64_t now_usec)
{
	cleanup_free char *span = NULL;

	switch (c->status) {
	case CONTAINER_CREATED:
		return xstrdup("Created");
	case CONTAINER_RUNNING:
		span = since(c->record.started_usec, now_usec);
		return c->health ? xasprintf("Up %s (%s)", span, c->health)
				 : xasprintf("Up %s", span);
	case CONTAINER_INITIALIZED:
		return xstrdup("Initialized");
	case CONTAINER_PAUSED:
		return xstrdup("Paused");
	case CONTAINER_EXITED:
		span = since(c->record.finished_usec, now_usec);
		return xasprintf("Exited (%d) %s ago%s", c->record.exit_code, span,
				 c->record.oom_killed ? " (out of memory)" : "");
	}
	return NULL;
}

static struct json_object *mount_points(const struct container_config *c)
{
	struct json_object *list = json_object_new_array();
	cleanup_volumes struct volumes all = {0};

	mount_records(c, &all);
	for (size_t i = 0; i < all.n; i++)
		if (all.items[i].kind <= VOLUME_IMAGE)
			json_object_array_add(
				list, json_object_new_string(all.items[i].destination));
	return list;
}

static struct json_object *one_name(const char *name)
{
	struct json_object *list = json_object_new_array();

	json_object_array_add(list, json_object_new_string(name));
	return list;
}

struct json_object *container_summary(const struct container *c, int64_t now_usec)
{
	const struct container_record *r = &c->record;
	cleanup_free char *status = container_status_text(c, now_usec);
	cleanup_free char *age = since(r->created_usec, now_usec);
	cleanup_free char *created = xasprintf("%s ago", age);
	cleanup_strv char **networks = container_networks(&c->config);
	struct json_object *o = json_object_new_object();

	json_add_bool(o, "AutoRemove", r->auto_remove);
	json_add_strv(o, "Command", c->config.command);
	json_add_str(o, "CreatedAt", created);
	json_add_bool(o, "Exited", c->status == CONTAINER_EXITED);
	json_add_i64(o, "ExitedAt", r->finished_usec / USEC_PER_SEC);
	json_add_i64(o, "ExitCode", r->exit_code);
	json_add_str(o, "Id", r->id);
	json_add_str(o, "Image", container_config_source(&c->config));
	json_add_str(o, "ImageID", c->record.image ? c->record.image : "");
	json_add_bool(o, "IsInfra", c->config.is_infra);
	json_add(o, "Labels", container_config_pairs(c->config.labels));
	json_add(o, "Mounts", mount_points(&c->config));
	json_add(o, "Names", one_name(r->name));
	json_add_strv(o, "Networks", networks);
	json_add_i64(o, "Pid", c->init.pid);
	json_add_str(o, "Pod", c->record.pod ? c->record.pod : "");
	json_add_str(o, "PodName", c->config.pod_name ? c->config.pod_name : "");
	json_add(o, "Ports", json_object_new_array());
	json_add_i64(o, "Restarts", r->restarts);
	json_add_i64(o, "StartedAt", r->started_usec / USEC_PER_SEC);
	json_add_str(o, "State", status_word(c->status));
	json_add_str(o, "Status", status);
	json_add_i64(o, "Created", r->created_usec / USEC_PER_SEC);
	return o;
}
