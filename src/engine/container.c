/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/container.h"

#include <stdlib.h>
#include <string.h>

#include "engine/health_record.h"
#include "engine/names.h"
#include "engine/settle.h"
#include "util/mem.h"
#include "util/str.h"

void container_release(struct container *c)
{
	container_record_release(&c->record);
	container_config_release(&c->config);
	*c = (struct container){0};
}

void containers_release(struct containers *list)
{
	for (size_t i = 0; i < list->n; i++)
		container_release(&list->items[i]);
	free(list->items);
	*list = (struct containers){0};
}

char *container_short_id(const char *id, char buf[static 13])
{
	memcpy(buf, id, SHORT_ID_LEN);
	buf[SHORT_ID_LEN] = '\0';
	return buf;
}

/* Takes *record over. */
static int fill(const struct engine *e, struct container_record *record,
		const struct observation *o, struct status_verdict verdict,
		struct container *ret, struct error *err)
{
	int r;

	r = container_config_parse(record->config, &ret->config, err);
	if (r < 0)
		return error_wrap(err, "container %s", record->id);
	ret->record = *record;
	*record = (struct container_record){0};
	ret->status = verdict.status;
	if (status_is_up(verdict.status)) {
		ret->init = o->init;
		ret->monitor = o->monitor;
		ret->record.started_usec = o->started_usec;
	} else if (verdict.status == CONTAINER_EXITED && !ret->record.ended) {
		observation_end(o, verdict.repair, &ret->record);
	}
	ret->health = health_record_word(e, &(struct health_subject){
						    .id = ret->record.id,
						    .name = ret->record.name,
						    .config = &ret->config.health,
						    .init = &ret->init,
					    });
	return 0;
}

/*
 * The record as it is once repaired. Somebody else's lock is waited for or, without
 * `wait`, taken as a sign that this is being seen to; then it is shown as found. Return:
 * 1, or 0 if it is gone.
 */
static int load(const struct engine *e, struct container_record *record, bool wait,
		struct container *ret, struct error *err)
{
	struct status_verdict verdict;
	struct observation o;
	int r;

	container_observe(e, record, &o);
	verdict = status_judge(&o.facts);
	if (verdict.repair != REPAIR_NONE) {
		r = container_settle(e, record->id, wait, err);
		if (r >= 0) {
			cleanup_free char *id = xstrdup(record->id);

			container_record_release(record);
			r = container_record_get(e->store, id, record, err);
			if (r < 0 && err->kind == ERR_NOT_FOUND) {
				error_release(err);
				return 0;
			}
			if (r < 0)
				return r;
			container_observe(e, record, &o);
			verdict = status_judge(&o.facts);
		} else if (err->kind == ERR_UNAVAILABLE && !wait) {
			error_drop(err, "in other hands");
		} else {
			return r;
		}
	}
	r = fill(e, record, &o, verdict, ret, err);
	return r < 0 ? r : 1;
}

static int no_such_container(const char *name, struct error *err)
{
	return error_set(err, ERR_NOT_FOUND, 0,
			 "no container with name or ID \"%s\" found: no such container",
			 name);
}

int container_find(const struct engine *e, const char *name_or_id, struct container *ret,
		   struct error *err)
{
	cleanup_container_record struct container_record record = {0};
	cleanup_container struct container found = {0};
	int r;

	r = container_record_find(e->store, name_or_id, &record, err);
	if (r < 0)
		return r;
	r = load(e, &record, true, &found, err);
	if (r < 0)
		return r;
	if (r == 0)
		return no_such_container(name_or_id, err);
	*ret = found;
	found = (struct container){0};
	return 0;
}

int container_reload(const struct engine *e, const char *id, struct container *ret,
		     struct error *err)
{
	container_release(ret);
	return container_find(e, id, ret, err);
}

int container_list(const struct engine *e, struct containers *ret, struct error *err)
{
	cleanup_container_records struct container_records records = {0};
	cleanup_containers struct containers list = {0};
	int r;

	r = container_sweep(e, err);
	if (r < 0)
		return r;
	r = container_record_list(e->store, &records, err);
	if (r < 0)
		return r;
	list.items = xcalloc(records.n + 1, sizeof(*list.items));
	for (size_t i = 0; i < records.n; i++) {
		r = load(e, &records.items[i], false, &list.items[list.n], err);
		if (r < 0)
			return r;
		list.n += (size_t)r;
	}
	*ret = list;
	list = (struct containers){0};
	return 0;
}
