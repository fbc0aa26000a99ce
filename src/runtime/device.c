/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. A node is made where mknod(2) is allowed and bound from the host
 * where it isn't (in a user namespace, without CAP_MKNOD, or when something else has the
 * name already: a root file system is never changed to fit). What is bound was opened
 * first and proven by fstat(2) to be the device meant, whatever its name; the place is
 * made in, or opened below, a directory held by fd, never through a link.
 *
 * /dev is opened without following links: were it one, nodes would appear in a directory
 * of its maker's choice (CVE-2026-41579, CVE-2026-47766).
 *
 * A /dev bound from elsewhere (the host's) is its owner's business: nothing is made in
 * it, as with runc.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "runtime/mount_fs.h"
#include "runtime/rootfs.h"
#include "spec/spec.h"
#include "util/fs.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"
#include "util/sys.h"

#define NODE_MODE   0666
#define UEVENT_MAX  4096
#define DEV_DIR     "/dev"
#define DEV_DIR_LEN strlen("/dev/")

struct node {
	const char *path; /* as the spec has it */
	mode_t type;      /* S_IFCHR, S_IFBLK, S_IFIFO */
	dev_t rdev;
	mode_t mode;
	uid_t uid;
	gid_t gid;
};

/* Where a node goes: a directory and a name in it. */
struct place {
	int dirfd; /* borrowed */
	const char *name;
};

/* runtime-spec config-linux.md 'Default Devices' */
static const struct {
	const char *path;
	unsigned int major, minor;
} default_nodes[] = {
	{"/dev/null", 1, 3},   {"/dev/zero", 1, 5},    {"/dev/full", 1, 7},
	{"/dev/random", 1, 8}, {"/dev/urandom", 1, 9}, {"/dev/tty", 5, 0},
};

static void umask_restore(const mode_t *mask)
{
	(void)umask(*mask);
}

static bool is_device(const struct stat *st, const struct node *n)
{
	return (st->st_mode & S_IFMT) == n->type &&
	       (n->type == S_IFIFO || st->st_rdev == n->rdev);
}

/* The host's name for a device number, as the kernel has it; NULL if it knows none. */
static char *kernel_name(const struct node *n)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *text = NULL;
	cleanup_free char *path = xasprintf("/sys/dev/%s/%u:%u/uevent",
					    n->type == S_IFBLK ? "block" : "char",
					    major(n->rdev), minor(n->rdev));
	size_t len;

	if (fs_read(AT_FDCWD, path, UEVENT_MAX, &text, &len, &err) < 0) {
		error_drop(&err, "the device's own path is all there is");
		return NULL;
	}
	cleanup_strv char **lines = str_split(text, '\n');
	strv_foreach (line, lines)
		if (str_starts(*line, "DEVNAME="))
			return fs_join(DEV_DIR, *line + strlen("DEVNAME="));
	return NULL;
}

/* Return: a detached clone of the host's node, or -ENOENT if that path isn't this device.
 */
static int clone_host_node(const struct node *n, const char *path)
{
	cleanup_fd int fd =
		sys_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !is_device(&st, n))
		return -ENOENT;
	return TAKE_FD(fd);
}

static int open_host_node(const struct rootfs *r, const struct node *n, struct error *err)
{
	cleanup_free char *other = NULL;
	cleanup_fd int fd = clone_host_node(n, n->path);

	if (fd < 0 && (other = kernel_name(n)))
		fd = clone_host_node(n, other);
	if (fd < 0) {
		(void)error_set(err, ERR_NOT_FOUND, fd == -ENOENT ? 0 : -fd,
				"the host has no device node %s with number %u:%u",
				n->path, major(n->rdev), minor(n->rdev));
		return error_hint(
			err, "%s",
			r->in_user_ns
				? "in a user namespace devices cannot be made, only taken from the host: leave this one out"
				: "the device cannot be made here: CAP_MKNOD is missing");
	}
	/* Or a container's root could change mode and owner of the host's node through
	 * it. */
	struct mount_attr attr = {.attr_set = r->in_user_ns ? 0 : MOUNT_ATTR_RDONLY,
				  .propagation = MS_PRIVATE};
	int result = r->in_user_ns && r->plan->host_propagation == MS_PRIVATE
			     ? 0
			     : mount_set(fd, false, &attr);
	if (result < 0)
		return error_set(err, ERR_SYSTEM, -result, "bind the host's node");
	return TAKE_FD(fd);
}

