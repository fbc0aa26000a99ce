/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the spec to the plan of a launch. No process exists yet: whatever is wrong is said
 * here, before anything was made.
 */
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "runtime/init.h"
#include "runtime/outer_container.h"
#include "runtime/sysctl.h"
#include "runtime/usermap.h"
#include "spec/spec.h"
#include "util/fd.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"

static bool is_own(const struct namespace_plan *p, enum namespace_kind kind)
{
	return (p->new_flags & (unsigned long)(unsigned int)namespace_flag(kind)) ||
	       p->join_fd[kind] >= 0;
}

static int plan_maps(struct init *i, struct error *err)
{
	const struct spec_linux *l = i->options->spec->linux;
	bool wanted = i->namespaces.new_flags & CLONE_NEWUSER;

	if (!wanted) {
		if (l->n_uid_mappings == 0 && l->n_gid_mappings == 0)
			return 0;
		if (i->namespaces.join_fd[NS_USER] >= 0)
			return 0; /* engines repeat the maps of the namespace that is
				     joined */
		return error_set(
			err, ERR_INVALID, 0,
			"linux.uidMappings: there is no new user namespace to map ids for");
	}
	idmap_from_spec(&i->uids, l->uid_mappings, l->n_uid_mappings);
	idmap_from_spec(&i->gids, l->gid_mappings, l->n_gid_mappings);
	int r = idmap_check(&i->uids, "linux.uidMappings", err);
	if (r < 0)
		return r;
	return idmap_check(&i->gids, "linux.gidMappings", err);
}

/* Of a user namespace that is joined as well. */
static int plan_outer_maps(struct init *i, struct error *err)
{
	const struct launch_outer *o = i->options->outer;
	const struct spec_linux *l = i->options->spec->linux;
	cleanup_idmap struct idmap uids = {0}, gids = {0};

	idmap_from_spec(&uids, l->uid_mappings, l->n_uid_mappings);
	idmap_from_spec(&gids, l->gid_mappings, l->n_gid_mappings);
	int r = idmap_relative(&uids, o->uids, &i->outer_uids, err);
	return r < 0 ? r : idmap_relative(&gids, o->gids, &i->outer_gids, err);
}

static int check_id(const struct idmap *map, uint32_t id, const char *what,
		    struct error *err)
{
	if (map->n_lines == 0 || idmap_to_outside(map, id) != IDMAP_NONE)
		return 0;
	(void)error_set(err, ERR_INVALID, 0, "%s %u is not in the container's id map",
			what, id);
	return error_hint(
		err,
		"the map holds %llu ids: choose a user in it, or give the container a larger range",
		(unsigned long long)idmap_size(map));
}

/* The program's ids must exist in the map, or nothing could ever become them. */
static int plan_ids(struct init *i, struct error *err)
{
	struct process_plan *p = &i->process;
	const char *keep =
		spec_annotation(i->options->spec, "run.oci.keep_original_groups");
	int r = check_id(&i->uids, p->uid, "user", err);

	if (r == 0)
		r = check_id(&i->gids, p->gid, "group", err);
	for (size_t n = 0; r == 0 && n < p->n_groups; n++)
		r = check_id(&i->gids, p->groups[n], "supplementary group", err);
	if (r < 0)
		return r;
	if (str_eq(keep, "1"))
		p->keep_groups = true;
	if (i->gids.n_lines && usermap_denies_setgroups(&i->gids)) {
		if (p->n_groups)
			return error_set(
				err, ERR_UNSUPPORTED, 0,
				"supplementary groups cannot be set where only one's own id is mapped");
		p->keep_groups = true;
	}
	return 0;
}

