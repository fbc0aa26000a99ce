/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/id_pool.h"

#include <fcntl.h>
#include <unistd.h>

#include "engine/settings.h"
#include "runtime/idmap.h"
#include "runtime/own_map.h"
#include "runtime/subid.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define BUILT_IN_FIRST UINT64_C(1879113728)
#define BUILT_IN_LAST  UINT64_C(2147352575)
#define NOBODY_COUNT   2
#define FILE_MAX       (16 << 20)

void id_pool_release(struct id_pool *p)
{
	id_spans_release(&p->uids);
	id_spans_release(&p->gids);
	free(p->source);
	*p = (struct id_pool){0};
}

/* name: NULL for the caller's own. */
static int add_subids(enum subid_kind kind, const char *name, struct id_spans *spans,
		      struct error *err)
{
	cleanup_free struct subid_range *ranges = NULL;
	size_t n;
	int r = name ? subid_read_name(kind, name, &ranges, &n, err)
		     : subid_read(kind, geteuid(), &ranges, &n, err);

	for (size_t i = 0; r >= 0 && i < n; i++)
		id_spans_add(spans, ranges[i].start, ranges[i].count);
	return r;
}

static int pool_of_user(struct id_pool *p, struct error *err)
{
	int r = add_subids(SUBID_UID, NULL, &p->uids, err);

	if (r >= 0)
		r = add_subids(SUBID_GID, NULL, &p->gids, err);
	p->source = xstrdup("your subordinate ids");
	return r;
}

/* Every line's ids, whosever they are. */
static void remove_given(const char *file, struct id_spans *spans)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *text = NULL;
	cleanup_strv char **lines = NULL;

	if (fs_read(AT_FDCWD, file, FILE_MAX, &text, NULL, &err) < 0) {
		error_drop(&err, "it gives nothing to anybody");
		return;
	}
	lines = str_split(text, '\n');
	strv_foreach (line, lines) {
		cleanup_strv char **fields = str_split(*line, ':');
		uint32_t start, count;

		if (strv_len(fields) == 3 && str_to_u32(fields[1], &start) == 0 &&
		    str_to_u32(fields[2], &count) == 0)
			id_spans_remove(spans, start, count);
	}
}

/* 1 if one of them is given ids of both kinds. */
static int pool_by_name(struct id_pool *p, struct error *err)
{
	static const char *const names[] = {"cubby", "containers"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		int r = add_subids(SUBID_UID, names[i], &p->uids, err);

		if (r >= 0)
			r = add_subids(SUBID_GID, names[i], &p->gids, err);
		if (r < 0)
			return r;
		if (p->uids.n && p->gids.n) {
			p->source = xasprintf("subordinate ids of user %s", names[i]);
			return 1;
		}
		id_spans_release(&p->uids);
		id_spans_release(&p->gids);
	}
	return 0;
}

static int pool_of_root(const struct settings *settings, struct id_pool *p,
			struct error *err)
{
	int r;

	if (settings->has_auto_pool) {
		uint64_t count = (uint64_t)settings->auto_pool_last -
				 settings->auto_pool_first + 1;

		id_spans_add(&p->uids, settings->auto_pool_first, count);
		id_spans_add(&p->gids, settings->auto_pool_first, count);
		p->source = xstrdup("auto_pool of cubby.conf");
		return 0;
	}
	r = pool_by_name(p, err);
	if (r != 0)
		return r < 0 ? r : 0;
	id_spans_add(&p->uids, BUILT_IN_FIRST, BUILT_IN_LAST - BUILT_IN_FIRST + 1);
	remove_given("/etc/subuid", &p->uids);
	remove_given("/etc/subgid", &p->uids);
	id_spans_copy(&p->gids, &p->uids);
	p->source = xstrdup("ids that nobody uses");
	return 0;
}

static int pool_of_namespace(struct id_pool *p, struct error *err)
{
	cleanup_idmap struct idmap uids = {0}, gids = {0};
	int r = own_map_uids(&uids, err);

	if (r >= 0)
		r = own_map_gids(&gids, err);
	id_spans_add_outside(&p->uids, &uids);
	id_spans_add_outside(&p->gids, &gids);
	p->source = xstrdup("ids of this user namespace");
	return r;
}

int id_pool_get(const struct settings *settings, struct id_pool *ret, struct error *err)
{
	cleanup_id_pool struct id_pool p = {0};
	int r = 0;

	if (geteuid() != 0)
		r = pool_of_user(&p, err);
	else if (own_map_is_host())
		r = pool_of_root(settings, &p, err);
	else
		r = pool_of_namespace(&p, err);
	if (r < 0)
		return r;
	id_spans_remove(&p.uids, IDMAP_NOBODY, NOBODY_COUNT);
	id_spans_remove(&p.gids, IDMAP_NOBODY, NOBODY_COUNT);
	id_spans_remove(&p.uids, geteuid(), 1);
	id_spans_remove(&p.gids, getegid(), 1);
	*ret = p;
	p = (struct id_pool){0};
	return 0;
}
