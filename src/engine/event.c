/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/event.h"

#include <errno.h>

#include "engine/event_file.h"
#include "engine/event_journal.h"
#include "util/time.h"

void event_emit(const struct engine *e, const struct event *ev)
{
	cleanup_error struct error err = ERROR_INIT;
	struct event now = *ev;
	int saved_errno = errno, r = 0;

	if (e->events == EVENT_BACKEND_NONE)
		return;
	if (!now.time_usec)
		now.time_usec = time_now_usec();
	if (e->events == EVENT_BACKEND_JOURNALD)
		r = event_journal_send(&now, &err);
	else
		r = event_file_append(
			e->run_dirfd, &now,
			e->events_max_size ? e->events_max_size : EVENT_FILE_MAX, &err);
	if (r < 0)
		error_drop(&err, "the event is not on record");
	errno = saved_errno;
}

void event_image(const struct engine *e, enum event_status status, const char *id,
		 const char *name)
{
	const struct event ev = {
		.type = EVENT_IMAGE,
		.status = status,
		.id = id,
		.name = name,
	};

	event_emit(e, &ev);
}

/* A record that can't be read still has its id and name. */
static void read_config(const struct container_record *r, struct container_config *ret)
{
	cleanup_error struct error err = ERROR_INIT;

	if (r->config && container_config_parse(r->config, ret, &err) < 0)
		error_drop(&err, "the event has no labels");
}

static struct event event_of(const struct container_record *r,
			     const struct container_config *config)
{
	return (struct event){
		.type = EVENT_CONTAINER,
		.id = r->id,
		.name = r->name,
		.image = config->image,
		.pod_id = r->pod,
		.attributes = config->labels,
	};
}

void event_container(const struct engine *e, const struct container_record *r,
		     const struct container_config *config, enum event_status status)
{
	cleanup_container_config struct container_config own = {0};
	struct event ev;

	if (e->events == EVENT_BACKEND_NONE)
		return;
	if (!config)
		read_config(r, &own);
	ev = event_of(r, config ? config : &own);
	ev.status = status;
	event_emit(e, &ev);
}

void event_container_started(const struct engine *e, const struct container_record *r,
			     const struct container_config *config, bool attached)
{
	event_container(e, r, config, EVENT_INIT);
	event_container(e, r, config, EVENT_START);
	if (attached)
		event_container(e, r, config, EVENT_ATTACH);
}

void event_container_exit(const struct engine *e, const struct container_record *r,
			  enum event_status status, int exit_code)
{
	cleanup_container_config struct container_config config = {0};
	struct event ev;

	if (e->events == EVENT_BACKEND_NONE)
		return;
	read_config(r, &config);
	ev = event_of(r, &config);
	ev.status = status;
	ev.has_exit_code = true;
	ev.exit_code = exit_code;
	event_emit(e, &ev);
}

void event_container_end(const struct engine *e, const struct container_record *r)
{
	if (r->oom_killed)
		event_container(e, r, NULL, EVENT_OOM);
	event_container_exit(e, r, EVENT_DIED, r->exit_code);
	event_container(e, r, NULL, r->auto_remove ? EVENT_REMOVE : EVENT_CLEANUP);
}
