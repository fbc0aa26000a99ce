/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/audit_steps.h"

#include <inttypes.h>
#include <stdlib.h>

#include "runtime/process.h"
#include "spec/spec.h"
#include "util/mem.h"
#include "util/str.h"

static uint64_t mask_of(char *const *names)
{
	uint64_t mask = 0;
	int number;

	strv_foreach (name, names)
		if (capability_parse(*name, &number) >= 0)
			mask |= UINT64_C(1) << number;
	return mask;
}

static uint32_t outside(const struct audit_facts *f, const struct idmap *map, uint32_t id)
{
	return f->own_user_ns ? idmap_to_outside(map, id) : id;
}

static void place(const struct audit_facts *f, struct audit_who *who)
{
	who->host_uid = outside(f, &f->uids, who->uid);
	who->host_gid = outside(f, &f->gids, who->gid);
	who->is_mapped = who->host_uid != IDMAP_NONE;
}

void audit_place_users(struct audit_facts *f)
{
	place(f, &f->root);
	place(f, &f->user);
}

static void take_process(const struct spec_process *p, struct audit_facts *f)
{
	f->user.uid = p->user.uid;
	f->user.gid = p->user.gid;
	for (size_t i = 0; i < p->user.n_additional_gids; i++) {
		uint32_t gid = outside(f, &f->gids, p->user.additional_gids[i]);

		if (gid != IDMAP_NONE)
			strv_addf(&f->user.groups, "%" PRIu32, gid);
	}
	f->no_new_privileges = p->no_new_privileges;
	f->apparmor = p->apparmor_profile ? xstrdup(p->apparmor_profile) : NULL;
	f->selinux = p->selinux_label ? xstrdup(p->selinux_label) : NULL;
	if (!p->capabilities)
		return;
	f->bounding = mask_of(p->capabilities->bounding);
	f->effective = mask_of(p->capabilities->effective);
}

void audit_spec_facts(const struct spec *spec, struct audit_facts *f)
{
	const struct spec_linux *l = spec->linux;

	for (enum namespace_kind kind = 0; kind < NS_KINDS; kind++)
		f->shares_ns[kind] =
			kind != NS_TIME && !spec_namespace(spec, namespace_word(kind));
	f->own_user_ns = !f->shares_ns[NS_USER];
	idmap_from_spec(&f->uids, l->uid_mappings, l->n_uid_mappings);
	idmap_from_spec(&f->gids, l->gid_mappings, l->n_gid_mappings);
	idmap_normalize(&f->uids);
	idmap_normalize(&f->gids);
	if (spec->process)
		take_process(spec->process, f);
	audit_place_users(f);
	f->masked_paths = strv_copy(l->masked_paths);
	f->readonly_paths = strv_copy(l->readonly_paths);
	f->read_only_root = spec->root && spec->root->readonly;
}
