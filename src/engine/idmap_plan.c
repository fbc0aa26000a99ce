/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/idmap_plan.h"

#include "runtime/subid.h"

static int parse_lines(const char *option, char *const *lines, struct idmap *ret,
		       struct error *err)
{
	int r;

	for (; *lines; lines++) {
		r = idmap_parse_line(ret, *lines, err);
		if (r < 0)
			return error_wrap(err, "%s %s", option, *lines);
	}
	r = idmap_check(ret, option, err);
	if (r < 0)
		return r;
	idmap_normalize(ret);
	return 0;
}

/* Only the user itself is asked for, so nobody needs to know its subordinate ids. */
static bool needs_only_self(const struct idmap *map)
{
	return map->n_lines == 1 && map->lines[0].outside == 0 &&
	       map->lines[0].count == 1;
}

static int resolve(enum subid_kind kind, const struct idmap_request *request,
		   const struct idmap *asked, struct idmap *ret, struct error *err)
{
	cleanup_idmap struct idmap base = {0};
	int r;

	if (!request->rootless) {
		idmap_copy(ret, asked);
		return 0;
	}
	if (asked->n_lines && needs_only_self(asked)) {
		uint32_t self = kind == SUBID_UID ? request->uid : request->gid;

		idmap_add(ret, asked->lines[0].inside, self, 1);
		return 0;
	}
	r = subid_rootless_map(kind, request->uid, request->gid, &base, err);
	if (r < 0)
		return r;
	if (asked->n_lines == 0) {
		idmap_copy(ret, &base);
		return 0;
	}
	r = idmap_compose(asked, &base, ret, err);
	return r < 0 ? subid_hint_more(kind, request->uid, err) : 0;
}

int idmap_plan_build(const struct idmap_request *request, struct idmap *ret_uids,
		     struct idmap *ret_gids, struct error *err)
{
	char *const *uid_lines = request->uidmap ? request->uidmap : request->gidmap;
	char *const *gid_lines = request->gidmap ? request->gidmap : request->uidmap;
	cleanup_idmap struct idmap uids = {0}, gids = {0};
	int r;

	if (uid_lines) {
		r = parse_lines(request->uidmap ? "--uidmap" : "--gidmap", uid_lines,
				&uids, err);
		if (r < 0)
			return r;
		r = parse_lines(request->gidmap ? "--gidmap" : "--uidmap", gid_lines,
				&gids, err);
		if (r < 0)
			return r;
	}
	r = resolve(SUBID_UID, request, &uids, ret_uids, err);
	if (r < 0)
		return r;
	return resolve(SUBID_GID, request, &gids, ret_gids, err);
}
