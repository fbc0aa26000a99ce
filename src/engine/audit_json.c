/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/audit_json.h"

#include "engine/security_option.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

const char *audit_path_kind_word(enum audit_path_kind kind)
{
	switch (kind) {
	case AUDIT_VOLUME:
		return "volume";
	case AUDIT_ROOTFS:
		return "rootfs";
	case AUDIT_DEVICE:
		return "device";
	case AUDIT_SOCKET:
		return "socket";
	case AUDIT_SECRET:
		break;
	}
	return "secret";
}

static const char *subject_word(enum audit_subject subject)
{
	switch (subject) {
	case AUDIT_CONTAINER:
		return "container";
	case AUDIT_IMAGE:
		return "image";
	case AUDIT_DIRECTORY:
		break;
	}
	return "rootfs";
}

static struct json_object *who_json(const struct audit_facts *f,
				    const struct audit_who *w)
{
	struct json_object *o = json_object_new_object();

	json_add_u64(o, "UID", w->uid);
	json_add_u64(o, "GID", w->gid);
	json_add_bool(o, "Mapped", w->is_mapped);
	if (w->is_mapped && !audit_is_from_pool(f, w->host_uid)) {
		json_add_u64(o, "HostUID", w->host_uid);
		if (w->host_gid != IDMAP_NONE)
			json_add_u64(o, "HostGID", w->host_gid);
	}
	json_add_str(o, "HostUser", w->user ? w->user : "");
	json_add_str(o, "HostGroup", w->group ? w->group : "");
	json_add_strv(o, "HostGroups", w->groups);
	return o;
}

static struct json_object *map_json(const struct audit_facts *f, const struct idmap *map)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < map->n_lines; i++) {
		struct json_object *line;

		if (audit_is_from_pool(f, map->lines[i].outside))
			continue;
		line = json_object_new_object();

		json_add_u64(line, "ContainerID", map->lines[i].inside);
		json_add_u64(line, "HostID", map->lines[i].outside);
		json_add_u64(line, "Size", map->lines[i].count);
		json_object_array_add(list, line);
	}
	return list;
}

static struct json_object *ids_json(const struct audit_facts *f)
{
	struct json_object *o = json_object_new_object();
	struct json_object *shared = json_object_new_object();

	json_add_bool(o, "UserNamespace", f->own_user_ns);
	json_add_bool(o, "FromPool", f->pool_count > 0);
	json_add(o, "Root", who_json(f, &f->root));
	json_add(o, "User", who_json(f, &f->user));
	json_add_bool(o, "RootReachable",
		      audit_judged(f) == &f->root || f->user.uid == 0);
	json_add(o, "UIDMap", map_json(f, &f->uids));
	json_add(o, "GIDMap", map_json(f, &f->gids));
	json_add_strv(o, "MapText", f->map_words);
	json_add_bool(shared, "Caller", f->shares_caller);
	json_add_bool(shared, "Root", f->shares_root);
	json_add_strv(shared, "Accounts", f->accounts);
	json_add_strv(shared, "Containers", f->containers);
	json_add(o, "SharedWith", shared);
	return o;
}

static void add_capabilities(struct json_object *o, const char *key, uint64_t mask)
{
	cleanup_strv char **names = capability_names(mask);

	json_add_strv(o, key, names);
}

static struct json_object *capabilities_json(const struct audit_facts *f)
{
	struct json_object *o = json_object_new_object();

	json_add_str(o, "UserNamespace", f->own_user_ns ? "own" : "host");
	add_capabilities(o, "Bounding", f->bounding);
	add_capabilities(o, "Effective", f->effective);
	add_capabilities(o, "Dangerous", audit_host_capabilities(f));
	return o;
}

