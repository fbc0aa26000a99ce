/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/pause.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/container_cgroup.h"
#include "engine/container_dir.h"
#include "engine/event.h"
#include "runtime/cgroup.h"
#include "runtime/pid_stop.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

static int set_paused(const struct engine *e, const struct container *c, bool paused,
		      struct error *err)
{
	cleanup_free char *path = container_cgroup_path(e, c->record.id);
	cleanup_cgroup struct cgroup group = CGROUP_INIT;
	int r;

	if (!path)
		return paused ? pid_stop(c->init.pid, err)
			      : pid_continue(c->init.pid, err);
	r = cgroup_open(path, &group, err);
	return r < 0 ? r : cgroup_freeze(&group, paused, err);
}

static int write_mark(int dirfd, const struct proc_id *init, struct error *err)
{
	char text[PROC_ID_TEXT_MAX];

	proc_id_format(init, text);
	return fs_write_atomic(dirfd, PAUSED_FILE, text, strlen(text), 0600, 0, err);
}

static int remove_mark(int dirfd, struct error *err)
{
	if (unlinkat(dirfd, PAUSED_FILE, 0) < 0 && errno != ENOENT)
		return error_set(err, ERR_SYSTEM, errno, "remove the mark of the pause");
	return 0;
}

/* What has stopped already goes on; where pausing is not possible at all nothing has. */
static void take_back(const struct engine *e, int dirfd, const struct container *c,
		      bool possible)
{
	cleanup_error struct error err = ERROR_INIT;
	int r = possible ? set_paused(e, c, false, &err) : 0;

	if (r >= 0)
		r = remove_mark(dirfd, &err);
	if (r < 0)
		error_drop(&err, "the failure before it is told");
}

static int pause_it(const struct engine *e, const struct container *c, struct error *err)
{
	cleanup_fd int lock_fd = container_dir_lock(e, c->record.id, 0, err);
	int r = lock_fd < 0 ? lock_fd : write_mark(lock_fd, &c->init, err);

	if (r < 0)
		return r;
	r = set_paused(e, c, true, err);
	if (r < 0)
		take_back(e, lock_fd, c, err->kind != ERR_UNSUPPORTED);
	return r;
}

static int unpause_it(const struct engine *e, const struct container *c,
		      struct error *err)
{
	cleanup_fd int lock_fd = container_dir_lock(e, c->record.id, 0, err);
	int r = lock_fd < 0 ? lock_fd : set_paused(e, c, false, err);

	return r < 0 ? r : remove_mark(lock_fd, err);
}

int container_pause(const struct engine *e, const struct container *c, struct error *err)
{
	int r;

	if (c->status == CONTAINER_PAUSED)
		return error_set(err, ERR_CONFLICT, 0,
				 "\"%s\" is already paused: container state improper",
				 c->record.id);
	if (c->status != CONTAINER_RUNNING)
		return error_set(
			err, ERR_CONFLICT, 0,
			"\"%s\" is not running, can't pause: container state improper",
			c->record.id);
	r = pause_it(e, c, err);
	if (r < 0)
		return error_wrap(err, "pause container %s", c->record.name);
	event_container(e, &c->record, &c->config, EVENT_PAUSE);
	return 0;
}

int container_unpause(const struct engine *e, const struct container *c,
		      struct error *err)
{
	int r;

	if (c->status != CONTAINER_PAUSED)
		return error_set(
			err, ERR_CONFLICT, 0,
			"\"%s\" is not paused, can't unpause: container state improper",
			c->record.id);
	r = unpause_it(e, c, err);
	if (r < 0)
		return error_wrap(err, "unpause container %s", c->record.name);
	event_container(e, &c->record, &c->config, EVENT_UNPAUSE);
	return 0;
}