/* An empty file to mount on, or what has the name already (a link itself, not its
 * target). */
static int open_bind_target(const struct place *p)
{
	int fd = openat(p->dirfd, p->name,
			O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd < 0 && errno == EEXIST)
		fd = openat(p->dirfd, p->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int bind_node(const struct rootfs *r, const struct node *n, const struct place *p,
		     struct error *err)
{
	cleanup_fd int host_fd = open_host_node(r, n, err);

	if (host_fd < 0)
		return host_fd;
	cleanup_fd int target_fd = open_bind_target(p);
	if (target_fd < 0)
		return error_set(err, ERR_SYSTEM, -target_fd, "make the mount point");
	int result = mount_attach(host_fd, target_fd, NULL);
	if (result < 0)
		return error_set(err, ERR_SYSTEM, -result, "bind the host's node");
	return 0;
}

static int make_node(const struct node *n, const struct place *p, struct error *err)
{
	if (mknodat(p->dirfd, p->name, n->type | n->mode, n->rdev) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make the node");
	if ((n->uid || n->gid) &&
	    fchownat(p->dirfd, p->name, n->uid, n->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return error_set(err, ERR_SYSTEM, errno, "give the node to %u:%u", n->uid,
				 n->gid);
	return 0;
}

/* Whether the name is taken by the device itself or by a mount that was asked for. */
static bool is_there(const struct rootfs *r, const struct node *n, const struct place *p)
{
	cleanup_free char *target = path_clean(n->path);
	struct stat st;

	if (fstatat(p->dirfd, p->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	return is_device(&st, n) || mount_plan_at(r->plan, target);
}

static int place_node(const struct rootfs *r, const struct node *n, const struct place *p,
		      struct error *err)
{
	int result = -EPERM;

	if (!r->in_user_ns || n->type == S_IFIFO)
		result = make_node(n, p, err);
	if (result == 0 || (result == -EEXIST && is_there(r, n, p))) {
		error_release(err);
		return 0;
	}
	if (n->type == S_IFIFO || (result != -EPERM && result != -EEXIST))
		return result;
	error_release(err);
	if (r->in_user_ns && is_there(r, n, p))
		return 0;
	return bind_node(r, n, p, err);
}

static int make_in_root(const struct rootfs *r, const struct node *n, int dev_fd,
			struct error *err)
{
	const char *name = n->path + DEV_DIR_LEN;
	struct place p = {.dirfd = dev_fd, .name = name};
	cleanup_fd int parent_fd = -EBADF;
	cleanup_free char *last = NULL;

	if (!str_starts(n->path, DEV_DIR "/") || strchr(name, '/') ||
	    str_eq(name, "..") || str_eq(name, ".") || str_empty(name)) {
		int result = path_open_parent(r->root_fd, n->path, true, &parent_fd,
					      &last, err);
		if (result < 0)
			return result;
		p = (struct place){.dirfd = parent_fd, .name = last};
	}
	return place_node(r, n, &p, err);
}

static int node_from_spec(const struct spec_device *d, struct node *ret,
			  struct error *err)
{
	char type = d->type ? d->type[0] : '\0';

	*ret = (struct node){
		.path = d->path,
		.type = type == 'b'   ? S_IFBLK
			: type == 'p' ? S_IFIFO
				      : S_IFCHR,
		.mode = d->has_file_mode ? d->file_mode & 07777 : NODE_MODE,
		.uid = d->has_uid ? d->uid : 0,
		.gid = d->has_gid ? d->gid : 0,
	};
	if (ret->type == S_IFIFO)
		return 0;
	if (!d->has_major || !d->has_minor || d->major < 0 || d->minor < 0)
		return error_set(err, ERR_INVALID, 0,
				 "major and minor numbers are missing");
	ret->rdev = makedev((unsigned int)d->major, (unsigned int)d->minor);
	return 0;
}

static bool spec_has(const struct spec_linux *l, const char *path)
{
	for (size_t i = 0; i < l->n_devices; i++)
		if (str_eq(l->devices[i].path, path))
			return true;
	return false;
}

static int make_nodes(const struct rootfs *r, int dev_fd, struct error *err)
{
	const struct spec_linux *l = r->spec->linux;
	cleanup(umask_restore) _unused_ mode_t mask = umask(0);
	struct node n;

	for (size_t i = 0; i < ARRAY_SIZE(default_nodes); i++) {
		if (spec_has(l, default_nodes[i].path))
			continue;
		n = (struct node){
			.path = default_nodes[i].path,
			.type = S_IFCHR,
			.rdev = makedev(default_nodes[i].major, default_nodes[i].minor),
			.mode = NODE_MODE,
		};
		int result = make_in_root(r, &n, dev_fd, err);
		if (result < 0)
			return error_wrap(err, "device %s", default_nodes[i].path);
	}
	for (size_t i = 0; i < l->n_devices; i++) {
		int result = node_from_spec(&l->devices[i], &n, err);
		if (result == 0)
			result = make_in_root(r, &n, dev_fd, err);
		if (result < 0)
			return error_wrap(err, "linux.devices[%zu]: device %s", i,
					  l->devices[i].path);
	}
	return 0;
}

/*
 * An image may have its own idea of these names, and keeps it; but for ptmx, where a node
 * of the host's devpts, as debootstrap makes one, would lead to the wrong terminals.
 */
static int make_link(int dev_fd, const char *name, const char *target, bool replace,
		     struct error *err)
{
	if (symlinkat(target, dev_fd, name) == 0)
		return 0;
	if (errno == EEXIST && !replace)
		return 0;
	char there[64];
	ssize_t n = errno == EEXIST ? readlinkat(dev_fd, name, there, sizeof(there)) : -1;
	if (n == (ssize_t)strlen(target) && memcmp(there, target, (size_t)n) == 0)
		return 0;
	if (replace && unlinkat(dev_fd, name, 0) == 0 &&
	    symlinkat(target, dev_fd, name) == 0)
		return 0;
	return error_set(err, ERR_SYSTEM, errno, "make the link /dev/%s", name);
}

static int make_links(const struct rootfs *r, int dev_fd, struct error *err)
{
	static const struct {
		const char *name, *target;
	} links[] = {
		{"fd", "/proc/self/fd"},       {"stdin", "/proc/self/fd/0"},
		{"stdout", "/proc/self/fd/1"}, {"stderr", "/proc/self/fd/2"},
		{"ptmx", "pts/ptmx"},          {"core", "/proc/kcore"},
	};
	bool has_core = faccessat(r->host_proc_fd, "kcore", F_OK, 0) == 0;

	for (size_t i = 0; i < ARRAY_SIZE(links) - (has_core ? 0 : 1); i++) {
		int result = make_link(dev_fd, links[i].name, links[i].target,
				       str_eq(links[i].name, "ptmx"), err);
		if (result < 0)
			return result;
	}
	return 0;
}

static int open_dev(const struct rootfs *r, struct error *err)
{
	int fd = path_open_nolink(r->root_fd, DEV_DIR, O_PATH | O_DIRECTORY, false, err);

	if (fd == -ENOENT) {
		error_release(err);
		fd = path_make_dir(r->root_fd, DEV_DIR, 0755, err);
		if (fd >= 0) {
			close(fd);
			fd = path_open_nolink(r->root_fd, DEV_DIR, O_PATH | O_DIRECTORY,
					      false, err);
		}
	}
	if (fd == -ELOOP)
		return error_set(err, ERR_DENIED, ELOOP,
				 "/dev is a symbolic link in the root file system");
	return fd < 0 ? error_wrap(err, "open /dev of the root file system") : fd;
}

int device_create(struct rootfs *r, struct error *err)
{
	const struct mount_step *dev = mount_plan_at(r->plan, DEV_DIR);

	if (dev && dev->kind == MOUNT_BIND) {
		log_debug("/dev is bound from %s: nothing is made in it", dev->source);
		return 0;
	}
	cleanup_fd int dev_fd = open_dev(r, err);
	if (dev_fd < 0)
		return dev_fd;
	int result = make_nodes(r, dev_fd, err);
	return result < 0 ? result : make_links(r, dev_fd, err);
}
