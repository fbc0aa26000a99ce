/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is mounted, and in which order: the kernel's file systems first, then all else by
 * depth, so that a mount never hides one that was asked for below it. A default gives way
 * to a mount of the user's at the same place or above.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "engine/create_plan.h"
#include "engine/create_steps.h"
#include "engine/joined.h"
#include "engine/paths.h"
#include "engine/spec_gen.h"
#include "runtime/outer_container.h"
#include "spec/spec.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

#define TTY_GROUP 5 /* of pts, on Debian, Fedora, Alpine and their kin */

struct mount_text {
	const char *destination, *type, *source;
	const char *options; /* separated by commas */
};

static struct spec_mount *add_mount(struct spec *spec, const struct mount_text *text)
{
	struct spec_mount *m = SPEC_APPEND(&spec->mounts, &spec->n_mounts);

	m->destination = xstrdup(text->destination);
	m->type = xstrdup(text->type);
	m->source = xstrdup(text->source);
	m->options = text->options ? str_split(text->options, ',') : NULL;
	return m;
}

static void add_default(const struct create_plan *p, struct spec *spec,
			const struct mount_text *text)
{
	if (volumes_cover(&p->volumes, text->destination) ||
	    volumes_cover(&p->tmpfs, text->destination))
		return;
	(void)add_mount(spec, text);
}

static void add_pts(const struct create_plan *p, struct spec *spec)
{
	bool has_group = p->gids.n_lines == 0 ||
			 idmap_to_outside(&p->gids, TTY_GROUP) != IDMAP_NONE;

	add_default(
		p, spec,
		&(struct mount_text){
			"/dev/pts", "devpts", "devpts",
			has_group
				? "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5"
				: "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620"});
}

/* A user namespace may mount a sysfs only for a network namespace that belongs to it. */
static void add_sys(const struct create_plan *p, struct spec *spec)
{
	bool writable = p->options->privileged;

	/* a path may lead to any */
	if ((p->network_host || p->sharing.options[NS_NETWORK].mode == NAMESPACE_PATH) &&
	    p->uids.n_lines)
		add_default(
			p, spec,
			&(struct mount_text){
				"/sys", "bind", "/sys",
				writable ? "rbind,rprivate,nosuid,noexec,nodev"
					 : "rbind,rprivate,nosuid,noexec,nodev,ro,rro"});
	else
		add_default(p, spec,
			    &(struct mount_text){"/sys", "sysfs", "sysfs",
						 writable ? "nosuid,noexec,nodev"
							  : "nosuid,noexec,nodev,ro"});
	if (security_is_unmasked(&p->security, "/sys/fs/cgroup") || p->writes_cgroup)
		writable = true;
	add_default(p, spec,
		    &(struct mount_text){
			    "/sys/fs/cgroup", "cgroup", "cgroup",
			    writable ? "rprivate,nosuid,noexec,nodev,relatime"
				     : "rprivate,nosuid,noexec,nodev,relatime,ro"});
}

/* What lives in it must not outlive the container, as its root file system may. */
static void add_run_dirs(const struct create_plan *p, struct spec *spec)
{
	cleanup_free char *place = xasprintf("/run/user/%u", p->user.uid);
	cleanup_free char *options = xasprintf("nosuid,nodev,mode=0700,uid=%u,gid=%u",
					       p->user.uid, p->user.gid);

	add_default(p, spec,
		    &(struct mount_text){PATHS_ROOT_RUN, "tmpfs", "tmpfs",
					 "nosuid,nodev,mode=0700"});
	if (p->user.uid)
		add_default(p, spec,
			    &(struct mount_text){place, "tmpfs", "tmpfs", options});
}

/* The place is out of the way, not out of reach: what is protected there is so by its owner, the host's
 * root. */
static void add_nested(const struct create_plan *p, struct spec *spec)
{
	if (!p->options->nested)
		return;
	add_run_dirs(p, spec);
	(void)add_mount(spec, &(struct mount_text){OUTER_CONTAINER_PROC, "proc", "proc",
						   "nosuid,noexec,nodev"});
	/* of the host's network: the inner engine binds what it sees */
	if (!p->network_host)
		(void)add_mount(spec,
				&(struct mount_text){OUTER_CONTAINER_SYS, "sysfs",
						     "sysfs", "nosuid,noexec,nodev,ro"});
}

