/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/pod.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "engine/remove.h"
#include "util/fs.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"

#define LOCK_FILE "pods.lock"

void pod_release(struct pod *p)
{
	pod_record_release(&p->record);
	pod_config_release(&p->config);
	containers_release(&p->members);
	*p = (struct pod){0};
}

void pods_release(struct pods *list)
{
	for (size_t i = 0; i < list->n; i++)
		pod_release(&list->items[i]);
	free(list->items);
	*list = (struct pods){0};
}

bool pod_is_infra(const struct pod *p, const struct container *c)
{
	return str_eq(p->record.infra, c->record.id);
}

int pod_lock(const struct engine *e, bool wait, struct error *err)
{
	cleanup_free char *path = fs_join(e->paths.run, LOCK_FILE);

	return fs_lock(AT_FDCWD, path, true, wait, err);
}

static int load_members(const struct engine *e, struct pod *p, struct error *err)
{
	cleanup_strv char **ids = NULL;
	int r = pod_record_members(e->store, p->record.id, &ids, err);

	p->members.items = xcalloc(strv_len(ids) + 1, sizeof(*p->members.items));
	strv_foreach (id, ids) {
		if (r < 0)
			break;
		r = container_find(e, *id, &p->members.items[p->members.n], err);
		if (r >= 0)
			p->members.n++;
		if (r < 0 && err->kind == ERR_NOT_FOUND) {
			error_drop(err, "gone meanwhile");
			r = 0;
		}
	}
	return r < 0 ? r : 0;
}

/* Takes *record over. */
static int load(const struct engine *e, struct pod_record *record, struct pod *ret,
		struct error *err)
{
	cleanup_free enum container_status *statuses = NULL;
	int r;

	ret->record = *record;
	*record = (struct pod_record){0};
	r = pod_config_parse(ret->record.config, &ret->config, err);
	if (r >= 0)
		r = load_members(e, ret, err);
	if (r < 0)
		return r;
	statuses = xcalloc(ret->members.n + 1, sizeof(*statuses));
	for (size_t i = 0; i < ret->members.n; i++)
		statuses[i] = ret->members.items[i].status;
	ret->status = pod_status_judge(statuses, ret->members.n);
	return 0;
}

int pod_find(const struct engine *e, const char *name_or_id, struct pod *ret,
	     struct error *err)
{
	cleanup_pod_record struct pod_record record = {0};
	cleanup_pod struct pod p = {0};
	int r = pod_record_find(e->store, name_or_id, &record, err);

	if (r >= 0)
		r = load(e, &record, &p, err);
	if (r < 0)
		return r;
	*ret = p;
	p = (struct pod){0};
	return 0;
}

static void sweep_one(const struct engine *e, const char *id)
{
	const struct remove_options o = {.force = true, .of_pod = true};
	cleanup_container struct container c = {0};
	cleanup_error struct error err = ERROR_INIT;
	int r = container_find(e, id, &c, &err);

	if (r >= 0 && c.config.is_infra)
		r = container_remove(e, &c, &o, &err);
	if (r < 0)
		error_drop(&err, "the next command sweeps again");
}

/* Their maker, or whoever removed the pod, was killed: the lock is free. */
static int sweep(const struct engine *e, struct error *err)
{
	cleanup_strv char **ids = NULL, **still = NULL;
	cleanup_fd int lock_fd = -EBADF;
	int r = pod_record_strays(e->store, &ids, err);

	if (r < 0 || !ids)
		return r < 0 ? r : 0;
	lock_fd = pod_lock(e, false, err);
	if (lock_fd < 0) {
		error_drop(err, "a pod is being made");
		return 0;
	}
	r = pod_record_strays(e->store, &still, err);
	strv_foreach (id, still)
		sweep_one(e, *id);
	return r < 0 ? r : 0;
}

int pod_list(const struct engine *e, struct pods *ret, struct error *err)
{
	cleanup_pod_records struct pod_records records = {0};
	cleanup_pods struct pods list = {0};
	int r = sweep(e, err);

	if (r >= 0)
		r = pod_record_list(e->store, &records, err);
	if (r < 0)
		return r;
	list.items = xcalloc(records.n + 1, sizeof(*list.items));
	for (size_t i = 0; i < records.n; i++) {
		list.n++;
		r = load(e, &records.items[i], &list.items[i], err);
		if (r < 0)
			return r;
	}
	*ret = list;
	list = (struct pods){0};
	return 0;
}