static int plan_namespaces(struct init *i, struct error *err)
{
	const struct spec *spec = i->options->spec;
	const struct namespace_plan *n = &i->namespaces;
	int r = namespace_plan_build(spec, i->options->join_fds, &i->namespaces, err);

	if (r < 0)
		return r;
	if (!is_own(n, NS_MOUNT))
		return error_set(
			err, ERR_INVALID, 0,
			"linux.namespaces: a container needs a mount namespace of its own");
	if (n->join_fd[NS_MOUNT] >= 0 && spec->n_mounts)
		return error_set(
			err, ERR_UNSUPPORTED, 0,
			"mounts cannot be made in a mount namespace that is joined");
	if ((spec->hostname || spec->domainname) && !is_own(n, NS_UTS))
		return error_set(
			err, ERR_INVALID, 0,
			"hostname: the container shares the host's uts namespace");
	if (spec->linux->n_time_offsets && !(n->new_flags & CLONE_NEWTIME))
		return error_set(err, ERR_INVALID, 0,
				 "linux.timeOffsets: there is no new time namespace");
	struct sysctl_scope scope = {
		.user = is_own(n, NS_USER),
		.network = is_own(n, NS_NETWORK),
		.ipc = is_own(n, NS_IPC),
		.uts = is_own(n, NS_UTS),
	};
	return sysctl_check(spec, &scope, err);
}

static int connect_listener(const char *path, struct error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	cleanup_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(address.sun_path))
		return error_set(err, ERR_INVALID, ENAMETOOLONG, "seccomp listener %s",
				 path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return error_set(err, ERR_UNAVAILABLE, errno,
				 "connect to the seccomp listener %s", path);
	return fd_move_high(TAKE_FD(fd));
}

static int plan_seccomp(struct init *i, struct error *err)
{
	const struct launch_options *o = i->options;
	const struct spec_seccomp *profile = o->spec->linux->seccomp;

	i->filter = o->filter;
	if (i->filter || !profile)
		return 0;
	int r = seccomp_compile(profile, o->seccomp_cache_dirfd, &i->own_filter, err);
	if (r < 0)
		return error_wrap(err, "linux.seccomp");
	i->filter = &i->own_filter;
	if (!i->own_filter.notifies)
		return 0;
	if (str_empty(profile->listener_path))
		return error_set(
			err, ERR_INVALID, 0,
			"linux.seccomp.listenerPath: missing, although a rule notifies");
	i->listener_fd = connect_listener(profile->listener_path, err);
	return i->listener_fd < 0 ? i->listener_fd : 0;
}

