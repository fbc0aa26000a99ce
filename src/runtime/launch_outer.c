/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. A container whose map is not its user's whole one, or that is at a network, has a user namespace in
 * between ("outer") that has the whole map. A short-lived intermediate becomes root of it and makes
 * what takes that; the init is its child only for the kernel's notion of user namespaces, as it is
 * cloned with CLONE_PARENT.
 *
 *   caller                      intermediate                          init
 *   maps of the outer one ────► root of it (or joins it)
 *                               bind sources opened, streams given away
 *   ◄─ its mount namespace ──── a tmpfs for the metadata trees (or enters those that are there)
 *                               trees built, cloned; base ids; clone ─► early
 *   ◄──────────────── pid ───── maps and limits of the init
 *   ◄──────── root's mount ──── trees idmapped, overlay mounted
 *   maps are written, root ───────────────────────────────────────────► late
 *
 * The overlay belongs to the outer namespace, whose root may read every layer: so the container's root
 * needs no right to the files as they lie on the disk. It works with set-id bits and capabilities of
 * files, as the container's namespace is below the overlay's (mnt_may_suid in the kernel).
 * The tmpfs is in a mount namespace that several containers use; what only one needs (the clones) is
 * in a copy of that.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/child.h"
#include "runtime/init.h"
#include "runtime/sync.h"
#include "runtime/usermap.h"
#include "spec/spec.h"
#include "util/fd.h"
#include "util/log.h"
#include "util/str.h"
#include "util/sys.h"

#define PEER "the runtime"

static gid_t base_of(const struct idmap *map)
{
	uint32_t id = idmap_to_outside(map, 0);

	return id == IDMAP_NONE ? map->lines[0].outside : id;
}

int init_become_base(const struct idmap *uids, const struct idmap *gids,
		     struct error *err)
{
	uid_t uid = base_of(uids);
	gid_t gid = base_of(gids);

	if (sys_setresgid((gid_t)-1, gid, (gid_t)-1) < 0 ||
	    sys_setresuid((uid_t)-1, uid, (uid_t)-1) < 0)
		return error_set(err, ERR_SYSTEM, errno, "take the container's base ids");
	/* or nobody could open the init's /proc/PID to write its maps */
	if (prctl(PR_SET_DUMPABLE, 1) < 0)
		return error_set(err, ERR_SYSTEM, errno, "let the maps be written");
	return 0;
}

int init_become_root(struct error *err)
{
	if (sys_setresuid((uid_t)-1, 0, (uid_t)-1) < 0 ||
	    sys_setresgid((gid_t)-1, 0, (gid_t)-1) < 0)
		return error_set(err, ERR_SYSTEM, errno, "take root's ids back");
	return 0;
}

static int die_with_parent(struct error *err)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return error_set(err, ERR_SYSTEM, errno, "tie a helper to its parent");
	return 0;
}

/* Of the host's mounts as they are now: what appears or goes there later does so here too. */
static int follow_host_mounts(struct error *err)
{
	struct mount_attr attr = {.propagation = MS_SLAVE};

	if (sys_mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &attr) < 0)
		return error_set(err, ERR_SYSTEM, errno, "keep mounts from the host");
	return 0;
}

