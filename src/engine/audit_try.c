/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Permissions on paper (owner, mode) leave out ACLs, idmapped mounts, immutable files, security
 * modules, and what capabilities are worth in a user namespace. So the kernel is asked, by a process
 * that has the container's ids: see runtime/access_probe.h.
 */
#include "engine/audit_steps.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/audit_judge.h"
#include "runtime/access_probe.h"
#include "runtime/mount_idmap.h"
#include "spec/spec.h"
#include "util/mem.h"
#include "util/str.h"

/* The paths of one run of the probe, and whose results they are. */
struct batch {
	struct probe_path *paths; /* owned, as the rest */
	struct probe_result *results;
	size_t *indexes;
	size_t n;
	int *fds; /* one for each mount, however much is tried below it */
	size_t n_fds;
};

static void batch_release(struct batch *b)
{
	for (size_t i = 0; i < b->n_fds; i++)
		fd_cleanup_(&b->fds[i]);
	free(b->paths);
	free(b->results);
	free(b->indexes);
	free(b->fds);
}

/* What follows the top's own path, without the slash. */
static const char *rest_of(const char *path, const char *top)
{
	path += strlen(top);
	return path + strspn(path, "/");
}

static struct probe_path probe_path(const struct audit_source *s,
				    const struct audit_facts *f, size_t i,
				    struct batch *b)
{
	const struct audit_path *p = &f->paths.items[i];
	size_t top_index = p->below ? p->top : i;
	const struct audit_path *top = &f->paths.items[top_index];
	struct probe_path probe = {.fd = -EBADF};

	if (p->below)
		probe.below = rest_of(p->source, top->source);
	if (s->init_pid) {
		probe.path = top->destination;
		probe.mount_id = top->mount_id;
		return probe;
	}
	if (b->fds[top_index] < 0)
		b->fds[top_index] = open(top->source, O_PATH | O_CLOEXEC);
	probe.fd = b->fds[top_index];
	return probe;
}

/*
 * Before there is a mount, what an idmapped one would allow is found with the ids that the files
 * have on disk: such paths are tried apart, for each of these ids. IDMAP_NONE: with all others.
 */
static uint32_t apart_uid(const struct audit_source *s, const struct audit_path *p)
{
	return p->idmapped && !s->init_pid ? p->disk_uid : IDMAP_NONE;
}

static void batch_init(const struct audit_facts *f, struct batch *b)
{
	b->paths = xcalloc(f->paths.n, sizeof(*b->paths));
	b->results = xcalloc(f->paths.n, sizeof(*b->results));
	b->indexes = xcalloc(f->paths.n, sizeof(*b->indexes));
	b->fds = xcalloc(f->paths.n, sizeof(*b->fds));
	b->n_fds = f->paths.n;
	for (size_t i = 0; i < b->n_fds; i++)
		b->fds[i] = -EBADF;
}

/* What the caller can't get at, its container can't either: all its ids are the caller's. */
static bool is_out_of_reach(const struct audit_facts *f)
{
	return f->caller_uid != 0 && errno == EACCES;
}

static void batch_fill(const struct audit_source *s, struct audit_facts *f,
		       uint32_t apart, struct batch *b)
{
	batch_init(f, b);
	for (size_t i = 0; i < f->paths.n; i++) {
		struct audit_path *p = &f->paths.items[i];
		struct probe_path probe;

		if (apart_uid(s, p) != apart)
			continue;
		probe = probe_path(s, f, i, b);
		if (probe.fd < 0 && !probe.path) {
			p->tried = p->unreached = is_out_of_reach(f);
			continue;
		}
		b->indexes[b->n] = i;
		b->paths[b->n++] = probe;
	}
}

static void take_result(const struct audit_source *s, const struct audit_facts *f,
			const struct probe_result *r, struct audit_path *p)
{
	bool planned_ro = !s->init_pid && p->read_only;
	bool admin = (audit_judged_capabilities(f) & UINT64_C(1) << CAP_SYS_ADMIN) != 0;

	p->tried = true;
	p->unreached = r->code != 0;
	p->hidden = r->code == ESTALE;
	if (!p->mode)
		p->mode = r->mode;
	p->readable = r->readable && !(p->kind == AUDIT_DEVICE && r->nodev);
	p->writable =
		r->writable && !planned_ro && !(p->kind == AUDIT_DEVICE && r->nodev);
	if (p->given && !p->read_only)
		p->readable = p->writable = true;
	p->remountable = planned_ro ? r->writable && admin : r->writable_remounted;
}

