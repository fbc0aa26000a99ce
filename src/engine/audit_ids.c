/* SPDX-License-Identifier: Apache-2.0 */
/* Who a container's ids are on the host, and who else has them. */
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/audit_steps.h"
#include "engine/container.h"
#include "engine/container_dir.h"
#include "runtime/subid.h"
#include "runtime/usermap.h"
#include "spec/spec.h"
#include "util/mem.h"
#include "util/str.h"

#define KEEP_GROUPS "run.oci.keep_original_groups"

/* The files first, as they are at hand; then whatever else the host's user database asks. */
static char *user_name(const struct audit_accounts *a, uint32_t uid)
{
	const char *name = audit_accounts_user(a, uid);

	return name ? xstrdup(name) : subid_user_name(uid);
}

static void name_who(const struct audit_facts *f, const struct audit_accounts *a,
		     struct audit_who *who)
{
	const char *group = audit_accounts_group(a, who->host_gid);
	char **named = NULL;

	if (!who->is_mapped || audit_is_from_pool(f, who->host_uid))
		return;
	who->user = user_name(a, who->host_uid);
	who->group = group ? xstrdup(group) : NULL;
	strv_foreach (number, who->groups) {
		const char *name = NULL;
		uint32_t gid;

		if (str_to_u32(*number, &gid) >= 0)
			name = audit_accounts_group(a, gid);
		strv_add(&named, name ? name : *number);
	}
	strv_free(who->groups);
	who->groups = named;
}

/* Where nothing is mapped each id is the host's own. */
static void add_identity(struct idmap *map)
{
	if (map->n_lines == 0)
		idmap_identity(map);
}

static bool overlap(const struct idmap *a, const struct idmap *b)
{
	for (size_t i = 0; i < a->n_lines; i++) {
		for (size_t k = 0; k < b->n_lines; k++) {
			const struct idmap_line *x = &a->lines[i], *y = &b->lines[k];

			if (x->outside < (uint64_t)y->outside + y->count &&
			    y->outside < (uint64_t)x->outside + x->count)
				return true;
		}
	}
	return false;
}

/* Those without a user namespace have ids in common with each other; with the rest they share no more
 * than every process of the host does. */
static bool shares_ids(const struct engine *e, const struct container *other,
		       const struct audit_facts *f)
{
	cleanup(spec_freep) struct spec *spec = NULL;
	cleanup_error struct error err = ERROR_INIT;
	cleanup_idmap struct idmap theirs = {0};

	if (container_dir_spec(e, other->record.id, &spec, &err) < 0) {
		error_drop(&err, "it is being made or removed");
		return false;
	}
	idmap_from_spec(&theirs, spec->linux->uid_mappings, spec->linux->n_uid_mappings);
	if (!f->own_user_ns || theirs.n_lines == 0)
		return !f->own_user_ns && theirs.n_lines == 0;
	/* a range from the pool is nobody else's, but for whom the user's whole map was given to */
	if (f->pool_count && idmap_to_inside(&theirs, f->caller_uid) == IDMAP_NONE)
		return false;
	return overlap(&f->uids, &theirs);
}

/* The map in words; what stands in for a range is not shown. */
static char **map_words(const struct audit_source *s, const struct audit_facts *f)
{
	cleanup_idmap struct idmap known = {0};
	char **words = NULL;

	for (size_t i = 0; i < f->uids.n_lines; i++) {
		const struct idmap_line *l = &f->uids.lines[i];

		if (!audit_is_from_pool(f, l->outside))
			idmap_add(&known, l->inside, l->outside, l->count);
	}
	words = audit_map_words(s->accounts, &known, f->caller_uid);
	if (f->pool_count)
		strv_addf(&words, "at least %" PRIu32 " ids of its own, from the pool",
			  f->pool_count);
	return words;
}

static int find_sharers(const struct audit_source *s, struct audit_facts *f,
			struct error *err)
{
	cleanup_containers struct containers all = {0};
	int r = container_list(s->engine, &all, err);

	for (size_t i = 0; r >= 0 && i < all.n; i++)
		if (!str_eq(all.items[i].record.id, s->id) &&
		    strv_len(f->containers) < AUDIT_NAMES_MAX &&
		    shares_ids(s->engine, &all.items[i], f))
			strv_add(&f->containers, all.items[i].record.name);
	return r < 0 ? r : 0;
}

static bool keeps_groups(const struct audit_source *s, const struct audit_facts *f)
{
	if (getgroups(0, NULL) <= 1)
		return false;
	return spec_annotation(s->spec, KEEP_GROUPS) != NULL ||
	       (f->own_user_ns && f->caller_uid != 0 &&
		usermap_denies_setgroups(&f->gids));
}

int audit_id_facts(const struct audit_source *s, struct audit_facts *f, struct error *err)
{
	cleanup_idmap struct idmap uids = {0};

	f->caller = user_name(s->accounts, f->caller_uid);
	if (!f->caller)
		f->caller = xasprintf("%" PRIu32, f->caller_uid);
	name_who(f, s->accounts, &f->root);
	name_who(f, s->accounts, &f->user);
	idmap_copy(&uids, &f->uids);
	add_identity(&uids);
	f->shares_root = idmap_to_inside(&uids, 0) != IDMAP_NONE;
	f->shares_caller = idmap_to_inside(&uids, f->caller_uid) != IDMAP_NONE;
	f->accounts =
		audit_accounts_within(s->accounts, &uids, f->caller_uid, AUDIT_NAMES_MAX);
	f->map_words = map_words(s, f);
	f->shares_quotas = f->caller_uid != 0 && f->shares_caller;
	f->keeps_groups = keeps_groups(s, f);
	return find_sharers(s, f, err);
}
