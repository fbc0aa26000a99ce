/* SPDX-License-Identifier: Apache-2.0 */
/* Where images, containers and their live state lie. */
#include <inttypes.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "engine/doctor_rules.h"
#include "engine/id_facts.h"
#include "util/str.h"

#define FEW_BYTES  1000000000 /* an image of a distribution with tools */
#define FEW_INODES 50000

/* Source: statfs(2). */
#define MAGIC_BTRFS_TEST 0x73727279
#define MAGIC_CIFS       0xff534d42
#define MAGIC_SMB2       0xfe534d42
#define MAGIC_XFS        0x58465342
#define MAGIC_ZFS        0x2fc12fc1
#define MAGIC_BCACHEFS   0xca451a4e
#define MAGIC_CEPH       0x00c36400
#define MAGIC_VFAT       0x4d44
#define MAGIC_NTFS3      0x7366746e
#define MAGIC_EXFAT      0x2011bab0
#define MAGIC_9P         0x01021997
#define MAGIC_LUSTRE     0x0bd00bd0
#define MAGIC_GPFS       0x47504653

static const struct {
	uint64_t magic;
	const char *name;
	bool refused; /* as an overlay's upper directory */
} file_systems[] = {
	{EXT4_SUPER_MAGIC, "ext4", false},
	{MAGIC_XFS, "xfs", false},
	{BTRFS_SUPER_MAGIC, "btrfs", false},
	{MAGIC_BTRFS_TEST, "btrfs", false},
	{F2FS_SUPER_MAGIC, "f2fs", false},
	{MAGIC_BCACHEFS, "bcachefs", false},
	{MAGIC_ZFS, "zfs", false},
	{TMPFS_MAGIC, "tmpfs", false},
	{RAMFS_MAGIC, "ramfs", false},
	{OVERLAYFS_SUPER_MAGIC, "overlay", true},
	{NFS_SUPER_MAGIC, "nfs", true},
	{MAGIC_CIFS, "cifs", true},
	{MAGIC_SMB2, "cifs", true},
	{MAGIC_CEPH, "ceph", true},
	{MAGIC_9P, "9p", true},
	{MAGIC_LUSTRE, "lustre", true},
	{MAGIC_GPFS, "gpfs", true},
	{AFS_SUPER_MAGIC, "afs", true},
	{FUSE_SUPER_MAGIC, "fuse", true},
	{MAGIC_VFAT, "vfat", true},
	{MAGIC_EXFAT, "exfat", true},
	{MAGIC_NTFS3, "ntfs", true},
	{ECRYPTFS_SUPER_MAGIC, "ecryptfs", true},
};

const char *doctor_fs_name(uint64_t magic)
{
	for (size_t i = 0; i < ARRAY_SIZE(file_systems); i++)
		if (file_systems[i].magic == magic)
			return file_systems[i].name;
	return NULL;
}

bool doctor_fs_is_refused(uint64_t magic)
{
	for (size_t i = 0; i < ARRAY_SIZE(file_systems); i++)
		if (file_systems[i].magic == magic)
			return file_systems[i].refused;
	return false;
}

const char *doctor_fs_word(const struct doctor_dir *d)
{
	const char *name = doctor_fs_name(d->fs_magic);

	return name ? name : "a file system that cubby does not know";
}

static void remount(struct doctor_check *c, const char *path, const char *option)
{
	cleanup_free char *quoted = id_facts_quote(path);

	check_command(c, true, "mount -o remount,%s \"$(findmnt -nT %s -o TARGET)\"",
		      option, quoted);
}

bool doctor_judge_dir(const struct doctor_facts *f, const struct doctor_dir *d,
		      struct doctor_check *c)
{
	c->essential = true;
	if (!d->path) {
		check_set(c, DOCTOR_MISSING, "%s",
			  d->problem ? d->problem : "there is no place for it");
		check_remedy(c, "Set HOME, or say where: cubby --root DIR ...");
		return false;
	}
	if (d->in_the_way) {
		check_set(c, DOCTOR_MISSING, "%s is not a directory", d->existing);
		check_remedy(
			c,
			"Move it away, or keep things elsewhere: cubby --root DIR --runroot DIR ...");
		return false;
	}
	if (d->exists && d->owner != f->uid) {
		check_set(c, DOCTOR_MISSING, "%s belongs to uid %u, not to you (%u)",
			  d->path, d->owner, f->uid);
		check_remedy(
			c,
			"Run cubby as uid %u, or keep things elsewhere: cubby --root DIR "
			"--runroot DIR ...",
			d->owner);
		return false;
	}
	cleanup_free char *path = id_facts_quote(d->path);

