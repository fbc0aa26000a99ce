/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/spec_gen.h"

#include <stdlib.h>
#include <string.h>

#include "engine/create_plan.h"
#include "spec/spec.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

#define PING_RANGE "net.ipv4.ping_group_range"

static void gen_user(const struct create_plan *p, struct spec_user *user)
{
	user->uid = p->user.uid;
	user->gid = p->user.gid;
	user->has_umask = p->has_umask;
	user->umask = p->umask;
	user->n_additional_gids = p->user.n_groups;
	if (p->user.n_groups)
		user->additional_gids = xmemdup(
			p->user.groups, p->user.n_groups * sizeof(*p->user.groups));
}

static char **gen_args(const struct create_plan *p)
{
	char **args = NULL;

	if (p->init_program && !p->options->namespaces.is_infra) {
		strv_add(&args, INIT_PATH);
		strv_add(&args, "--");
	}
	strv_foreach (word, p->args)
		strv_add(&args, *word);
	return args;
}

static void gen_rlimits(const struct create_plan *p, struct spec_process *process)
{
	for (size_t i = 0; i < p->n_rlimits; i++) {
		struct spec_rlimit *limit =
			SPEC_APPEND(&process->rlimits, &process->n_rlimits);

		limit->type = xstrdup(p->rlimits[i].type);
		limit->soft = p->rlimits[i].soft;
		limit->hard = p->rlimits[i].hard;
	}
}

static struct spec_process *gen_process(const struct create_plan *p)
{
	const struct create_options *o = p->options;
	struct spec_process *process = xcalloc(1, sizeof(*process));

	process->terminal = p->terminal;
	if (o->terminal && p->columns) {
		process->console_size = xcalloc(1, sizeof(*process->console_size));
		process->console_size->width = p->columns;
		process->console_size->height = p->rows;
	}
	gen_user(p, &process->user);
	process->args = gen_args(p);
	process->env = strv_copy(p->env);
	process->cwd = xstrdup(p->cwd);
	gen_rlimits(p, process);
	process->has_oom_score_adj = o->oom_score_adj_given;
	process->oom_score_adj = o->oom_score_adj;
	return process;
}

/* path: NULL for a new one. */
static void add_namespace(struct spec *spec, const char *type, const char *path)
{
	struct spec_namespace *ns =
		SPEC_APPEND(&spec->linux->namespaces, &spec->linux->n_namespaces);

	ns->type = xstrdup(type);
	ns->path = path ? xstrdup(path) : NULL;
}

/* Another container's: the launcher has it open (joined.h). The path says whose it is and leads nowhere. */
static char *namespace_place(const struct create_plan *p, const char *id,
			     enum namespace_kind kind)
{
	cleanup_free char *up = fs_join(p->run_dir, "..");
	cleanup_free char *runs = path_clean(up);

	return xasprintf("%s/%s/ns/%s", runs, id, namespace_proc_name(kind));
}

static void gen_user_namespace(const struct create_plan *p, struct spec *spec)
{
	cleanup_free char *path = NULL;

	if (p->uids.n_lines == 0)
		return;
	if (p->userns.path && p->userns.mode == USERNS_CONTAINER)
		path = namespace_place(p, p->userns.option.target, NS_USER);
	else if (p->userns.path)
		path = xstrdup(strchr(p->userns.path, '/'));
	add_namespace(spec, "user", path);
}

static void gen_namespaces(const struct create_plan *p, struct spec *spec)
{
	static const enum namespace_kind shared[] = {NS_CGROUP, NS_PID, NS_IPC, NS_UTS,
						     NS_NETWORK};

	add_namespace(spec, "mount", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(shared); i++) {
		const struct namespace_option *o = &p->sharing.options[shared[i]];
		cleanup_free char *path =
			o->mode == NAMESPACE_CONTAINER
				? namespace_place(p, o->target, shared[i])
			: o->target ? xstrdup(o->target)
				    : NULL;

		if (o->mode != NAMESPACE_HOST)
			add_namespace(spec, namespace_word(shared[i]), path);
	}
	gen_user_namespace(p, spec);
}

static void gen_mappings(const struct idmap *map, struct spec_id_mapping **list,
			 size_t *n)
{
	for (size_t i = 0; i < map->n_lines; i++) {
		struct spec_id_mapping *line = SPEC_APPEND(list, n);

		line->container_id = map->lines[i].inside;
		line->host_id = map->lines[i].outside;
		line->size = map->lines[i].count;
	}
}

static void gen_pairs(char *const *words, struct spec_key_value **list, size_t *n)
{
	strv_foreach (word, words) {
		struct spec_key_value *pair = SPEC_APPEND(list, n);
		size_t len = strcspn(*word, "=");

		pair->key = xstrndup(*word, len);
		pair->value = xstrdup(*word + len + 1);
	}
}