static struct json_object *path_json(const struct audit_facts *f,
				     const struct audit_path *p)
{
	struct json_object *o = json_object_new_object();
	uint32_t as = audit_path_as(f, p);

	json_add_str(o, "Kind", audit_path_kind_word(p->kind));
	json_add_str(o, "Source", p->source);
	json_add_str(o, "Destination", p->destination);
	json_add_str(o, "What", p->what ? p->what : "");
	json_add_str(o, "Level", audit_level_word(audit_path_level(f, p)));
	json_add_bool(o, "Tried", p->tried);
	json_add_bool(o, "Readable", p->readable);
	json_add_bool(o, "Writable", p->writable);
	json_add_bool(o, "Remountable", p->remountable);
	json_add_bool(o, "UserReadable", p->user_readable);
	json_add_bool(o, "UserWritable", p->user_writable);
	json_add_bool(o, "ReadOnly", p->read_only);
	json_add_bool(o, "NoSUID", p->nosuid);
	json_add_bool(o, "Idmapped", p->idmapped);
	json_add_bool(o, "SetUID", audit_path_setuid(f, p));
	if (p->owner_known)
		json_add_u64(o, "OwnerUID", p->owner);
	if (as != IDMAP_NONE)
		json_add_u64(o, "WritesAsUID", as);
	return o;
}

static struct json_object *paths_json(const struct audit_facts *f)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < f->paths.n; i++)
		json_object_array_add(list, path_json(f, &f->paths.items[i]));
	return list;
}

static struct json_object *kernel_json(const struct audit_facts *f)
{
	struct json_object *o = json_object_new_object();

	json_add_str(o, "Seccomp", f->seccomp);
	json_add_bool(o, "Nested", f->nested);
	json_add_bool(o, "NoNewPrivileges", f->no_new_privileges);
	json_add_str(o, "AppArmor", f->apparmor ? f->apparmor : "");
	json_add_str(o, "SELinux", f->selinux ? f->selinux : "");
	json_add_strv(o, "MaskedPaths", f->masked_paths);
	json_add_strv(o, "ReadOnlyPaths", f->readonly_paths);
	json_add_bool(o, "ReadOnlyRoot", f->read_only_root);
	return o;
}

static struct json_object *namespaces_json(const struct audit_facts *f)
{
	struct json_object *o = json_object_new_object();

	for (enum namespace_kind kind = 0; kind < NS_TIME; kind++)
		json_add_str(o, namespace_word(kind),
			     f->shares_ns[kind] ? "host" : "own");
	return o;
}

static struct json_object *limit_json(const struct audit_limit *l)
{
	struct json_object *o = json_object_new_object();

	json_add_bool(o, "Known", l->is_known);
	json_add_bool(o, "Limited", l->is_set);
	json_add_u64(o, "Value", l->value);
	json_add_bool(o, "Shared", l->is_shared);
	return o;
}

static struct json_object *limits_json(const struct audit_facts *f)
{
	struct json_object *o = json_object_new_object();

	json_add(o, "PIDs", limit_json(&f->pids));
	json_add(o, "Memory", limit_json(&f->memory));
	json_add_bool(o, "QuotasOfCaller", f->shares_quotas);
	return o;
}

static struct json_object *reasons_json(const struct audit_verdict *v)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < v->n_reasons; i++) {
		struct json_object *o = json_object_new_object();

		json_add_str(o, "Level", audit_level_word(v->reasons[i].level));
		json_add_str(o, "Text", v->reasons[i].text);
		json_object_array_add(list, o);
	}
	return list;
}

struct json_object *audit_json(const struct audit_facts *f, const struct audit_verdict *v)
{
	struct json_object *o = json_object_new_object();

	json_add_str(o, "Subject", subject_word(f->subject));
	json_add_str(o, "Name", f->name);
	json_add_str(o, "ID", f->id ? f->id : "");
	json_add_str(o, "State", f->state);
	json_add_str(o, "Caller", f->caller);
	json_add_str(o, "Level", audit_level_word(v->level));
	json_add_i64(o, "ExitCode", (int64_t)v->level);
	json_add_str(o, "Verdict", v->text);
	json_add_str(o, "Remedy", v->remedy ? v->remedy : "");
	json_add(o, "Reasons", reasons_json(v));
	json_add_strv(o, "Notes", v->notes);
	json_add(o, "IDs", ids_json(f));
	json_add(o, "Capabilities", capabilities_json(f));
	json_add(o, "Paths", paths_json(f));
	json_add_str(o, "Untried", f->untried ? f->untried : "");
	json_add(o, "Kernel", kernel_json(f));
	json_add(o, "Namespaces", namespaces_json(f));
	json_add(o, "Limits", limits_json(f));
	return o;
}