static void add_proc(const struct create_plan *p, struct spec *spec)
{
	cleanup_free char *more = strv_join(p->security.proc_options, ",");
	cleanup_free char *options = xasprintf("nosuid,noexec,nodev%s%s",
					       p->security.proc_options ? "," : "", more);

	add_default(p, spec, &(struct mount_text){"/proc", "proc", "proc", options});
}

/* It goes with the ipc namespace. That of another container is a mount that the launcher brings (joined.h). */
static void add_shm(const struct create_plan *p, struct spec *spec)
{
	cleanup_free char *options = xasprintf(
		"nosuid,noexec,nodev,mode=1777,size=%" PRId64, p->options->shm_size);

	switch (p->sharing.options[NS_IPC].mode) {
	case NAMESPACE_NONE:
		return;
	case NAMESPACE_HOST:
		add_default(p, spec,
			    &(struct mount_text){"/dev/shm", "bind", "/dev/shm",
						 "bind,rprivate,nosuid,noexec,nodev"});
		return;
	case NAMESPACE_CONTAINER:
		add_default(p, spec,
			    &(struct mount_text){SHARED_SHM_PATH, "bind",
						 SHARED_SHM_SOURCE,
						 "bind,rprivate,nosuid,noexec,nodev"});
		return;
	case NAMESPACE_PRIVATE:
	case NAMESPACE_SHAREABLE:
	case NAMESPACE_PATH:
	case NAMESPACE_BRIDGE:
	case NAMESPACE_PASTA:
	case NAMESPACE_SLIRP:
		break;
	}
	add_default(p, spec, &(struct mount_text){"/dev/shm", "tmpfs", "shm", options});
}

static void add_defaults(const struct create_plan *p, struct spec *spec)
{
	add_proc(p, spec);
	add_default(
		p, spec,
		&(struct mount_text){"/dev", "tmpfs", "tmpfs",
				     "nosuid,noexec,strictatime,mode=755,size=65536k"});
	add_sys(p, spec);
	add_pts(p, spec);
	if (!p->sharing.no_mqueue)
		add_default(p, spec,
			    &(struct mount_text){"/dev/mqueue", "mqueue", "mqueue",
						 "nosuid,noexec,nodev"});
	add_shm(p, spec);
}

/* Where systemd expects nothing from before. */
static void add_systemd(const struct create_plan *p, struct spec *spec)
{
	static const struct {
		const char *path, *options;
	} places[] = {
		{"/run", "rw,rprivate,nosuid,nodev,tmpcopyup,mode=0755"},
		{"/run/lock", "rw,rprivate,nosuid,nodev,tmpcopyup,mode=0755"},
		{"/tmp", "rw,rprivate,nosuid,nodev,tmpcopyup,mode=1777"},
		{"/var/log/journal", "rw,rprivate,nosuid,nodev,tmpcopyup,mode=0755"},
	};
	int64_t size = p->options->inside.shm_size_systemd;
	cleanup_free char *limit = size ? xasprintf(",size=%" PRId64, size) : xstrdup("");

	for (size_t i = 0; p->is_systemd && i < ARRAY_SIZE(places); i++) {
		cleanup_free char *options = xasprintf("%s%s", places[i].options, limit);

		add_default(
			p, spec,
			&(struct mount_text){places[i].path, "tmpfs", "tmpfs", options});
	}
}

/* --read-only leaves the places that programs can't do without. */
static void add_writable_tmpfs(const struct create_plan *p, struct spec *spec)
{
	static const char *const places[] = {"/run", "/tmp", "/var/tmp"};

	if (!p->options->read_only || !p->options->read_only_tmpfs)
		return;
	/* two of them are there already for systemd */
	for (size_t i = p->is_systemd ? 2 : 0; i < ARRAY_SIZE(places); i++)
		add_default(
			p, spec,
			&(struct mount_text){
				places[i], "tmpfs", "tmpfs",
				i == 0 ? "rw,rprivate,nosuid,nodev,tmpcopyup,mode=0755"
				       : "rw,rprivate,nosuid,nodev,tmpcopyup,mode=1777"});
}

static void add_etc_file(const struct create_plan *p, struct spec *spec,
			 enum etc_file file, const char *below)
{
	const char *shared = file == ETC_HOSTS         ? p->sharing.hosts
			     : file == ETC_RESOLV_CONF ? p->sharing.resolv_conf
						       : NULL;
	cleanup_free char *source =
		shared ? xstrdup(shared)
		       : xasprintf("%s/%s", p->run_dir, etc_file_name(file));
	cleanup_free char *target = xasprintf("%s%s", below, etc_file_target(file));