	if (d->exists && (d->mode & (S_IWGRP | S_IWOTH))) {
		check_set(c, DOCTOR_MISSING, "%s can be written to by others", d->path);
		check_command(c, false, "chmod go-w %s", path);
		return false;
	}
	if (d->writable)
		return true;
	if (d->mount_flags & ST_RDONLY) {
		check_set(c, DOCTOR_MISSING, "%s is mounted read-only", d->existing);
		remount(c, d->existing, "rw");
	} else if (d->exists) {
		check_set(c, DOCTOR_MISSING, "%s can't be written to", d->path);
		check_command(c, false, "chmod u+rwx %s", path);
	} else {
		check_set(c, DOCTOR_MISSING, "%s can't be made in %s", d->path,
			  d->existing);
		check_command(c, true, "install -d -m 0700 -o %u %s", f->uid, path);
	}
	return false;
}

static void judge_data(const struct doctor_facts *f, struct doctor_check *c)
{
	const struct doctor_dir *d = &f->data;

	if (doctor_judge_dir(f, d, c))
		check_set(c, DOCTOR_OK, "%s on %s%s", d->path, doctor_fs_word(d),
			  d->exists ? "" : " (made when needed)");
	else if (c->command && !c->as_root)
		c->fix = DOCTOR_FIX_DATA_MODE;
}

static void judge_space(const struct doctor_facts *f, struct doctor_check *c)
{
	const struct doctor_dir *d = &f->data;
	cleanup_free char *free_space = doctor_size(d->free_bytes);

	if (!d->path || d->fs_magic == 0) {
		check_set(c, DOCTOR_UNTRIED, "there is no data directory");
		return;
	}
	if (d->free_bytes < FEW_BYTES) {
		check_set(c, DOCTOR_DEGRADED, "only %s free", free_space);
		check_command(c, false, "cubby system prune");
		check_remedy(
			c,
			"Remove what is not used, or keep the data elsewhere: cubby --root DIR.");
	} else if (d->has_inodes && d->free_inodes < FEW_INODES) {
		check_set(c, DOCTOR_DEGRADED, "%s free, but only %" PRIu64 " inodes",
			  free_space, d->free_inodes);
		check_remedy(
			c,
			"Keep the data on a file system with more inodes: cubby --root DIR.");
	} else if (d->has_inodes) {
		check_set(c, DOCTOR_OK, "%s and %" PRIu64 " inodes free", free_space,
			  d->free_inodes);
	} else {
		check_set(c, DOCTOR_OK, "%s free", free_space);
	}
}

static void judge_overlay(const struct doctor_facts *f, struct doctor_check *c)
{
	const struct probe *p = &f->probes[PROBE_OVERLAY];

	if (check_probe(c, p, DOCTOR_MISSING)) {
		check_set(c, DOCTOR_OK, "written, whiteouts and opaque directories made");
		return;
	}
	if (c->status == DOCTOR_UNTRIED)
		return;
	if (p->code == ENODEV)
		check_command(c, true, "modprobe overlay");
	else if (doctor_fs_is_refused(f->data.fs_magic))
		check_remedy(
			c,
			"Overlay does not work on %s; keep the data on ext4, xfs or btrfs: "
			"cubby --root DIR.",
			doctor_fs_word(&f->data));
}

static void judge_exec(const struct doctor_facts *f, struct doctor_check *c)
{
	if (check_probe(c, &f->probes[PROBE_OVERLAY_EXEC], DOCTOR_MISSING))
		check_set(c, DOCTOR_OK, "what lies on it may be executed");
	else if (c->status == DOCTOR_MISSING && (f->data.mount_flags & ST_NOEXEC))
		remount(c, f->data.existing, "exec");
}

static void judge_layers(const struct doctor_facts *f, struct doctor_check *c)
{
	if (check_probe(c, &f->probes[PROBE_LOWERDIR_ADD], DOCTOR_DEGRADED))
		check_set(c, DOCTOR_OK, "up to 500");
	else if (c->status == DOCTOR_DEGRADED &&
		 f->probes[PROBE_OVERLAY].state == PROBE_WORKS)
		check_set(c, DOCTOR_OK, "up to 500, mounted by one list");
}

static const struct doctor_rule rules[] = {
	{"data-directory", "data directory",
	 "Images and containers are kept there; nobody else may write to it.",
	 "without a place for their data", judge_data},
	{"data-space", "free space",
	 "Images are unpacked there, and containers write there.", "without room",
	 judge_space},
	{"overlay", "overlay",
	 "Containers of an image share its layers, and each writes to one of its own.",
	 "not from images (--rootfs only)", judge_overlay,
	 "a user namespace and a data directory"},
	{"overlay-exec", "programs on it", "The programs of containers lie there.",
	 "not the programs of images", judge_exec,
	 "a user namespace and a data directory"},
	{"many-layers", "layers of an image", "Some images have hundreds.",
	 "with few layers only", judge_layers, "a user namespace and a data directory"},
};
const struct doctor_subject doctor_storage = {"Storage", rules, ARRAY_SIZE(rules)};
