/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting means waiting for the monitor: it ends, or becomes the clean-up, when the
 * container has ended; or it has written that down and waits for a client that sleeps. A
 * --rm container is gone then, record and all; so a waiter leaves a mark in the run
 * directory, under the lock and while there is no exit record, and whoever removes the
 * container keeps its exit status for a while (settle.c).
 */
#include "engine/remove.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "engine/cidfile.h"
#include "engine/container_cgroup.h"
#include "engine/container_dir.h"
#include "engine/dependents.h"
#include "engine/event.h"
#include "engine/mounts.h"
#include "engine/rerun.h"
#include "engine/settle.h"
#include "store/exit_record.h"
#include "store/volume_record.h"
#include "util/log.h"
#include "util/signals.h"
#include "util/sys.h"
#include "util/time.h"

#define CLIENT_PATIENCE_MSEC 500 /* the usual end takes a few */
#define KILL_PATIENCE_MSEC   5000

int container_signal(const struct container *c, int sig, struct error *err)
{
	cleanup_fd int pid_fd = -EBADF;
	char name[SIGNAL_NAME_MAX];

	if (!status_is_up(c->status))
		return error_set(
			err, ERR_CONFLICT, 0,
			"can only kill running containers. %s is in state %s: container state improper",
			c->record.id, status_word(c->status));
	pid_fd = proc_id_open(&c->init);
	/* it ended this very moment: as good as killed */
	if (pid_fd < 0)
		return 0;
	if (sys_pidfd_send_signal(pid_fd, sig) == 0 || errno == ESRCH)
		return 0;
	return error_set(err, ERR_SYSTEM, errno, "send %s to container %s",
			 signal_name(sig, name), c->record.name);
}

/* All its processes at once, also where they share a pid namespace and its init's end would leave them. */
static int kill_all(const struct engine *e, const struct container *c, struct error *err)
{
	cleanup_free char *path =
		status_is_up(c->status) ? container_cgroup_path(e, c->record.id) : NULL;
	cleanup_cgroup struct cgroup group = CGROUP_INIT;
	int r;

	if (!path)
		return container_signal(c, SIGKILL, err);
	r = cgroup_open(path, &group, err);
	if (r >= 0)
		r = cgroup_kill(&group, err);
	if (r >= 0)
		return 0;
	error_drop(err, "its first process is killed");
	return container_signal(c, SIGKILL, err);
}

/* Leave the mark. Return: 1, or 0 if there is nothing to wait for any more. */
static int announce_wait(const struct engine *e, const struct container *c,
			 struct error *err)
{
	cleanup_fd int lock_fd = -EBADF, mark_fd = -EBADF;

