/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/container_mount.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <stdlib.h>

#include "engine/container_dir.h"
#include "engine/container_view.h"
#include "engine/event.h"
#include "engine/mounts.h"
#include "runtime/mount_fs.h"
#include "util/mem.h"

struct mount_job {
	const struct engine *engine;
	const struct container *container;
};

/* What the overlay was made of lies on top of each other there; it has its own hold on that. */
static void clear_place(const struct container_view *view)
{
	while (view->place && mount_is_at(view->place) && mount_detach(view->place) == 0)
		;
}

static int mount_view(void *data, int target_fd, struct error *err)
{
	const struct mount_job *job = data;
	const struct container *c = job->container;
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV};
	cleanup_container_view struct container_view view = CONTAINER_VIEW_INIT;
	cleanup_fd int fd = -EBADF;
	int r;

	view.is_writable = !status_is_up(c->status);
	if (!view.is_writable)
		attr.attr_set |= MOUNT_ATTR_RDONLY;
	r = container_view_get(job->engine, c, &view, err);
	if (r < 0)
		return r;
	fd = container_view_open(&view, err);
	clear_place(&view);
	if (fd < 0)
		return fd;
	r = mount_set(fd, false, &attr);
	if (r >= 0)
		r = mount_attach(fd, target_fd, NULL);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "attach it") : 0;
}

int container_mount(const struct engine *e, const struct container *c, char **ret,
		    struct error *err)
{
	struct mount_job job = {.engine = e, .container = c};
	int r = mounts_may(e, "mount", err);

	if (r < 0)
		return r;
	if (c->config.rootfs) {
		*ret = xstrdup(c->config.rootfs);
		return 0;
	}
	r = mounts_add(e, c->record.id, mount_view, &job, ret, err);
	if (r < 0)
		return error_wrap(err, "mount container %s", c->record.name);
	event_container(e, &c->record, &c->config, EVENT_MOUNT);
	return 0;
}

char *container_mounted_at(const struct engine *e, const struct container *c)
{
	return mounts_has(e, c->record.id) ? mounts_path(e, c->record.id) : NULL;
}

int container_unmount(const struct engine *e, const struct container *c, bool force,
		      struct error *err)
{
	int r = mounts_may(e, "unmount", err);

	if (r < 0)
		return r;
	if (!mounts_has(e, c->record.id))
		return error_set(err, ERR_CONFLICT, 0, "container %s is not mounted",
				 c->record.name);
	r = mounts_drop(e, c->record.id, force, err);
	if (r < 0)
		return error_wrap(err, "unmount container %s", c->record.name);
	event_container(e, &c->record, &c->config, EVENT_UNMOUNT);
	return 0;
}
