/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The waiting process watches the container's data directory: it goes with the container, and
 * rerun_cancel() touches it.
 */
#include "engine/rerun.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/container_dir.h"
#include "engine/restart_policy.h"
#include "monitor/protocol.h"
#include "util/str.h"
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

bool rerun_is_off(const struct engine *e, const char *id)
{
	cleanup_fd int dirfd = container_dir_open(e, id);

	return dirfd >= 0 && faccessat(dirfd, MONITOR_STOPPED_NAME, F_OK, 0) == 0;
}

static int open_signals(sigset_t *ret_old, struct error *err)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, MONITOR_STOP_SIGNAL);
	if (sigprocmask(SIG_BLOCK, &set, ret_old) < 0)
		return error_set(err, ERR_SYSTEM, errno, "block signals");
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd >= 0)
		return fd;
	(void)error_set(err, ERR_SYSTEM, errno, "open a signal file");
	(void)sigprocmask(SIG_SETMASK, ret_old, NULL);
	return -err->code;
}

int rerun_wait(const struct engine *e, const char *id, int64_t pause_usec,
	       struct error *err)
{
	cleanup_free char *dir = container_data_path(e, id, "");
	cleanup_fd int watch_fd = inotify_init1(IN_CLOEXEC), signal_fd = -EBADF;
	struct pollfd watched[2] = {{.fd = watch_fd, .events = POLLIN},
				    {.events = POLLIN}};
	sigset_t old;

	if (watch_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "watch %s", dir);
	if (inotify_add_watch(watch_fd, dir, IN_ATTRIB | IN_DELETE_SELF) < 0)
		return errno == ENOENT
			       ? 0
			       : error_set(err, ERR_SYSTEM, errno, "watch %s", dir);
	watched[1].fd = signal_fd = open_signals(&old, err);
	if (signal_fd < 0)
		return signal_fd;
	(void)poll(watched, ARRAY_SIZE(watched), (int)(pause_usec / 1000));
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	if (watched[1].revents & POLLIN)
		return error_set(err, ERR_CONFLICT, 0,
				 "restart container %.12s: it was stopped meanwhile", id);
	return 0;
}

/* It belongs to a unit of a service manager, which may have a restart policy of its own. */
static bool is_units(const struct container *c)
{
	strv_foreach (l, c->config.labels)
		if (str_starts(*l, "PODMAN_SYSTEMD_UNIT="))
			return true;
	return false;
}

int rerun_cancel(const struct engine *e, const struct container *c, struct error *err)
{
	int r;

	if (!c->config.restart && !is_units(c))
		return 0;
	r = container_record_stopped(e->store, c->record.id, err);
	if (r < 0)
		return r;
	(void)utimensat(e->data_dirfd, c->record.id, NULL, 0);
	return 0;
}
