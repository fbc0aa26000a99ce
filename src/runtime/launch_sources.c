/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which sources the parent opens. The child opens what it can: a clone that is made in
 * its user namespace has the host's flags (ro, nosuid, ...) locked. It has the caller's
 * ids but none of root's power over other people's files, so two kinds are left to the
 * parent:
 *
 *   idmapped sources   mount_setattr(2) wants the privilege over the file system itself
 *   out of reach       root asks for something below a directory that only its owner may
 *                      search, and the container has a user namespace
 */
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>

#include "runtime/init.h"
#include "runtime/mount_idmap.h"
#include "runtime/mount_layers.h"
#include "spec/spec.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/sys.h"

#define DAC_CAPABILITIES ((1U << CAP_DAC_OVERRIDE) | (1U << CAP_DAC_READ_SEARCH))

/* Whether the path opens without CAP_DAC_*, as the child will try it. Errors other than
 * permission are the child's to report. */
static bool is_out_of_reach(const char *path, const char *bundle)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct all[_LINUX_CAPABILITY_U32S_3] = {0},
				      fewer[_LINUX_CAPABILITY_U32S_3];
	cleanup_free char *full =
		path_is_absolute(path) ? xstrdup(path) : fs_join(bundle, path);

	if (sys_capget(&header, all) < 0)
		return false;
	fewer[0] = all[0];
	fewer[1] = all[1];
	fewer[0].effective &= ~DAC_CAPABILITIES;
	if (sys_capset(&header, fewer) < 0)
		return false;
	cleanup_fd int fd = open(full, O_PATH | O_CLOEXEC);
	bool denied = fd < 0 && errno == EACCES;
	/* What we had a moment ago is ours to take back. */
	(void)sys_capset(&header, all);
	return denied;
}

/* The namespace that an idmapped source takes its mapping from: the container's own, or
 * as it does not exist yet, one with the same maps. */
static int mapping_namespace(const struct init *i, int *ret_fd, struct error *err)
{
	if (*ret_fd >= 0)
		return 0;
	if (i->namespaces.join_fd[NS_USER] >= 0)
		*ret_fd = fcntl(i->namespaces.join_fd[NS_USER], F_DUPFD_CLOEXEC, 3);
	else if (i->uids.n_lines)
		*ret_fd = mount_idmap_ns(&i->uids, &i->gids, err);
	return error_is_set(err) ? -err->code : 0;
}

/* By what rights the init would open them: the caller's own, but with power over other people's files
 * only in its user namespace. */
enum reach {
	REACH_ALL,     /* those of the caller */
	REACH_NO_ROOT, /* the caller is root, it is not */
	REACH_NONE,    /* it has the container's ids from the beginning */
};

static enum reach reach_of_init(const struct init *i)
{
	const struct launch_outer *outer = i->options->outer;

	if ((outer && outer->trees) || i->options->base_creates)
		return REACH_NONE;
	/* Whoever asks is root of the outer namespace by now, which is no more than the init will be; and the mounts are the
	 * host's: nothing could be cloned here. */
	if (outer)
		return REACH_ALL;
	return geteuid() == 0 && (i->namespaces.new_flags & CLONE_NEWUSER) ? REACH_NO_ROOT
									   : REACH_ALL;
}

static bool must_be_given(enum reach reach, const char *path, const char *bundle)
{
	return reach == REACH_NONE ||
	       (reach == REACH_NO_ROOT && is_out_of_reach(path, bundle));
}

static int open_root(struct init *i, enum reach reach, int *user_ns_fd, struct error *err)
{
	const struct launch_options *o = i->options;
	int r;

	if (o->overlay || !must_be_given(reach, o->spec->root->path, o->bundle))
		return 0;
	r = i->rootfs.pre_root_fd = rootfs_source_open(o->spec, o->bundle, err);
	if (r >= 0 && o->root_idmap)
		r = mapping_namespace(i, user_ns_fd, err);
	if (r >= 0 && o->root_idmap)
		r = rootfs_source_idmap(i->rootfs.pre_root_fd, o->spec, *user_ns_fd, err);
	return r < 0 ? r : 0;
}

static int open_source(struct init *i, const struct mount_step *step, int *user_ns_fd,
		       struct error *err)
{
	int r = step->idmap && step->uids.n_lines == 0
			? mapping_namespace(i, user_ns_fd, err)
			: 0;

	return r < 0 ? r : mount_source_open(step, i->options->bundle, *user_ns_fd, err);
}

/* Root of the gateway's user namespace is root, but in the caller's mount namespace, where it may clone nothing. The init can in its own, and
 * has the same ids. */
static bool may_clone(const struct init *i)
{
	const struct launch_outer *outer = i->options->outer;

	return !outer || outer->user_ns_fd < 0 || outer->trees || outer->mount_ns_fd >= 0;
}

/* Layers belong to whoever keeps images; the init may have none of its rights. */
static int clone_layers(struct init *i, size_t k, int *user_ns_fd, struct error *err)
{
	const struct mount_step *step = &i->mounts.steps[k];
	int r = mount_layers_are_mapped(step) ? mapping_namespace(i, user_ns_fd, err) : 0;

	if (r >= 0)
		r = mount_layers_clone(step, *user_ns_fd, &i->rootfs.step_dirs[k], err);
	return r < 0 ? error_wrap(err, "mount %s", step->destination) : 0;
}

int init_open_sources(struct init *i, struct error *err)
{
	const char *bundle = i->options->bundle;
	enum reach reach = reach_of_init(i);
	cleanup_fd int user_ns_fd = -EBADF;
	int r = open_root(i, reach, &user_ns_fd, err);

	if (r < 0)
		return r;
	for (size_t k = 0; k < i->mounts.n_steps; k++) {
		const struct mount_step *step = &i->mounts.steps[k];
		bool wanted = step->idmap || (step->kind == MOUNT_BIND &&
					      must_be_given(reach, step->source, bundle));

		if (mount_is_layers(step) && reach != REACH_ALL && may_clone(i)) {
			r = clone_layers(i, k, &user_ns_fd, err);
			if (r < 0)
				return r;
		}
		if (!wanted || i->rootfs.source_fds[k] >= 0)
			continue;
		r = i->rootfs.source_fds[k] = open_source(i, step, &user_ns_fd, err);
		if (r < 0)
			return error_wrap(err, "mount %s", step->destination);
	}
	return 0;
}
