/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/pod_act.h"

#include <signal.h>

#include "engine/container_start.h"
#include "engine/event.h"
#include "engine/pause.h"
#include "engine/pod_cgroup.h"
#include "engine/remove.h"
#include "util/str.h"

/* One thing done to containers, one after the other. */
struct deed {
	const struct engine *engine;
	const struct pod_talk *talk;
	int (*act)(const struct deed *d, const struct container *c, struct error *err);
	int64_t timeout_sec;
	int sig;
};

static void tell(const struct engine *e, const struct pod *p, enum event_status status)
{
	event_emit(e, &(struct event){.type = EVENT_POD,
				      .status = status,
				      .id = p->record.id,
				      .name = p->record.name,
				      .attributes = p->config.labels});
}

/* A failure that is not the last is reported. */
static void keep(const struct deed *d, struct error *failure, struct error *err)
{
	if (error_is_set(err) && d->talk && d->talk->report)
		d->talk->report(err);
	error_release(err);
	(void)error_move(err, failure);
}

/* In the order in which they were made, or the other way round. */
static int each(const struct pod *p, const struct deed *d, bool backwards,
		struct error *err)
{
	bool failed = false;

	for (size_t k = 0; k < p->members.n; k++) {
		size_t i = backwards ? p->members.n - 1 - k : k;
		cleanup_error struct error failure = ERROR_INIT;

		if (d->act(d, &p->members.items[i], &failure) >= 0)
			continue;
		failed = true;
		keep(d, &failure, err);
	}
	return failed ? (err->code ? -err->code : -EINVAL) : 0;
}

static int start_one(const struct deed *d, const struct container *c, struct error *err)
{
	const struct start_options o = {.talk = d->talk->start};
	cleanup_container struct container now = {0};
	int exit_code, r = container_find(d->engine, c->record.id, &now, err);

	/* started meanwhile, as another one needed it? */
	if (r < 0 || status_is_up(now.status))
		return r < 0 ? r : 0;
	return container_start(d->engine, &now, &o, &exit_code, err);
}

static int stop_one(const struct deed *d, const struct container *c, struct error *err)
{
	return status_is_up(c->status) ? container_stop(d->engine, c, d->timeout_sec, err)
				       : 0;
}

static int kill_one(const struct deed *d, const struct container *c, struct error *err)
{
	if (!status_is_up(c->status))
		return 0;
	event_container(d->engine, &c->record, &c->config, EVENT_KILL);
	return container_kill(d->engine, c, d->sig, err);
}

static int pause_one(const struct deed *d, const struct container *c, struct error *err)
{
	return c->status == CONTAINER_RUNNING ? container_pause(d->engine, c, err) : 0;
}

static int unpause_one(const struct deed *d, const struct container *c, struct error *err)
{
	return c->status == CONTAINER_PAUSED ? container_unpause(d->engine, c, err) : 0;
}

int pod_start(const struct engine *e, const struct pod *p, const struct pod_talk *talk,
	      struct error *err)
{
	const struct deed d = {.engine = e, .talk = talk, .act = start_one};
	int r = each(p, &d, false, err);

	if (r >= 0)
		tell(e, p, EVENT_START);
	return r;
}

int pod_stop(const struct engine *e, const struct pod *p, int64_t timeout_sec,
	     const struct pod_talk *talk, struct error *err)
{
	const struct deed d = {
		.engine = e, .talk = talk, .act = stop_one, .timeout_sec = timeout_sec};
	int r = each(p, &d, true, err);

	if (r >= 0)
		tell(e, p, EVENT_STOP);
	return r;
}

int pod_restart(const struct engine *e, const struct pod *p, const struct pod_talk *talk,
		struct error *err)
{
	const struct deed stop = {
		.engine = e, .talk = talk, .act = stop_one, .timeout_sec = -1};
	const struct deed start = {.engine = e, .talk = talk, .act = start_one};
	int r = each(p, &stop, true, err);