	(void)add_mount(spec, &(struct mount_text){
				      target, "bind", source,
				      p->options->read_only
					      ? "bind,rprivate,ro,nosuid,noexec,nodev"
					      : "bind,rprivate,nosuid,noexec,nodev"});
}

/* Whoever calls chroot(2) finds them as well: --chrootdirs. */
static void add_etc(const struct create_plan *p, struct spec *spec)
{
	for (enum etc_file file = 0; file < ETC_FILES; file++) {
		if (!p->etc.wanted[file])
			continue;
		add_etc_file(p, spec, file, "");
		strv_foreach (dir, p->options->inside.chrootdirs) {
			cleanup_free char *below = path_clean(*dir);

			if (!str_eq(below, "/"))
				add_etc_file(p, spec, file, below);
		}
	}
}

/* What it is made of stands in its options. */
static bool is_layered(const struct volume *v)
{
	return v->kind == VOLUME_IMAGE || v->overlay;
}

static void add_user_mounts(const struct create_plan *p, struct spec *spec)
{
	for (size_t i = 0; i < p->volumes.n; i++) {
		const struct volume *v = &p->volumes.items[i];
		struct spec_mount *m = add_mount(
			spec,
			&(struct mount_text){v->destination, v->type ? v->type : "bind",
					     is_layered(v) ? v->type : v->source, NULL});

		m->options = strv_copy(v->options);
	}
	for (size_t i = 0; i < p->tmpfs.n; i++) {
		const struct volume *v = &p->tmpfs.items[i];
		struct spec_mount *m =
			add_mount(spec, &(struct mount_text){v->destination, "tmpfs",
							     "tmpfs", NULL});

		m->options = strv_copy(v->options);
		if (v->give) {
			strv_addf(&m->options, "uid=%u", p->user.uid);
			strv_addf(&m->options, "gid=%u", p->user.gid);
		}
	}
	if (p->init_program)
		(void)add_mount(spec,
				&(struct mount_text){INIT_PATH, "bind", p->init_program,
						     "bind,rprivate,ro,nosuid,nodev"});
}

static void bind_device(const struct device_node *d, struct spec *spec)
{
	(void)add_mount(spec, &(struct mount_text){d->path, "bind", d->source,
						   "bind,rprivate,rw,nosuid,noexec"});
}

static void make_device(const struct device_node *d, struct spec *spec)
{
	struct spec_device *device =
		SPEC_APPEND(&spec->linux->devices, &spec->linux->n_devices);

	device->type = xstrdup(S_ISBLK(d->mode) ? "b" : "c");
	device->path = xstrdup(d->path);
	device->has_major = device->has_minor = true;
	device->major = major(d->number);
	device->minor = minor(d->number);
	device->has_file_mode = device->has_uid = device->has_gid = true;
	device->file_mode = d->mode & 07777;
	device->uid = d->uid;
	device->gid = d->gid;
}

/* Nodes can't be made in a user namespace: there the host's are bound. */
static void add_devices(const struct create_plan *p, struct spec *spec)
{
	for (size_t i = 0; i < p->devices.n; i++) {
		if (p->rootless || p->uids.n_lines)
			bind_device(&p->devices.items[i], spec);
		else
			make_device(&p->devices.items[i], spec);
	}
}

static size_t depth(const char *path)
{
	size_t n = 0;

	for (; *path; path++)
		n += *path == '/' && path[1];
	return n;
}

/* Stable, as order counts among equals. The lists are short. */
static void sort_by_depth(struct spec_mount *mounts, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct spec_mount moved = mounts[i];
		size_t k = i;

		for (;
		     k > 0 && depth(mounts[k - 1].destination) > depth(moved.destination);
		     k--)
			mounts[k] = mounts[k - 1];
		mounts[k] = moved;
	}
}

void spec_gen_mounts(const struct create_plan *p, struct spec *spec)
{
	add_defaults(p, spec);
	add_nested(p, spec);
	add_systemd(p, spec);
	add_writable_tmpfs(p, spec);
	add_etc(p, spec);
	add_devices(p, spec);
	add_user_mounts(p, spec);
	create_secrets_spec(p, spec);
	sort_by_depth(spec->mounts, spec->n_mounts);
}