static int check_preserved_fds(int n, struct error *err)
{
	for (int fd = 3; fd < 3 + n; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			return error_set(err, ERR_INVALID, errno, "preserve fd %d", fd);
	return 0;
}

/* What the caller has mounted already. */
static int take_mounts(struct init *i, struct error *err)
{
	const struct launch_options *o = i->options;

	for (size_t m = 0; m < o->n_mounts; m++)
		for (size_t k = 0; k < i->mounts.n_steps; k++) {
			int *fd = &i->rootfs.source_fds[k];

			if (i->mounts.steps[k].kind != MOUNT_BIND || *fd >= 0 ||
			    !str_eq(i->mounts.steps[k].target, o->mounts[m].destination))
				continue;
			*fd = fcntl(o->mounts[m].fd, F_DUPFD_CLOEXEC, 3);
			if (*fd < 0)
				return error_set(err, ERR_SYSTEM, errno,
						 "keep the mount for %s open",
						 o->mounts[m].destination);
		}
	return 0;
}

static int plan_rootfs(struct init *i, struct error *err)
{
	const struct launch_options *o = i->options;
	struct rootfs *r = &i->rootfs;
	const struct namespace_plan *n = &i->namespaces;
	int result = mount_plan_build(o->spec, &i->mounts, err);

	if (result < 0)
		return result;
	for (size_t k = 0; log_get_level() >= LOG_LEVEL_DEBUG && k < i->mounts.n_steps;
	     k++) {
		cleanup_free char *line = mount_step_text(&i->mounts.steps[k]);
		log_debug("mount plan %zu: %s", k, line);
	}
	r->spec = o->spec;
	r->plan = &i->mounts;
	r->overlay = o->overlay;
	r->root_is_given = o->outer && o->outer->trees && o->overlay;
	r->in_user_ns = is_own(n, NS_USER);
	r->own_net_ns = is_own(n, NS_NETWORK);
	r->own_pid_ns = is_own(n, NS_PID);
	r->own_ipc_ns = is_own(n, NS_IPC);
	r->own_cgroup_ns = is_own(n, NS_CGROUP);
	r->new_cgroup_ns = r->own_cgroup_ns && n->join_fd[NS_CGROUP] < 0;
	r->no_pivot = o->no_pivot;
	r->bundle = o->bundle;
	r->cgroup_fd = o->cgroup_fd;
	r->made_fd = o->made_fd;
	/* in a container that may have others the one that nothing covers: for sysctls */
	r->host_proc_fd = open(OUTER_CONTAINER_PROC, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (r->host_proc_fd < 0)
		r->host_proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	r->host_proc_fd = fd_move_high(r->host_proc_fd);
	if (r->host_proc_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open /proc");
	r->source_fds = xcalloc(i->mounts.n_steps + 1, sizeof(*r->source_fds));
	r->step_dirs = xcalloc(i->mounts.n_steps + 1, sizeof(*r->step_dirs));
	for (size_t k = 0; k < i->mounts.n_steps; k++) {
		r->source_fds[k] = -EBADF;
		r->step_dirs[k] = OVERLAY_DIRS_INIT;
	}
	return take_mounts(i, err);
}

int init_plan(struct init *i, const struct launch_options *options, struct error *err)
{
	const struct spec *spec = options->spec;

	i->options = options;
	if (!spec->process)
		return error_set(err, ERR_INVALID, 0, "process: missing");
	if (!spec->root || str_empty(spec->root->path))
		return error_set(err, ERR_INVALID, 0, "root.path: missing");
	int r = check_preserved_fds(options->preserve_fds, err);
	if (r < 0)
		return r;
	r = plan_namespaces(i, err);
	if (r < 0)
		return r;
	r = plan_maps(i, err);
	if (r < 0)
		return r;
	if (options->outer)
		r = plan_outer_maps(i, err);
	if (r < 0)
		return r;
	r = process_plan_build(spec->process, spec->linux->personality, &i->process, err);
	if (r < 0)
		return r;
	r = plan_ids(i, err);
	if (r < 0)
		return r;
	r = plan_rootfs(i, err);
	if (r < 0)
		return r;
	return plan_seccomp(i, err);
}

void init_release(struct init *i)
{
	for (size_t k = 0; i->rootfs.source_fds && k < i->mounts.n_steps; k++)
		fd_cleanup_(&i->rootfs.source_fds[k]);
	free(i->rootfs.source_fds);
	for (size_t k = 0; i->rootfs.step_dirs && k < i->mounts.n_steps; k++)
		overlay_dirs_release(&i->rootfs.step_dirs[k]);
	free(i->rootfs.step_dirs);
	overlay_dirs_release(&i->rootfs.overlay_dirs);
	fd_cleanup_(&i->rootfs.root_fd);
	fd_cleanup_(&i->rootfs.host_proc_fd);
	fd_cleanup_(&i->rootfs.new_proc_fd);
	fd_cleanup_(&i->rootfs.pre_root_fd);
	fd_cleanup_(&i->rootfs.place_fd);
	fd_cleanup_(&i->rootfs.null_fd);
	fd_cleanup_(&i->listener_fd);
	fd_cleanup_(&i->sync_fd);
	seccomp_filter_release(&i->own_filter);
	mount_plan_release(&i->mounts);
	namespace_plan_release(&i->namespaces);
	idmap_release(&i->uids);
	idmap_release(&i->gids);
	idmap_release(&i->outer_uids);
	idmap_release(&i->outer_gids);
}