	if (r >= 0)
		r = each(p, &start, false, err);
	if (r >= 0)
		tell(e, p, EVENT_RESTART);
	return r;
}

int pod_kill(const struct engine *e, const struct pod *p, int sig,
	     const struct pod_talk *talk, struct error *err)
{
	const struct deed d = {.engine = e, .talk = talk, .act = kill_one, .sig = sig};
	int r = each(p, &d, true, err);

	if (r >= 0)
		tell(e, p, EVENT_KILL);
	return r;
}

int pod_pause(const struct engine *e, const struct pod *p, const struct pod_talk *talk,
	      struct error *err)
{
	const struct deed d = {.engine = e, .talk = talk, .act = pause_one};
	int r = each(p, &d, true, err);

	if (r >= 0)
		tell(e, p, EVENT_PAUSE);
	return r;
}

int pod_unpause(const struct engine *e, const struct pod *p, const struct pod_talk *talk,
		struct error *err)
{
	const struct deed d = {.engine = e, .talk = talk, .act = unpause_one};
	int r = each(p, &d, false, err);

	if (r >= 0)
		tell(e, p, EVENT_UNPAUSE);
	return r;
}

static int remove_one(const struct engine *e, const struct container *c, bool force,
		      int64_t timeout_sec, struct error *err)
{
	const struct remove_options o = {.force = force,
					 .of_pod = true,
					 .volumes = true,
					 .timeout_sec = timeout_sec};
	int r = container_remove(e, c, &o, err);

	if (r < 0 && err->kind == ERR_NOT_FOUND) {
		error_drop(err, "gone meanwhile");
		return 0;
	}
	return r;
}

static int refuse_running(const struct pod *p, const struct pod_remove_options *o,
			  struct error *err)
{
	for (size_t i = 0; !o->force && i < p->members.n; i++) {
		const struct container *c = &p->members.items[i];

		if (!status_is_up(c->status))
			continue;
		error_set(err, ERR_CONFLICT, 0,
			  "pod %s contains container %s, which is %s, and cannot be "
			  "removed without force: container state improper",
			  p->record.name, c->record.name, status_word(c->status));
		return error_hint(
			err, "Stop it first: cubby pod stop %s; or: cubby pod rm -f %s",
			p->record.name, p->record.name);
	}
	return 0;
}

/* While there is a record of where it is. */
static int remove_cgroup(const struct engine *e, const struct pod *p, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < p->members.n; i++)
		if (pod_is_infra(p, &p->members.items[i]) &&
		    status_is_up(p->members.items[i].status))
			r = container_stop(e, &p->members.items[i], 0, err);
	return r < 0 ? r : pod_cgroup_remove(&p->config.cgroup, err);
}

/* The infra container last, after the pod's record: killed before, it belongs to no pod and is swept. */
int pod_remove(const struct engine *e, const struct pod *p,
	       const struct pod_remove_options *options, struct error *err)
{
	cleanup_fd int lock_fd = -EBADF;
	int r = refuse_running(p, options, err);

	for (size_t i = p->members.n; r >= 0 && i-- > 0;)
		if (!pod_is_infra(p, &p->members.items[i]))
			r = remove_one(e, &p->members.items[i], options->force,
				       options->timeout_sec, err);
	if (r >= 0)
		r = lock_fd = pod_lock(e, true, err);
	if (r >= 0)
		r = remove_cgroup(e, p, err);
	if (r >= 0)
		r = pod_record_delete(e->store, p->record.id, err);
	if (r < 0)
		return r;
	tell(e, p, EVENT_REMOVE);
	for (size_t i = 0; r >= 0 && i < p->members.n; i++)
		if (pod_is_infra(p, &p->members.items[i]))
			r = remove_one(e, &p->members.items[i], true,
				       options->timeout_sec, err);
	return r < 0 ? r : 0;
}