static void take_user_result(const struct audit_source *s, const struct probe_result *r,
			     struct audit_path *p)
{
	p->user_readable = r->readable;
	p->user_writable = r->writable && (s->init_pid || !p->read_only);
}

struct identity {
	const struct audit_who *who;
	uint64_t capabilities;
	bool is_judged;
};

static int try_batch(const struct audit_source *s, struct audit_facts *f,
		     const struct identity *id, uint32_t apart, int user_ns_fd,
		     struct error *err)
{
	cleanup(batch_release) struct batch b = {0};
	const struct spec_user *user = &s->spec->process->user;
	struct access_probe probe = ACCESS_PROBE_INIT;
	int r;

	batch_fill(s, f, apart, &b);
	probe.uid = apart == IDMAP_NONE ? id->who->uid : apart;
	probe.gid = apart == IDMAP_NONE ? id->who->gid : apart;
	probe.keep_groups = f->keeps_groups;
	probe.groups = user->additional_gids;
	probe.n_groups = user->n_additional_gids;
	probe.capabilities = id->capabilities;
	probe.paths = b.paths;
	probe.n_paths = b.n;
	probe.user_ns_fd = apart == IDMAP_NONE ? user_ns_fd : -EBADF;
	probe.init_pid_fd = s->init_pid_fd;
	probe.own_user_ns = f->own_user_ns;
	probe.own_mount_ns = !f->shares_ns[NS_MOUNT];
	r = access_probe_run(&probe, b.results, err);
	for (size_t i = 0; r >= 0 && i < b.n; i++) {
		struct audit_path *p = &f->paths.items[b.indexes[i]];

		if (id->is_judged)
			take_result(s, f, &b.results[i], p);
		else
			take_user_result(s, &b.results[i], p);
	}
	return r;
}

static int try_as(const struct audit_source *s, struct audit_facts *f,
		  const struct identity *id, int user_ns_fd, struct error *err)
{
	int r = try_batch(s, f, id, IDMAP_NONE, user_ns_fd, err);

	for (size_t i = 0; r >= 0 && id->is_judged && i < f->paths.n; i++) {
		uint32_t apart = apart_uid(s, &f->paths.items[i]);

		/* one that was tried took the others with this id along */
		if (apart != IDMAP_NONE && !f->paths.items[i].tried)
			r = try_batch(s, f, id, apart, user_ns_fd, err);
	}
	return r;
}

static bool matters(const struct audit_facts *f, const struct audit_path *p)
{
	const struct audit_path *top = p->below ? &f->paths.items[p->top] : NULL;

	if (!top)
		return !p->hidden;
	if (p->unreached || !p->tried)
		return false;
	switch (p->kind) {
	case AUDIT_SECRET:
		return p->readable;
	case AUDIT_SOCKET:
		return p->writable;
	case AUDIT_DEVICE:
		return p->readable || p->writable;
	case AUDIT_VOLUME:
	case AUDIT_ROOTFS:
		break;
	}
	return (p->writable && !top->writable) ||
	       (p->remountable && !top->remountable && !top->writable);
}

static void path_drop(struct audit_path *p)
{
	free(p->source);
	free(p->destination);
	free(p->what);
}

/* Two passes: what lies below another refers to it by number. */
static void drop_idle(struct audit_facts *f)
{
	cleanup_free bool *keep = xcalloc(f->paths.n, sizeof(*keep));
	size_t kept = 0;

	for (size_t i = 0; i < f->paths.n; i++)
		keep[i] = matters(f, &f->paths.items[i]);
	for (size_t i = 0; i < f->paths.n; i++) {
		if (!keep[i])
			path_drop(&f->paths.items[i]);
		else
			f->paths.items[kept++] = f->paths.items[i];
	}
	f->paths.n = kept;
}

int audit_try_paths(const struct audit_source *s, struct audit_facts *f,
		    struct error *err)
{
	const struct identity judged = {
		.who = audit_judged(f),
		.capabilities = audit_judged_capabilities(f),
		.is_judged = true,
	};
	const struct identity user = {.who = &f->user, .capabilities = f->effective};
	cleanup_fd int user_ns_fd = -EBADF;
	int r = 0;

	if (f->paths.n == 0)
		return 0;
	if (f->own_user_ns && !s->init_pid) {
		user_ns_fd = mount_idmap_ns(&f->uids, &f->gids, err);
		r = user_ns_fd;
	}
	if (r >= 0)
		r = try_as(s, f, &judged, user_ns_fd, err);
	if (r >= 0)
		r = try_as(s, f, &user, user_ns_fd, err);
	if (r >= 0)
		drop_idle(f);
	return r < 0 ? r : 0;
}
