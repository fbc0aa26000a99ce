/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/create_event.h"

#include "engine/create_image.h"
#include "engine/event.h"

void create_event(const struct engine *e, const struct create_plan *p,
		  enum event_status status)
{
	const struct event ev = {
		.type = EVENT_CONTAINER,
		.status = status,
		.id = p->id,
		.name = p->name,
		.image = p->image ? p->image->name : NULL,
		.pod_id = p->options->namespaces.pod_id,
		.attributes = p->labels,
	};

	event_emit(e, &ev);
}

void create_event_started(const struct engine *e, const struct create_plan *p,
			  bool attached)
{
	create_event(e, p, EVENT_INIT);
	create_event(e, p, EVENT_START);
	if (attached)
		create_event(e, p, EVENT_ATTACH);
}
