/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scope is made in one call and one signal of the manager's:
 *
 *   us                                       systemd
 *   StartTransientUnit NAME.scope, our pid ─►
 *                                       ◄─── the job's name
 *                                            slice and scope made, we are moved (for an ordinary user's manager by the
 *                                            system's, as we come from a login session that is not its own)
 *                                       ◄─── JobRemoved: done
 *   NAME.scope/monitor made, we step into it; only now may NAME.scope hand controllers down
 *   NAME.scope/container made, limits written
 *
 * Who stays outside (--cgroups=no-conmon, the OCI runtime) has a process that only waits put into the scope instead, until the
 * container's first one is in it.
 *
 * Who is killed in between leaves a scope without processes: systemd takes it away (CollectMode=inactive-or-failed).
 *
 * A scope of that name may be there still: the container is started again while the clean-up of its last life ends, or by that
 * clean-up (restart policy). If we are in it already, it is ours as it is; else we join it, or wait for its end.
 */
#include "runtime/cgroup_systemd.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "runtime/cgroup_apply.h"
#include "runtime/cgroup_files.h"
#include "runtime/cgroup_holder.h"
#include "runtime/cgroup_plan.h"
#include "runtime/cgroup_systemd_plan.h"
#include "runtime/cgroup_tree.h"
#include "runtime/systemd_bus.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define CLASH_USEC       (20 * 1000000LL)
#define CLASH_PAUSE_USEC 20000

/* Where a manager's own cgroup is nearly always; else it is asked. */
static int manager_path(bool user_manager, char **ret, struct error *err)
{
	cleanup_systemd_bus struct systemd_bus *bus = NULL;
	cleanup_free char *usual = NULL, *shown = NULL;
	uid_t uid = systemd_bus_user();
	int r;

	usual = user_manager
			? xasprintf("/user.slice/user-%u.slice/user@%u.service", uid, uid)
			: xstrdup("/");
	shown = xasprintf(CGROUP_MOUNT "%s/init.scope", user_manager ? usual : "");
	if (access(shown, F_OK) == 0) {
		*ret = TAKE_PTR(usual);
		return 0;
	}
	r = systemd_bus_open(user_manager, &bus, err);
	return r < 0 ? r : systemd_manager_cgroup(bus, ret, err);
}

static void explain_few(struct cgroup_place *p)
{
	static const char *const usual[] = {"cpu", "cpuset", "io", "memory", "pids"};
	cleanup_strv char **missing = NULL;
	cleanup_free char *list = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		if (!strv_has(p->controllers, usual[i]))
			strv_add(&missing, usual[i]);
	if (!missing)
		return;
	list = strv_join(missing, ", ");
	if (p->user_manager) {
		p->why = xasprintf("systemd does not delegate it to user %u",
				   systemd_bus_user());
		p->remedy = xasprintf(CGROUP_DELEGATE_REMEDY, systemd_bus_user());
	} else {
		p->why = xstrdup("the kernel has it not, or not for version 2");
		p->remedy = xasprintf("look for cgroup_disable= and cgroup_no_v1= in "
				      "/proc/cmdline; missing: %s",
				      list);
	}
}

int cgroup_systemd_find(const struct cgroup_wish *wish, struct cgroup_place *ret,
			struct error *err)
{
	cleanup_fd int root_fd = cgroup_root_open(err);
	cleanup_cgroup struct cgroup top = CGROUP_INIT;
	cleanup_free char *slice = NULL;
	int r;

	if (root_fd < 0)
		return root_fd;
	if (!systemd_bus_reachable(wish->user_manager))
		return systemd_bus_unreachable(wish->user_manager, err);
	r = wish->parent ? cgroup_slice_path(wish->parent, &slice, err) : 0;
	if (r == 0)
		r = manager_path(wish->user_manager, &ret->parent, err);
	if (r == 0)
		r = cgroup_open(ret->parent, &top, err);
	if (r < 0)
		return r;
	ret->manager = CGROUP_MANAGER_SYSTEMD;
	ret->user_manager = wish->user_manager;
	ret->slice = xstrdup(wish->parent         ? wish->parent
			     : wish->user_manager ? "user.slice"
						  : "machine.slice");
	ret->controllers = cgroup_controllers(top.fd);
	explain_few(ret);
	return 0;
}

static char *scope_path(const struct cgroup_place *p, const char *name)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *slice = NULL;

	if (cgroup_slice_path(p->slice, &slice, &err) < 0) {
		error_drop(&err, "cgroup_systemd_find() has looked at it");
		slice = xstrdup(p->slice);
	}
	return xasprintf("%s%s%s/%s" CGROUP_SCOPE_SUFFIX,
			 str_eq(p->parent, "/") ? "" : p->parent, *slice ? "/" : "",
			 slice, name);
}