	if (!c->record.auto_remove)
		return 1;
	lock_fd = container_dir_lock(e, c->record.id, 0, err);
	if (lock_fd < 0 && err->kind == ERR_NOT_FOUND) {
		error_release(err);
		return 0;
	}
	if (lock_fd < 0)
		return lock_fd;
	mark_fd = openat(lock_fd, WAITED_FILE, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (mark_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "wait for container %s",
				 c->record.name);
	return 1;
}

static int msec_left(int64_t end_usec)
{
	int64_t left = (end_usec - time_monotonic_usec() + 999) / 1000;

	return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

static bool has_exit_record(const struct engine *e, const struct container *c)
{
	cleanup_fd int dirfd = container_dir_open(e, c->record.id);
	struct monitor_exit status;

	return dirfd < 0 || container_dir_read_exit(dirfd, &status) == 0;
}

/*
 * 0 when the monitor is gone, or when only its clients keep it: it has written the exit
 * record, and waits for a `cubby run` that was stopped (^Z) or hangs. -ETIMEDOUT.
 */
static int wait_for_monitor(const struct engine *e, const struct container *c,
			    int64_t timeout_msec)
{
	cleanup_fd int monitor_fd = proc_id_open(&c->monitor),
		       init_fd = proc_id_open(&c->init);
	int64_t end_usec = timeout_msec < 0 ? INT64_MAX
					    : time_monotonic_usec() + timeout_msec * 1000;
	struct pollfd waiting[] = {{.fd = monitor_fd, .events = POLLIN},
				   {.fd = init_fd, .events = POLLIN}};

	while (monitor_fd >= 0 && !(waiting[0].revents & POLLIN)) {
		bool init_ended = waiting[1].fd < 0;
		int left = msec_left(end_usec);

		if (left == 0)
			return -ETIMEDOUT;
		if (init_ended && left > CLIENT_PATIENCE_MSEC)
			left = CLIENT_PATIENCE_MSEC;
		if (poll(waiting, ARRAY_SIZE(waiting), left) == 0 && init_ended &&
		    has_exit_record(e, c))
			return 0;
		if (waiting[1].revents & POLLIN)
			waiting[1].fd = -1;
	}
	return 0;
}

static int read_exit_code(const struct engine *e, const char *id, int *ret,
			  struct error *err)
{
	cleanup_container_record struct container_record record = {0};
	int r;

	r = container_record_get(e->store, id, &record, err);
	if (r < 0 && err->kind == ERR_NOT_FOUND) {
		error_release(err);
		return exit_record_get(e->store, id, ret, err);
	}
	if (r < 0)
		return r;
	*ret = record.exit_code;
	return 0;
}

int container_wait(const struct engine *e, const struct container *c,
		   int64_t timeout_msec, int *ret_exit_code, struct error *err)
{
	int r;

	if (!status_is_up(c->status)) {
		*ret_exit_code = c->record.exit_code;
		return 0;
	}
	r = announce_wait(e, c, err);
	if (r < 0)
		return r;
	if (wait_for_monitor(e, c, timeout_msec) < 0)
		return -ETIMEDOUT;
	r = container_settle(e, c->record.id, true, err);
	if (r < 0)
		return r;
	return read_exit_code(e, c->record.id, ret_exit_code, err);
}

/* As container_wait(), but a container that is gone altogether has ended well enough: a --rm one that
 * ended a moment before we announced ourselves leaves nothing, not even its exit status. */
static int wait_for_end(const struct engine *e, const struct container *c,
			int64_t timeout_msec, struct error *err)
{
	int exit_code;
	int r = container_wait(e, c, timeout_msec, &exit_code, err);

	if (r < 0 && error_is_set(err) && err->kind == ERR_NOT_FOUND) {
		error_drop(err, "it is gone");
		return 0;
	}
	return r;
}

static int kill_it(const struct engine *e, const struct container *c, struct error *err)
{
	int r = rerun_cancel(e, c, err);

	if (r >= 0)
		r = kill_all(e, c, err);
	return r < 0 ? r : wait_for_end(e, c, -1, err);
}

int container_kill(const struct engine *e, const struct container *c, int sig,
		   struct error *err)
{
	/* first, or its restart policy could be quicker; a unit's reload is no end */
	bool ends =
		c->config.restart || sig == SIGKILL || sig == (int)c->config.stop_signal;
	int r = status_is_up(c->status) && ends ? rerun_cancel(e, c, err) : 0;

	if (r >= 0)
		r = sig == SIGKILL ? kill_all(e, c, err) : container_signal(c, sig, err);
	if (r < 0 || sig != SIGKILL)
		return r;
	r = wait_for_end(e, c, KILL_PATIENCE_MSEC, err);
	return r == -ETIMEDOUT && !error_is_set(err) ? 0 : r;
}

/* As container_wait() has it: negative is for ever. */
static int64_t stop_timeout_msec(const struct container *c, int64_t timeout_sec)
{
	if (timeout_sec == STOP_TIMEOUT_NEVER)
		return -1;
	return (timeout_sec < 0 ? c->config.stop_timeout_sec : timeout_sec) * 1000;
}

int container_stop_by(const struct engine *e, const struct container *c,
		      const struct stop_options *options, struct error *err)
{
	int64_t timeout_msec = stop_timeout_msec(c, options->timeout_sec);
	int sig = options->signal ? options->signal : (int)c->config.stop_signal;
	int r;

	if (c->status == CONTAINER_PAUSED) {
		error_set(
			err, ERR_CONFLICT, 0,
			"can only stop created or running containers. %s is in state paused: "
			"container state improper",
			c->record.id);
		return error_hint(
			err, "Let it go on first: cubby unpause %s; or: cubby kill %s",
			c->record.name, c->record.name);
	}
	r = rerun_cancel(e, c, err);
	if (r < 0 || !status_is_up(c->status))
		return r;
	/* there is no program yet that could do anything about a signal */
	if (timeout_msec != 0 && c->status != CONTAINER_INITIALIZED) {
		r = container_signal(c, sig, err);
		if (r < 0)
			return r;
		event_container(e, &c->record, &c->config, EVENT_STOP);
		r = wait_for_end(e, c, timeout_msec, err);
		if (r != -ETIMEDOUT || error_is_set(err))
			return r;
		log_info("container %s did not end within %lld s: kill it",
			 c->record.name, (long long)(timeout_msec / 1000));
	}
	if (timeout_msec == 0)
		event_container(e, &c->record, &c->config, EVENT_STOP);
	return kill_it(e, c, err);
}

int container_stop(const struct engine *e, const struct container *c, int64_t timeout_sec,
		   struct error *err)
{
	return container_stop_by(e, c, &(struct stop_options){.timeout_sec = timeout_sec},
				 err);
}

int container_remove(const struct engine *e, const struct container *c,
		     const struct remove_options *options, struct error *err)
{
	cleanup_fd int lock_fd = -EBADF;
	int r;

	if (status_is_up(c->status) && c->status != CONTAINER_INITIALIZED &&
	    !options->force) {
		error_set(
			err, ERR_CONFLICT, 0,
			"cannot remove container %s as it is %s - running or paused "
			"containers cannot be removed without force: container state improper",
			c->record.id, status_word(c->status));
		return error_hint(err, "Stop it first: cubby stop %s; or: cubby rm -f %s",
				  c->record.name, c->record.name);
	}
	r = options->of_pod ? 0 : dependents_refuse_infra(e, c, err);
	if (r >= 0)
		r = dependents_refuse(e, c, err);
	if (r < 0)
		return r;
	/* what is paused can't do anything about a stop signal */
	r = c->status == CONTAINER_PAUSED
		    ? kill_it(e, c, err)
		    : container_stop(e, c, options->timeout_sec, err);
	if (r < 0)
		return r;
	lock_fd = container_dir_lock(e, c->record.id, DIR_LOCK_CREATE, err);
	if (lock_fd < 0)
		return lock_fd;
	mounts_forget(e, c->record.id);
	r = options->volumes ? 0 : volume_use_keep(e->store, c->record.id, err);
	cidfile_remove(c->config.cidfile, c->record.id);
	if (r >= 0)
		r = container_purge(e, c->record.id, err);
	if (r >= 0)
		event_container(e, &c->record, &c->config, EVENT_REMOVE);
	return r;
}
