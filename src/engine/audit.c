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
#include "engine/id_pool.h"
#include "engine/spec_gen.h"
#include "engine/userns_maps.h"
#include "spec/image.h"
#include "spec/spec.h"
#include "util/mem.h"
#include "util/str.h"

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

/* Files that can't be tried are no reason to say nothing. */
static void look_at_files(const struct audit_source *s, struct audit_facts *f)
{
	cleanup_error struct error err = ERROR_INIT;

	if (audit_list_paths(s, f, &err) < 0 || audit_try_paths(s, f, &err) < 0)
		f->untried = error_message(&err);
}

static int collect(const struct audit_source *s, const struct container_config *config,
		   struct audit_facts *f, struct error *err)
{
	int r = 0;

	f->caller_uid = geteuid();
	f->pool_start = s->pool_start;
	f->pool_count = s->pool_count;
	f->seccomp = xstrdup(config->seccomp);
	f->nested = config->nested;
	f->id = copy(s->id);
	audit_spec_facts(s->spec, f);
	if (s->init_pid)
		r = audit_live_facts(s->init_pid, f, err);
	if (r < 0)
		return r;
	audit_place_users(f);
	r = audit_id_facts(s, f, err);
	if (r < 0)
		return r;
	audit_limit_facts(s->init_pid, s->spec->linux->resources, f);
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
	pid_fd = status_is_up(c->status) ? proc_id_open(&c->init) : -EBADF;
	if (pid_fd >= 0) {
		s.init_pid = c->init.pid;
		s.init_pid_fd = pid_fd;
	}
	f.name = xstrdup(c->record.name);
	f.state = xstrdup(status_word(c->status));
	r = collect(&s, &c->config, &f, err);
	if (r < 0)
		return r;
	*ret = f;
	f = (struct audit_facts){0};
	return 0;
}

static bool last_of(const struct id_spans *ids, uint64_t count, uint64_t *ret_start)
{
	for (size_t i = ids->n; i > 0; i--) {
		const struct id_span *span = &ids->items[i - 1];

		if (span->end - span->start < count)
			continue;
		*ret_start = span->end - count;
		return true;
	}
	return false;
}

/* The plan has stand-ins that no kernel would let an ordinary user map: the last ids of the pool are
 * as good as those that it will be. */
static int stand_in(struct create_plan *p, struct audit_source *s, struct error *err)
{
	const struct userns_plan *u = &p->userns;
	cleanup_id_pool struct id_pool pool = {0};
	uint64_t uid = 0, gid = 0;
	int r;

	if (u->mode != USERNS_AUTO)
		return 0;
	r = id_pool_get(&p->settings, &pool, err);
	if (r < 0)
		return r;
	if (!last_of(&pool.uids, u->needed, &uid) ||
	    !last_of(&pool.gids, u->needed, &gid))
		return error_set(err, ERR_UNAVAILABLE, 0,
				 "the pool (%s) has no %" PRIu64 " ids in a row",
				 pool.source, u->needed);
	idmap_release(&p->uids);
	idmap_release(&p->gids);
	userns_map_range(uid, u->needed, &u->fixed_uids, &p->uids);
	userns_map_range(gid, u->needed, &u->fixed_gids, &p->gids);
	s->pool_start = (uint32_t)uid;
	s->pool_count = (uint32_t)u->needed;
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
	struct audit_source s = {
		.engine = e,
		.init_pid_fd = -EBADF,
		.accounts = &accounts,
	};
	int r = create_plan_build(e, o, &p, err);

	if (r >= 0)
		r = stand_in(&p, &s, err);
	if (r >= 0)
		r = spec_gen(&p, &spec, err);
	if (r < 0)
		return r;
	create_plan_config(&p, &config);
	audit_accounts_read(&accounts);
	s.spec = spec;
	s.own_id = p.id;
	s.volumes = &p.volumes;
	s.root_idmap = p.root_idmap;
	s.has_image = p.image != NULL;
	f.subject = p.image ? AUDIT_IMAGE : AUDIT_DIRECTORY;
	f.name = xstrdup(p.image ? p.image->name : p.rootfs);
	f.state = xstrdup("not made yet");
	r = collect(&s, &config, &f, err);
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
