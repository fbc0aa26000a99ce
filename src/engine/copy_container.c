/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/copy_container.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "engine/container_dir.h"
#include "runtime/mount_fs.h"
#include "util/fd.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

#define END_TRIES 3
#define END_MSEC  5000

void copy_container_release(struct copy_container *c)
{
	cleanup_error struct error err = ERROR_INIT;

	if (c->made_dir &&
	    container_dir_remove_run(c->engine, c->container.record.id, &err) < 0)
		error_drop(&err, "an empty directory stays");
	fd_cleanup_(&c->lock_fd);
	fd_cleanup_(&c->pid_fd);
	spec_freep(&c->spec);
	container_view_release(&c->view);
	container_release(&c->container);
	user_ids_release(&c->ids);
	free(c->place);
	*c = COPY_CONTAINER_INIT;
}

/* Whoever starts it waits for the lock. */
static int lock(struct copy_container *c, struct error *err)
{
	const char *id = c->container.record.id;
	cleanup_fd int dir_fd = container_dir_open(c->engine, id);
	struct container again = {0};
	int r;

	c->lock_fd = container_dir_lock(c->engine, id, DIR_LOCK_CREATE, err);
	if (c->lock_fd < 0)
		return c->lock_fd;
	c->made_dir = dir_fd < 0;
	if (!c->made_dir)
		return 0;
	r = container_reload(c->engine, id, &again, err);
	if (r < 0)
		return r;
	container_release(&c->container);
	c->container = again;
	return 0;
}

static int open_stopped(struct copy_container *c, struct error *err)
{
	const struct engine *e = c->engine;
	int r = c->is_writable ? lock(c, err) : 0;

	if (r < 0)
		return r;
	c->view.is_writable = c->is_writable;
	c->place = container_data_path(e, c->container.record.id, "");
	user_ids_any(e, &c->ids);
	user_ids_confine(&c->ids);
	return container_view_get(e, &c->container, &c->view, err);
}

/* Its last process has gone, and its monitor is about to say so. */
static int await_end(struct copy_container *c, struct error *err)
{
	struct container again = {0};
	cleanup_fd int monitor_fd = proc_id_open(&c->container.monitor);
	struct pollfd waiting = {.fd = monitor_fd, .events = POLLIN};
	int r;

	if (monitor_fd >= 0)
		(void)!poll(&waiting, 1, END_MSEC);
	r = container_reload(c->engine, c->container.record.id, &again, err);
	if (r < 0)
		return r;
	container_release(&c->container);
	c->container = again;
	return 0;
}

int copy_container_open(const struct engine *e, struct container *container, bool write,
			struct copy_container *ret, struct error *err)
{
	int r;

	ret->engine = e;
	ret->is_writable = write;
	ret->container = *container;
	*container = (struct container){0};
	if (e->unshared)
		return engine_refuse_unshared("copy files of a container", err);
	r = container_dir_spec(e, ret->container.record.id, &ret->spec, err);
	if (r < 0)
		return r;
	for (int i = 0; i < END_TRIES && status_is_up(ret->container.status); i++) {
		ret->pid_fd = proc_id_open(&ret->container.init);
		if (ret->pid_fd >= 0)
			return 0;
		r = await_end(ret, err);
		if (r < 0)
			return r;
	}
	return open_stopped(ret, err);
}

static int run_in(const struct copy_container *c, struct error *err)
{
	cleanup_fd int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct copy_place place = {
		.root_fd = root_fd,
		.container = c->container.record.name,
	};

	if (root_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open /");
	return c->run(c->data, &place, err);
}

static int run_joined(void *data, struct error *err)
{
	return run_in(data, err);
}

static bool has_option(const struct spec_mount *m, const char *option)
{
	return strv_has(m->options, option);
}

/* What is not there now is not there for the copy either: a start would complain. */
static int bind_one(const struct spec_mount *m, int root_fd, struct error *err)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV};
	cleanup_error struct error missing = ERROR_INIT;
	cleanup_fd int source_fd = open(m->source, O_PATH | O_CLOEXEC);
	cleanup_fd int target_fd = path_open(root_fd, m->destination, O_PATH, &missing);
	cleanup_fd int fd = -EBADF;
	int r;

	if (source_fd < 0 || target_fd < 0) {
		log_debug("not mounted for the copy: %s", m->destination);
		error_release(&missing);
		return 0;
	}
	if (has_option(m, "ro"))
		attr.attr_set |= MOUNT_ATTR_RDONLY;
	fd = mount_clone(source_fd, "", has_option(m, "rbind"));
	r = fd < 0 ? fd : mount_set(fd, false, &attr);
	if (r >= 0)
		r = mount_attach(fd, target_fd, NULL);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "mount %s at %s", m->source,
				 m->destination)
		     : 0;
}

/* Volumes and bind mounts; what the kernel makes up, or what would be forgotten, is left out. Files that a start makes
 * (hosts, resolv.conf) lie in the run directory, and are gone with it. */
static int bind_all(const struct copy_container *c, int root_fd, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < c->spec->n_mounts; i++) {
		const struct spec_mount *m = &c->spec->mounts[i];

		if (m->source && m->source[0] == '/' &&
		    (has_option(m, "bind") || has_option(m, "rbind") ||
		     str_eq(m->type ? m->type : "", "bind")))
			r = bind_one(m, root_fd, err);
	}
	return r;
}

/* A mount takes mounts once it is part of the namespace. */
static int attach(const struct copy_container *c, int view_fd, struct error *err)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
	cleanup_fd int place_fd = open(c->place, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r = 0;

	if (c->view.rootfs)
		return 0;
	if (place_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open %s", c->place);
	if (c->is_writable && c->container.config.read_only)
		r = mount_set(view_fd, false, &attr);
	if (r >= 0)
		r = mount_attach(view_fd, place_fd, NULL);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "mount the container's files") : 0;
}

static int run_view(void *data, struct error *err)
{
	const struct copy_container *c = data;
	cleanup_fd int view_fd = container_view_open(&c->view, err);
	int r = view_fd < 0 ? view_fd : attach(c, view_fd, err);

	if (r >= 0)
		r = bind_all(c, view_fd, err);
	if (r >= 0) /* while there is a /proc */
		r = container_view_enter(&c->view, err);
	if (r >= 0)
		r = sandbox_enter_root(view_fd, err);
	return r < 0 ? r : run_in(c, err);
}

int copy_container_start(struct copy_container *c, struct sandbox *ret, struct error *err)
{
	struct sandbox_options o = {
		.uids = &c->ids.uids,
		.gids = &c->ids.gids,
		.run = c->pid_fd >= 0 ? run_joined : run_view,
		.data = c,
	};
	int r;

	if (c->pid_fd >= 0) {
		o.joined_pid = c->container.init.pid;
		o.joined_pid_fd = c->pid_fd;
	} else {
		o.new_flags = CLONE_NEWNS;
	}
	r = sandbox_start(&o, ret, err);
	/* about to end: it has no namespaces any more, but is not gone yet */
	if (r == -ESRCH && c->pid_fd >= 0)
		(void)!poll(&(struct pollfd){.fd = c->pid_fd, .events = POLLIN}, 1,
			    END_MSEC);
	return r < 0 ? error_wrap(err, "container %s", c->container.record.name) : 0;
}