static bool has_monitor(const struct cgroup_place *p)
{
	return p->mode == CGROUP_ENABLED;
}

char *cgroup_systemd_path(const struct cgroup_place *p, const char *name)
{
	cleanup_free char *scope = scope_path(p, name);

	return xasprintf("%s/" CGROUP_CONTAINER_LEAF, scope);
}

static bool is_user_manager(const char *path)
{
	const char *at = strstr(path, "/user@");

	return at && strstr(at, ".service/");
}

/* The end of the path's first part that names a scope; what a systemd inside of the container makes lies further down. */
static const char *scope_end(const char *path)
{
	const char *suffix = strstr(path, CGROUP_SCOPE_SUFFIX);

	while (suffix && suffix[strlen(CGROUP_SCOPE_SUFFIX)] != '/' &&
	       suffix[strlen(CGROUP_SCOPE_SUFFIX)] != '\0')
		suffix = strstr(suffix + 1, CGROUP_SCOPE_SUFFIX);
	return suffix ? suffix + strlen(CGROUP_SCOPE_SUFFIX) : NULL;
}

bool cgroup_scope_of(const char *path, struct cgroup_scope *ret)
{
	const char *end = scope_end(path), *start = end;

	if (!end)
		return false;
	while (start > path && start[-1] != '/')
		start--;
	*ret = (struct cgroup_scope){
		.unit = xstrndup(start, (size_t)(end - start)),
		.path = xstrndup(path, (size_t)(end - path)),
		.below = xstrdup(*end ? end : "/"),
		.user_manager = is_user_manager(path),
	};
	return true;
}

bool cgroup_unit_of(const char *path, struct cgroup_scope *ret)
{
	if (cgroup_scope_of(path, ret))
		return true;
	const char *below = strrchr(path, '/');
	cleanup_free char *service =
		below ? xstrndup(path, (size_t)(below - path)) : NULL;
	const char *name = service ? strrchr(service, '/') : NULL;

	/* the manager's own cgroup is no unit of its */
	if (!name || !str_ends(name, ".service") || str_starts(name, "/user@"))
		return false;
	*ret = (struct cgroup_scope){
		.unit = xstrdup(name + 1),
		.path = xstrdup(service),
		.below = xstrdup(below),
		.user_manager = is_user_manager(path),
	};
	return true;
}

void cgroup_scope_release(struct cgroup_scope *s)
{
	free(s->unit);
	free(s->path);
	free(s->below);
	*s = (struct cgroup_scope){0};
}

/* One scope being made. */
struct making {
	const struct cgroup_request *request;
	struct cgroup_scope scope;
	struct cgroup_plan plan;
	struct systemd_bus *bus;
	pid_t holder; /* who is its first member; 0: the caller */
};

static void making_release(struct making *m)
{
	cgroup_scope_release(&m->scope);
	cgroup_plan_release(&m->plan);
	systemd_bus_free(m->bus);
}

static void fill_scope(const struct making *m, struct systemd_properties *p)
{
	const struct cgroup_request *q = m->request;

	systemd_add_text(p, "Description", q->description ? q->description : q->name);
	systemd_add_text(p, "Slice", q->place->slice);
	systemd_add(p, "Delegate", SYSTEMD_BOOL, true);
	systemd_add_text(p, "CollectMode", "inactive-or-failed");
	if (q->stop_timeout_usec)
		systemd_add(p, "TimeoutStopUSec", SYSTEMD_U64,
			    (uint64_t)q->stop_timeout_usec);
	if (q->stop_signal)
		systemd_add(p, "KillSignal", SYSTEMD_INT, (uint64_t)q->stop_signal);
	systemd_add(p, "PIDs", SYSTEMD_PID, (uint64_t)(m->holder ? m->holder : getpid()));
	cgroup_systemd_plan(&m->plan, true, p);
}

