/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/audit_facts.h"

#include <stdlib.h>

#include "util/mem.h"
#include "util/str.h"

static void who_release(struct audit_who *w)
{
	free(w->user);
	free(w->group);
	strv_free(w->groups);
}

static void paths_release(struct audit_paths *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->items[i].source);
		free(list->items[i].destination);
		free(list->items[i].what);
	}
	free(list->items);
}

void audit_facts_release(struct audit_facts *f)
{
	free(f->name);
	free(f->id);
	free(f->state);
	free(f->caller);
	free(f->seccomp);
	free(f->apparmor);
	free(f->selinux);
	free(f->untried);
	idmap_release(&f->uids);
	idmap_release(&f->gids);
	who_release(&f->root);
	who_release(&f->user);
	strv_free(f->map_words);
	strv_free(f->accounts);
	strv_free(f->containers);
	strv_free(f->masked_paths);
	strv_free(f->readonly_paths);
	paths_release(&f->paths);
	*f = (struct audit_facts){0};
}

bool audit_is_from_pool(const struct audit_facts *f, uint32_t host_id)
{
	return host_id >= f->pool_start && host_id - f->pool_start < f->pool_count;
}

struct audit_path *audit_paths_add(struct audit_paths *list)
{
	list->items = xreallocarray(list->items, list->n + 1, sizeof(*list->items));
	list->items[list->n] = (struct audit_path){0};
	return &list->items[list->n++];
}