static bool has_sysctl(const struct spec_linux *l, const char *key)
{
	for (size_t i = 0; i < l->n_sysctl; i++)
		if (str_eq(l->sysctl[i].key, key))
			return true;
	return false;
}

/* Whether a parameter is the container's to set: that of the host's namespace is not. Source: namespaces(7). */
static bool owns_sysctl(const struct create_plan *p, const char *key)
{
	if (str_starts(key, "net."))
		return sharing_is_own(&p->sharing, NS_NETWORK);
	if (str_eq(key, "kernel.hostname") || str_eq(key, "kernel.domainname"))
		return sharing_is_own(&p->sharing, NS_UTS);
	return sharing_is_own(&p->sharing, NS_IPC);
}

/* Those that every container gets, unless this one says otherwise. */
static void gen_conf_sysctls(const struct create_plan *p, bool has_root,
			     struct spec_linux *l)
{
	strv_foreach (text, p->options->conf.sysctls) {
		cleanup_free char *key = xstrndup(*text, strcspn(*text, "="));
		struct spec_key_value *pair;

		if (!(*text)[strlen(key)] || has_sysctl(l, key) || !owns_sysctl(p, key) ||
		    (!has_root && str_eq(key, PING_RANGE)))
			continue;
		pair = SPEC_APPEND(&l->sysctl, &l->n_sysctl);
		pair->key = xstrdup(key);
		pair->value = xstrdup(*text + strlen(key) + 1);
	}
}

/*
 * As podman's containers.conf has it: root in the container may ping without CAP_NET_RAW.
 * A range that holds an id without a mapping is refused by the kernel. Source: icmp(7).
 */
static void gen_sysctls(const struct create_plan *p, struct spec_linux *l)
{
	bool has_root =
		p->gids.n_lines == 0 || idmap_to_outside(&p->gids, 0) != IDMAP_NONE;
	struct spec_key_value *pair;

	gen_pairs(p->sysctls, &l->sysctl, &l->n_sysctl);
	gen_conf_sysctls(p, has_root, l);
	if (has_sysctl(l, PING_RANGE))
		return;
	if (!sharing_is_own(&p->sharing, NS_NETWORK) || !has_root)
		return;
	pair = SPEC_APPEND(&l->sysctl, &l->n_sysctl);
	pair->key = xstrdup(PING_RANGE);
	pair->value = xstrdup("0 0");
}

static void gen_personality(const struct create_plan *p, struct spec *spec)
{
	const char *domain = p->options->personality;

	if (!domain)
		return;
	spec->linux->personality = xcalloc(1, sizeof(*spec->linux->personality));
	spec->linux->personality->domain = xstrdup(domain);
}

/* Mounts that shall travel between host and container need a root that is not private. */
static char *gen_propagation(const struct create_plan *p)
{
	const char *word = "private";

	for (size_t i = 0; i < p->volumes.n; i++) {
		char *const *options = p->volumes.items[i].options;

		if (strv_has(options, "shared") || strv_has(options, "rshared"))
			return xstrdup("shared");
		if (strv_has(options, "slave") || strv_has(options, "rslave"))
			word = "rslave";
	}
	return xstrdup(word);
}

static void gen_linux(const struct create_plan *p, struct spec *spec)
{
	struct spec_linux *l = spec->linux;

	gen_namespaces(p, spec);
	gen_mappings(&p->uids, &l->uid_mappings, &l->n_uid_mappings);
	gen_mappings(&p->gids, &l->gid_mappings, &l->n_gid_mappings);
	gen_sysctls(p, l);
	gen_personality(p, spec);
	if (p->resources)
		l->resources = spec_resources_copy(p->resources);
	l->rootfs_propagation = gen_propagation(p);
}

int spec_gen(const struct create_plan *p, struct spec **ret, struct error *err)
{
	cleanup(spec_freep) struct spec *spec = spec_new();
	int r;

	spec->process = gen_process(p);
	spec->root = xcalloc(1, sizeof(*spec->root));
	spec->root->path = xstrdup(p->rootfs);
	spec->root->readonly = p->options->read_only;
	if (sharing_is_own(&p->sharing, NS_UTS) &&
	    (!p->network_host || p->options->hostname))
		spec->hostname = xstrdup(p->hostname);
	if (p->options->domainname)
		spec->domainname = xstrdup(p->options->domainname);
	gen_pairs(p->annotations, &spec->annotations, &spec->n_annotations);
	gen_linux(p, spec);
	spec_gen_mounts(p, spec);
	r = spec_gen_security(p, spec, err);
	if (r < 0)
		return r;
	r = spec_check(spec, err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(spec);
	return 0;
}