static int unshare_mounts(struct error *err)
{
	if (sys_unshare(CLONE_NEWNS) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a mount namespace");
	return 0;
}

/* One that is there: its mounts may be old, so first those of the host as they are now. Without trees the init clones
 * what it needs itself, in a mount namespace of its own. */
static int join(const struct launch_outer *o, struct error *err)
{
	int r = 0;

	if (o->user_ns_fd < 0)
		r = namespace_enter_owner(o->mount_ns_fd, err);
	else if (sys_setns(o->user_ns_fd, CLONE_NEWUSER) < 0)
		r = error_set(err, ERR_SYSTEM, errno, "enter the outer user namespace");
	return r < 0 || !o->trees ? r : unshare_mounts(err);
}

static int wait_for_maps(const struct init *i, struct error *err)
{
	return sync_expect(
		i->sync_fd,
		&(struct sync_expectation){.message = SYNC_MAPPED, .peer = PEER}, err);
}

static int become_outer_root(const struct init *i, struct error *err)
{
	const struct launch_outer *o = i->options->outer;
	bool is_there = o->mount_ns_fd >= 0 || o->user_ns_fd >= 0;
	int r = is_there ? join(o, err) : wait_for_maps(i, err);

	if (r == 0)
		r = child_take_ids(0, 0, err);
	if (r == 0)
		r = die_with_parent(err); /* the change of ids has undone it */
	if (r == 0 && o->trees)
		r = follow_host_mounts(err);
	return r;
}

void init_give_streams(const struct init *i, const struct idmap *uids)
{
	uint32_t uid = idmap_to_outside(uids, i->process.uid);

	for (int k = 0; k < 3; k++) {
		int fd = i->options->stdio_fd[k];
		struct stat st;

		if (fd < 0 || fstat(fd, &st) < 0 || !S_ISFIFO(st.st_mode))
			continue;
		if (fchown(fd, uid, (gid_t)-1) < 0)
			log_debug("stream %d stays uid %u's: %s", k, st.st_uid,
				  error_errno_text(errno));
	}
}

static int report_mount_namespace(const struct init *i, struct error *err)
{
	cleanup_fd int fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open the mount namespace");
	return sync_send(i->sync_fd, SYNC_OUTER, fd, err);
}

/* In a copy of the mount namespace that has the trees. */
static int enter_trees(const struct init *i, struct error *err)
{
	int mount_ns_fd = i->options->outer->mount_ns_fd, r;

	if (mount_ns_fd < 0) {
		r = overlay_mount_trees(i->options->outer->trees, err);
		if (r == 0)
			r = report_mount_namespace(i, err);
	} else {
		r = sys_setns(mount_ns_fd, CLONE_NEWNS) < 0
			    ? error_set(err, ERR_SYSTEM, errno,
					"enter the outer mount namespace")
			    : 0;
	}
	return r < 0 ? r : unshare_mounts(err);
}

/* New files of the engine's, in directories that only the user can write. */
static int give_away(const struct init *i, struct error *err)
{
	uid_t uid = base_of(&i->outer_uids);
	gid_t gid = base_of(&i->outer_gids);

	strv_foreach (path, i->options->outer->give)
		if (lchown(*path, uid, gid) < 0)
			return error_set(err, ERR_SYSTEM, errno,
					 "give %s to the container", *path);
	return 0;
}

static int open_layers(const struct init *i, struct overlay_dirs *ret, struct error *err)
{
	mode_t old = umask(0);
	int r = overlay_open_trees(i->options->overlay, i->options->outer->trees, ret,
				   err);

	umask(old);
	return r;
}

/* Attached only now: a mount that is in a namespace can't be idmapped any more. */
static int mount_root(const struct init *i, const struct overlay_dirs *d, int user_ns_fd,
		      struct error *err)
{
	/* never NULL: only then is the root mounted here */
	const char *trees = i->options->outer->trees, *place = trees ? trees : "";
	cleanup_fd int place_fd = open(place, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r = place_fd < 0 ? error_set(err, ERR_SYSTEM, errno, "open %s", place)
			     : overlay_idmap(d, user_ns_fd, err);

	if (r == 0)
		r = overlay_attach(d, place_fd, err);
	return r < 0 ? r : overlay_mount(d, err);
}

static int write_maps(const struct init *i, pid_t pid, struct error *err)
{
	cleanup_usermap struct usermap maps = USERMAP_INIT;
	int r = usermap_begin(&maps, pid, &i->outer_uids, &i->outer_gids, err);

	if (r == 0)
		r = usermap_end(&maps, err);
	return r < 0 ? r
		     : process_apply_limits(&i->process, pid, i->rootfs.host_proc_fd,
					    err);
}

/* What the intermediate makes. */
struct made {
	struct overlay_dirs layers;
	pid_t pid;
	int pid_fd, root_fd;
};

/* The container's user namespace is new. Return: 0 in the init. */
static pid_t make_new(struct init *i, struct made *m, struct error *err)
{
	cleanup_fd int user_ns_fd = -EBADF;
	int r = init_become_base(&i->outer_uids, &i->outer_gids, err);

	if (r < 0)
		return r;
	m->pid = init_clone(i, CLONE_PARENT, &m->pid_fd, err);
	if (m->pid <= 0)
		return m->pid;
	r = init_become_root(err);
	if (r == 0)
		r = init_place(i, m->pid, &i->outer_uids, &i->outer_gids, err);
	if (r == 0)
		r = write_maps(i, m->pid, err);
	if (r == 0)
		r = user_ns_fd = namespace_open_user(m->pid, err);
	if (r >= 0 && i->rootfs.root_is_given)
		r = m->root_fd = mount_root(i, &m->layers, user_ns_fd, err);
	return r < 0 ? r : m->pid;
}

/* It is joined: all that takes root of the outer one comes before. */
static pid_t make_joined(struct init *i, struct made *m, struct error *err)
{
	int r = 0;

	if (i->rootfs.root_is_given)
		r = m->root_fd =
			mount_root(i, &m->layers, i->namespaces.join_fd[NS_USER], err);
	if (r < 0)
		return r;
	m->pid = init_join_and_clone(i, &m->pid_fd, err);
	return m->pid;
}

static pid_t make(struct init *i, struct made *m, struct error *err)
{
	int r = die_with_parent(err);

	if (r == 0)
		r = become_outer_root(i, err);
	if (r == 0)
		r = init_open_sources(i, err);
	if (r == 0 && i->outer_uids.n_lines)
		r = give_away(i, err);
	if (r == 0 && i->options->base_creates)
		init_give_streams(i, &i->outer_uids);
	if (r == 0 && i->options->outer->trees)
		r = enter_trees(i, err);
	if (r == 0 && i->rootfs.root_is_given)
		r = open_layers(i, &m->layers, err);
	if (r < 0)
		return r;
	return i->namespaces.join_fd[NS_USER] >= 0 ? make_joined(i, m, err)
						   : make_new(i, m, err);
}

_noreturn_ void init_outer(struct init *i)
{
	cleanup_error struct error err = ERROR_INIT;
	struct made m = {
		.layers = OVERLAY_DIRS_INIT, .pid_fd = -EBADF, .root_fd = -EBADF};
	int r = make(i, &m, &err);

	if (r == 0) {
		overlay_dirs_release(&m.layers);
		init_run(i);
	}
	if (r > 0)
		r = sync_send_pid(i->sync_fd, m.pid, m.pid_fd, &err);
	if (r == 0)
		r = sync_send(i->sync_fd, SYNC_ROOT, m.root_fd, &err);
	if (r < 0 && m.pid_fd >= 0)
		(void)sys_pidfd_send_signal(m.pid_fd, SIGKILL);
	if (r < 0)
		sync_send_error(i->sync_fd, &err);
	_exit(r < 0 ? 125 : 0);
}
