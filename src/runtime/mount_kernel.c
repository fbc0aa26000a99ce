/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may mount what in a user namespace: the namespace that the content belongs to must
 * be owned by it (proc: pid, sysfs: network, mqueue: ipc, cgroup2: cgroup), and for proc
 * and sysfs another instance must be in sight that nothing covers. Otherwise:
 *
 *   proc, mqueue  the container shares the host's namespace: the host's own mount is
 * bound sysfs         the host's, bound read-only as a tree: it is about hardware, and
 * below it lie cgroups cgroup        never writable unless it is a cgroup namespace of
 * the container's own over a cgroup of its own: the host's tree has files that a rootless
 * user owns (CVE-2023-25809), and version 1 has release_agent (CVE-2022-0492). A host
 * without any: an empty directory, which a container with CAP_SYS_ADMIN gets as well: it could take the read-only off
 * what is bound.
 *
 * Runs before pivot_root: absolute paths here are the host's.
 */
#include "runtime/mount_kernel.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "runtime/mount_fs.h"
#include "runtime/outer_container.h"
#include "runtime/process.h"
#include "runtime/rootfs.h"
#include "spec/spec.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"

#define CGROUP_ROOT "/sys/fs/cgroup"

static const struct kernel_fs {
	const char *type, *host_path;
	size_t owned; /* offset of the bool in struct rootfs */
	bool readonly;
} kernel_fs[] = {
	{"proc", "/proc", offsetof(struct rootfs, own_pid_ns), false},
	{"sysfs", "/sys", offsetof(struct rootfs, own_net_ns), true},
	{"mqueue", "/dev/mqueue", offsetof(struct rootfs, own_ipc_ns), false},
};

static const struct kernel_fs *find_kernel_fs(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(kernel_fs); i++)
		if (str_eq(kernel_fs[i].type, type))
			return &kernel_fs[i];
	return NULL;
}

/* The flags asked for are added to those that the tree has; none is taken off. */
static int bind_host(const struct mount_step *step, const char *path, bool readonly,
		     struct error *err)
{
	struct mount_attr attr = {
		.attr_set = (step->attr_set | step->rec_attr_set) &
			    ~(uint64_t)MOUNT_ATTR__ATIME,
		.propagation = MS_PRIVATE,
	};
	cleanup_fd int fd = mount_clone(AT_FDCWD, path, true);

	if (fd < 0)
		return error_set(err, ERR_SYSTEM, -fd, "bind the host's %s", path);
	if (readonly)
		attr.attr_set |= MOUNT_ATTR_RDONLY;
	int r = mount_set(fd, true, &attr);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "set the flags of the host's %s",
				 path);
	log_debug("mount %s: the host's %s%s", step->target, path,
		  readonly ? ", read-only" : "");
	return TAKE_FD(fd);
}

static bool gid_is_mapped(const struct rootfs *r, const char *text)
{
	const struct spec_linux *l = r->spec->linux;
	cleanup_error struct error err = ERROR_INIT;
	cleanup_idmap struct idmap gids = {0};
	uint32_t gid;

	if (!r->in_user_ns || str_to_u32(text, &gid) < 0)
		return true; /* a wrong number is the kernel's to refuse */
	if (l->n_gid_mappings)
		idmap_from_spec(&gids, l->gid_mappings, l->n_gid_mappings);
	else if (idmap_read("/proc/self/gid_map", &gids, &err) < 0)
		error_drop(&err, "let the kernel judge the group of the terminals");
	return gids.n_lines == 0 || idmap_to_outside(&gids, gid) != IDMAP_NONE;
}

/*
 * Engines give devpts the group 5 (tty) always; where only a few ids are mapped
 * terminals keep the group of their opener, as without the option.
 */
static char **devpts_options(const struct rootfs *r, const struct mount_step *step)
{
	cleanup_strv char **options = NULL;

	strv_foreach (option, step->fs_options) {
		if (str_starts(*option, "gid=") &&
		    !gid_is_mapped(r, *option + strlen("gid=")))
			log_debug("mount %s: %s is not mapped, left out", step->target,
				  *option);
		else
			strv_add(&options, *option);
	}
	return TAKE_PTR(options);
}

static bool has_option(const struct mount_step *step, const char *key)
{
	strv_foreach (option, step->fs_options)
		if (str_starts(*option, key))
			return true;
	return false;
}

