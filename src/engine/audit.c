/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/audit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/audit_accounts.h"
#include "engine/audit_steps.h"
#include "engine/container_dir.h"
#include "engine/create_image.h"
#include "engine/create_plan.h"
#include "engine/spec_gen.h"
#include "runtime/subid.h"
#include "runtime/usermap.h"
#include "spec/image.h"
#include "spec/spec.h"
#include "util/mem.h"
#include "util/str.h"

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

/* The files first, as they are at hand; then whatever else the host's user database asks. */
static char *user_name(const struct audit_accounts *a, uint32_t uid)
{
	const char *name = audit_accounts_user(a, uid);

	return name ? xstrdup(name) : subid_user_name(uid);
}

static void name_who(const struct audit_facts *f, const struct audit_accounts *a,
		     struct audit_who *who)
{
	char **named = NULL;

	if (!who->is_mapped || f->is_pool_range)
		return;
	who->user = user_name(a, who->host_uid);
	who->group = copy(audit_accounts_group(a, who->host_gid));
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
	return overlap(&f->uids, &theirs);
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

static int compare_ids(const struct audit_source *s, struct audit_facts *f,
		       struct error *err)
{
	cleanup_idmap struct idmap uids = {0};

	name_who(f, s->accounts, &f->root);
	name_who(f, s->accounts, &f->user);
	if (f->is_pool_range)
		return 0;
	idmap_copy(&uids, &f->uids);
	add_identity(&uids);
	f->shares_root = idmap_to_inside(&uids, 0) != IDMAP_NONE;
	f->shares_caller = idmap_to_inside(&uids, f->caller_uid) != IDMAP_NONE;
	f->accounts =
		audit_accounts_within(s->accounts, &uids, f->caller_uid, AUDIT_NAMES_MAX);
	f->map_words = audit_map_words(s->accounts, &f->uids, f->caller_uid);
	f->shares_quotas = f->caller_uid != 0 && f->shares_caller;
	f->keeps_groups = f->own_user_ns && f->caller_uid != 0 && !s->init_pid &&
			  usermap_denies_setgroups(&f->gids) && getgroups(0, NULL) > 1;
	return find_sharers(s, f, err);
}

/* Files that can't be tried are no reason to say nothing. */
static void look_at_files(const struct audit_source *s, struct audit_facts *f)
{
	cleanup_error struct error err = ERROR_INIT;

	if (audit_list_paths(s, f, &err) < 0 || audit_try_paths(s, f, &err) < 0)
		f->untried = error_message(&err);
}

/* seccomp: the record's word. */
static int collect(const struct audit_source *s, const char *seccomp,
		   struct audit_facts *f, struct error *err)
{
	int r = 0;

	f->caller_uid = geteuid();
	f->caller = user_name(s->accounts, f->caller_uid);
	if (!f->caller)
		f->caller = xasprintf("%" PRIu32, f->caller_uid);
	f->seccomp = xstrdup(seccomp);
	f->id = copy(s->id);
	audit_spec_facts(s->spec, f);
	if (s->init_pid)
		r = audit_live_facts(s->init_pid, f, err);
	if (r < 0)
		return r;
	audit_place_users(f);
	r = compare_ids(s, f, err);
	if (r < 0)
		return r;
	audit_limit_facts(s->init_pid, f);
	look_at_files(s, f);
	return 0;
}

int audit_container(const struct engine *e, const struct container *c,
		    struct audit_facts *ret, struct error *err)
{
	cleanup_audit_accounts struct audit_accounts accounts = {0};
	cleanup_audit_facts struct audit_facts f = {.subject = AUDIT_CONTAINER};
	cleanup(spec_freep) struct spec *spec = NULL;
	cleanup_fd int pid_fd = -EBADF;
	struct audit_source s = {
		.engine = e,
		.id = c->record.id,
		.own_id = c->record.id,
		.has_image = c->config.image != NULL,
		.init_pid_fd = -EBADF,
		.accounts = &accounts,
	};
	int r = container_dir_spec(e, c->record.id, &spec, err);

	if (r < 0)
		return r;
	if (e->unshared)
		return engine_refuse_unshared("audit a container", err);
	audit_accounts_read(&accounts);
	s.spec = spec;
	pid_fd = c->status == CONTAINER_RUNNING ? proc_id_open(&c->init) : -EBADF;
	if (pid_fd >= 0) {
		s.init_pid = c->init.pid;
		s.init_pid_fd = pid_fd;
	}
	f.name = xstrdup(c->record.name);
	f.state = xstrdup(status_word(c->status));
	r = collect(&s, c->config.seccomp, &f, err);
	if (r < 0)
		return r;
	*ret = f;
	f = (struct audit_facts){0};
	return 0;
}

static int audit_plan(const struct engine *e, const struct create_options *o,
		      struct audit_facts *ret, struct error *err)
{
	cleanup_audit_accounts struct audit_accounts accounts = {0};
	cleanup_audit_facts struct audit_facts f = {0};
	cleanup_create_plan struct create_plan p = CREATE_PLAN_INIT;
	cleanup(container_config_release) struct container_config config = {0};
	cleanup(spec_freep) struct spec *spec = NULL;
	int r = create_plan_build(e, o, &p, err);

	if (r >= 0)
		r = spec_gen(&p, &spec, err);
	if (r < 0)
		return r;
	create_plan_config(&p, &config);
	audit_accounts_read(&accounts);
	f.subject = p.image ? AUDIT_IMAGE : AUDIT_DIRECTORY;
	f.name = xstrdup(p.image ? p.image->name : p.rootfs);
	f.state = xstrdup("not made yet");
	r = collect(&(struct audit_source){.engine = e,
					   .spec = spec,
					   .own_id = p.id,
					   .volumes = &p.volumes,
					   .root_idmap = p.root_idmap,
					   .has_image = p.image != NULL,
					   .init_pid_fd = -EBADF,
					   .accounts = &accounts},
		    config.seccomp, &f, err);
	if (r < 0)
		return r;
	*ret = f;
	f = (struct audit_facts){0};
	return 0;
}

/* Whatever it runs, its rights are the same. */
static bool says_what_to_run(const struct create_options *o,
			     const struct create_image *image)
{
	return (o->command && *o->command) || o->entrypoint ||
	       (image && (image->config->config.cmd || image->config->config.entrypoint));
}

int audit_options(const struct engine *e, const struct create_options *o,
		  struct audit_facts *ret, struct error *err)
{
	static char *const shell[] = {(char *)"/bin/sh", NULL};
	cleanup_create_image struct create_image image = {0};
	struct create_options options = *o;
	int r = 0;

	if (o->image_name) {
		options.pull_policy = PULL_NEVER;
		r = create_image_get(e, &options, NULL, &image, err);
		options.image = &image;
	}
	if (r < 0)
		return r;
	if (!says_what_to_run(o, o->image_name ? &image : NULL))
		options.command = shell;
	return audit_plan(e, &options, ret, err);
}
