/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The waiting process watches the container's data directory: it goes with the container, and
 * rerun_cancel() touches it.
 */
#include "engine/rerun.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/container_dir.h"
#include "engine/restart_policy.h"
#include "util/time.h"

int rerun_is_due(const struct engine *e, const char *id, int64_t before_usec,
		 bool *ret_due, int64_t *ret_pause_usec, struct error *err)
{
	cleanup_container struct container c = {0};
	struct restart_policy policy;
	int r = container_find(e, id, &c, err);

	*ret_due = false;
	if (r < 0 && err->kind == ERR_NOT_FOUND) {
		error_drop(err, "removed");
		return 0;
	}
	if (r < 0 || !c.config.restart || c.status != CONTAINER_EXITED ||
	    c.record.stopped)
		return r;
	r = restart_policy_parse(c.config.restart, &policy, err);
	if (r < 0)
		return r;
	*ret_due = restart_policy_applies(&policy, c.record.exit_code, c.record.restarts);
	*ret_pause_usec = restart_policy_pause(
		before_usec, c.record.finished_usec - c.record.started_usec);
	return 0;
}

int rerun_wait(const struct engine *e, const char *id, int64_t pause_usec,
	       struct error *err)
{
	cleanup_free char *dir = container_data_path(e, id, "");
	cleanup_fd int watch_fd = inotify_init1(IN_CLOEXEC);
	struct pollfd watch = {.fd = watch_fd, .events = POLLIN};

	if (watch_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "watch %s", dir);
	if (inotify_add_watch(watch_fd, dir, IN_ATTRIB | IN_DELETE_SELF) < 0)
		return errno == ENOENT
			       ? 0
			       : error_set(err, ERR_SYSTEM, errno, "watch %s", dir);
	(void)poll(&watch, 1, (int)(pause_usec / 1000));
	return 0;
}

int rerun_cancel(const struct engine *e, const struct container *c, struct error *err)
{
	int r;

	if (!c->config.restart)
		return 0;
	r = container_record_stopped(e->store, c->record.id, err);
	if (r < 0)
		return r;
	(void)utimensat(e->data_dirfd, c->record.id, NULL, 0);
	return 0;
}