/* A tmpfs over a directory that exists looks like it: /tmp stays 1777, /root 0700. */
static char **tmpfs_options(const struct mount_step *step, int target_fd, bool is_new)
{
	cleanup_strv char **options = NULL;
	struct stat st;

	if (is_new || fstat(target_fd, &st) < 0)
		return NULL;
	if (!has_option(step, "mode="))
		strv_addf(&options, "mode=%o", st.st_mode & 07777);
	if (step->fill && st.st_uid && !has_option(step, "uid="))
		strv_addf(&options, "uid=%u", st.st_uid);
	if (step->fill && st.st_gid && !has_option(step, "gid="))
		strv_addf(&options, "gid=%u", st.st_gid);
	return TAKE_PTR(options);
}

static void explain(const struct rootfs *r, const struct mount_step *step,
		    struct error *err)
{
	const struct spec_namespace *pid = spec_namespace(r->spec, "pid");

	if (err->code != EPERM || !r->in_user_ns)
		return;
	if (!str_eq(step->type, "proc"))
		error_hint(err, "a user namespace may not mount every file system type");
	else if (pid && pid->path)
		error_hint(
			err,
			"the pid namespace %s belongs to another user namespace: join that one too",
			pid->path);
	else if (!outer_container_hint(err))
		error_hint(
			err,
			"the host's own /proc is partly covered, as it is inside another container: "
			"let that one show all of it (podman and docker: "
			"--security-opt systempaths=unconfined)");
}

int mount_kernel_new(const struct rootfs *r, const struct mount_step *step, int target_fd,
		     bool is_new, struct error *err)
{
	const struct kernel_fs *k = find_kernel_fs(step->type);
	cleanup_strv char **more = NULL, **own = NULL;
	struct mount_fs fs = {
		.type = step->type,
		.source = step->source,
		.options = step->fs_options,
		.attrs = step->attr_set | step->rec_attr_set,
		.readonly = step->superblock_readonly,
	};

	if (k && r->in_user_ns && !*(const bool *)((const char *)r + k->owned))
		return bind_host(step, k->host_path, k->readonly, err);
	if (!k)
		fs.label = mount_label(r->spec->linux->mount_label);
	if (str_eq(step->type, "tmpfs"))
		fs.more = more = tmpfs_options(step, target_fd, is_new);
	if (str_eq(step->type, "devpts"))
		fs.options = own = devpts_options(r, step);
	if (step->late_readonly)
		fs.attrs &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	int fd = mount_fs_new(&fs, err);
	if (fd == -EPERM && r->in_user_ns && k && k->readonly) {
		error_drop(err, "the host's is bound instead");
		return bind_host(step, k->host_path, true, err);
	}
	if (fd < 0)
		explain(r, step, err);
	return fd;
}

/* A mount that was made read-only in the container's own namespaces is its root's to make writable again. */
static bool may_remount(const struct spec *spec)
{
	const struct spec_capabilities *c =
		spec->process ? spec->process->capabilities : NULL;

	char *const *bounding = c ? c->bounding : NULL;
	int number;

	strv_foreach (name, bounding)
		if (capability_parse(*name, &number) == 0 && number == CAP_SYS_ADMIN)
			return true;
	return false;
}

static int empty_directory(const struct mount_step *step, const char *why,
			   struct error *err)
{
	struct mount_fs fs = {
		.type = "tmpfs",
		.source = "none",
		.attrs = step->attr_set | MOUNT_ATTR_RDONLY,
	};

	log_debug("mount %s: an empty directory, as %s", step->target, why);
	return mount_fs_new(&fs, err);
}

int mount_cgroup_new(const struct rootfs *r, const struct mount_step *step,
		     struct error *err)
{
	struct statfs st;
	bool writable = !r->in_user_ns;
	bool own_cgroup = r->new_cgroup_ns && r->cgroup_fd >= 0;
	struct mount_fs fs = {
		.type = "cgroup2",
		.source = step->source,
		.options = step->fs_options,
		.attrs = step->attr_set | step->rec_attr_set,
	};

	if (r->own_cgroup_ns) {
		if (r->in_user_ns && !own_cgroup)
			fs.attrs |= MOUNT_ATTR_RDONLY;
		int fd = mount_fs_new(&fs, err);
		if (fd >= 0 || (fd != -EPERM && fd != -EBUSY && fd != -ENODEV))
			return fd;
		error_drop(err, "the host's is bound instead, read-only");
		writable = false;
	}
	if (statfs(CGROUP_ROOT, &st) < 0)
		return empty_directory(step, "the host has no cgroups", err);
	if (r->in_user_ns && may_remount(r->spec))
		return empty_directory(
			step, "the container could make the host's writable", err);
	return bind_host(step, CGROUP_ROOT, !writable || st.f_type != CGROUP2_SUPER_MAGIC,
			 err);
}