static int make_scope(struct making *m, struct error *err)
{
	cleanup_systemd_properties struct systemd_properties p = {0};

	fill_scope(m, &p);
	return systemd_unit_make(m->bus, m->scope.unit, &p, err);
}

/* The scope lives on from the container's last life: be in it, with what limits there are now. */
static int join_scope(struct making *m, struct error *err)
{
	cleanup_systemd_properties struct systemd_properties p = {0};
	cleanup_cgroup struct cgroup scope = CGROUP_INIT;
	cleanup_fd int leaf_fd = -EBADF;
	int r = cgroup_open(m->scope.path, &scope, err);

	if (r < 0)
		return r;
	leaf_fd = cgroup_child_make(scope.fd, CGROUP_MONITOR_LEAF, err);
	if (leaf_fd < 0)
		return leaf_fd;
	r = systemd_unit_attach(m->bus, m->scope.unit, "/" CGROUP_MONITOR_LEAF, getpid(),
				err);
	cgroup_systemd_plan(&m->plan, true, &p);
	if (r == 0 && p.n)
		r = systemd_unit_change(m->bus, m->scope.unit, &p, err);
	return r;
}

static int try_clash(struct making *m, struct error *err)
{
	cleanup_free char *state = NULL;
	int r = systemd_unit_state(m->bus, m->scope.unit, &state, err);

	if (r < 0)
		return r;
	log_debug("scope %s is there already, %s", m->scope.unit, state);
	if (str_eq(state, "active") && has_monitor(m->request->place) && !m->holder) {
		r = join_scope(m, err);
		/* it may have ended meanwhile: look again */
		if (r < 0 && err->kind != ERR_UNAVAILABLE && err->kind != ERR_DENIED) {
			err->kind = ERR_CONFLICT;
			usleep(CLASH_PAUSE_USEC);
		}
		return r;
	}
	if (str_eq(state, "failed"))
		systemd_unit_forget(m->bus, m->scope.unit);
	usleep(CLASH_PAUSE_USEC);
	return make_scope(m, err);
}

static int make_or_join(struct making *m, struct error *err)
{
	int64_t end = time_monotonic_usec() + CLASH_USEC;
	int r = make_scope(m, err);

	while (r < 0 &&
	       (err->kind == ERR_CONFLICT || err->kind == ERR_NOT_FOUND ||
		err->code == ENOENT) &&
	       time_monotonic_usec() < end) {
		error_release(err);
		r = try_clash(m, err);
	}
	return r;
}

static bool is_in_scope(const struct making *m)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *own = NULL;

	if (!has_monitor(m->request->place) || m->holder)
		return false;
	if (cgroup_own_path(&own, &err) < 0) {
		error_drop(&err, "then it is not in it");
		return false;
	}
	return cgroup_path_is_below(own, m->scope.path);
}

static int step_into_leaf(const struct making *m, int leaf_fd, struct error *err)
{
	char pid[16];
	int r;

	if (!m->holder)
		return cgroup_step_into(leaf_fd, CGROUP_MONITOR_LEAF, err);
	snprintf(pid, sizeof(pid), "%d", m->holder);
	r = cgroup_file_write(leaf_fd, "cgroup.procs", pid);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r,
				 "move within the scope of the container")
		     : 0;
}

/* No process may be in the scope itself when it hands controllers down. */
static int make_leaves(struct making *m, struct cgroup *ret, struct error *err)
{
	cleanup_cgroup struct cgroup scope = CGROUP_INIT;
	cleanup_free char *own = NULL;
	cleanup_fd int leaf_fd = -EBADF;
	int r = cgroup_open(m->scope.path, &scope, err);

	if (r < 0)
		return r;
	leaf_fd = cgroup_child_make(scope.fd, CGROUP_MONITOR_LEAF, err);
	if (leaf_fd < 0)
		return leaf_fd;
	r = step_into_leaf(m, leaf_fd, err);
	if (r < 0)
		return r;
	cgroup_hand_down(scope.fd, m->scope.unit);
	ret->fd = cgroup_child_make(scope.fd, CGROUP_CONTAINER_LEAF, err);
	ret->path = xasprintf("%s/" CGROUP_CONTAINER_LEAF, m->scope.path);
	if (ret->fd < 0 || !m->holder)
		return ret->fd < 0 ? ret->fd : 0;
	r = cgroup_own_path(&own, err);
	ret->is_apart = r == 0 && !cgroup_may_move(own, ret->path);
	return r;
}

/* Controllers that systemd does not know of (hugetlb, rdma, misc): it leaves them as they are. */
static void hand_down_more(const struct making *m)
{
	const struct cgroup_place *p = m->request->place;
	cleanup_error struct error err = ERROR_INIT;
	cleanup_cgroup struct cgroup scope = CGROUP_INIT;
	cleanup_strv char **have = NULL;
	bool is_missing = false;

	if (m->plan.n_settings == 0)
		return;
	if (cgroup_open(m->scope.path, &scope, &err) < 0) {
		error_drop(&err, "who makes the leaves says so");
		return;
	}
	have = cgroup_controllers(scope.fd);
	for (size_t i = 0; i < m->plan.n_settings; i++) {
		const char *wanted = m->plan.settings[i].controller;

		is_missing = is_missing || (*wanted && !strv_has(have, wanted));
	}
	if (is_missing)
		cgroup_hand_down_to(p->parent, m->scope.path);
}

static int make(struct making *m, struct cgroup *ret, struct error *err)
{
	int r = 0;

	if (!has_monitor(m->request->place))
		r = cgroup_holder_start(&m->holder, &ret->holder_fd, err);
	if (r == 0 && !is_in_scope(m)) {
		r = systemd_bus_open(m->request->place->user_manager, &m->bus, err);
		if (r == 0)
			r = make_or_join(m, err);
	}
	if (r == 0) {
		hand_down_more(m);
		r = make_leaves(m, ret, err);
	}
	return r < 0 ? r
		     : cgroup_apply(ret->fd, ret->path, &m->plan, m->request->resources,
				    err);
}

int cgroup_systemd_make(const struct cgroup_request *request, struct cgroup *ret,
			struct error *err)
{
	cleanup(making_release) struct making m = {.request = request};
	cleanup_cgroup struct cgroup c = CGROUP_INIT;
	int r = cgroup_plan_build(request->resources, &m.plan, err);

	if (r < 0)
		return r;
	m.scope.unit = xasprintf("%s" CGROUP_SCOPE_SUFFIX, request->name);
	m.scope.path = scope_path(request->place, request->name);
	r = make(&m, &c, err);
	if (r < 0)
		return error_wrap(err, "make a cgroup by systemd");
	*ret = c;
	c = CGROUP_INIT;
	return 0;
}

int cgroup_systemd_enter(const struct cgroup_scope *s, struct error *err)
{
	cleanup_systemd_bus struct systemd_bus *bus = NULL;
	cleanup_cgroup struct cgroup scope = CGROUP_INIT;
	cleanup_fd int leaf_fd = -EBADF;
	int r = cgroup_open(s->path, &scope, err);

	if (r < 0)
		return r;
	leaf_fd = cgroup_child_make(scope.fd, CGROUP_MONITOR_LEAF, err);
	if (leaf_fd < 0)
		return leaf_fd;
	r = systemd_bus_open(s->user_manager, &bus, err);
	return r < 0 ? r
		     : systemd_unit_attach(bus, s->unit, "/" CGROUP_MONITOR_LEAF,
					   getpid(), err);
}

int cgroup_systemd_attach(const struct cgroup_scope *s, pid_t pid, struct error *err)
{
	cleanup_systemd_bus struct systemd_bus *bus = NULL;
	int r = systemd_bus_open(s->user_manager, &bus, err);

	return r < 0 ? r : systemd_unit_attach(bus, s->unit, s->below, pid, err);
}

int cgroup_systemd_change(const struct cgroup_scope *s, const struct cgroup_plan *plan,
			  struct error *err)
{
	cleanup_systemd_properties struct systemd_properties p = {0};
	cleanup_systemd_bus struct systemd_bus *bus = NULL;
	int r;

	cgroup_systemd_plan(plan, true, &p);
	if (p.n == 0)
		return 0;
	r = systemd_bus_open(s->user_manager, &bus, err);
	return r < 0 ? r : systemd_unit_change(bus, s->unit, &p, err);
}
