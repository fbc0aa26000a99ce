/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation
 *
 * Making:    run directory, its lock, ids of its own, record, data directory, init, lock released.
 * Removing:  lock, record, data directory, volumes of its own, ids, run directory.
 * Ending:    lock, end into the record, run directory.
 *
 * Killed between any two steps, each leaves one of:
 *   run directory alone, or with a data directory, no record   -> container_sweep()
 *   ids or uses of volumes without any of these (tmpfs is gone) -> container_sweep()
 *   record, run directory without "init", lock free            -> REPAIR_FORGET
 *   record at rest, run directory                              -> harmless; made new by a start
 *   started record, run directory without "init", lock free    -> REPAIR_REST
 *   record with an end, run directory                          -> harmless; removed with
 * it record without an end, run directory with "init"           -> judged by its
 * processes record without an end, no run directory (tmpfs is gone)    ->
 * REPAIR_RECORD_LOST The last is recorded without a lock, since locking would make the
 * directory whose absence is the evidence; the update is atomic and touches no record
 * that has an end.
 */
#include "engine/settle.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "engine/cidfile.h"
#include "engine/container_cgroup.h"
#include "engine/container_dir.h"
#include "engine/event.h"
#include "engine/leftovers.h"
#include "engine/network_lease.h"
#include "engine/volume_store.h"
#include "store/exit_record.h"
#include "store/id_range.h"
#include "store/network_record.h"
#include "store/volume_record.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"
#include "util/time.h"

#define KILLED_STATUS     (128 + SIGKILL)
#define LOST_STATUS       255
#define KILL_TIMEOUT_MSEC 10000

static bool is_this_boot(const struct proc_id *process)
{
	cleanup_error struct error err = ERROR_INIT;
	struct proc_id self;

	if (proc_id_get(getpid(), &self, &err) < 0) {
		error_drop(&err, "the boot id is unknown");
		return true;
	}
	return str_eq(self.boot_id, process->boot_id);
}

static bool has_mark_of_pause(int dirfd, const struct proc_id *init)
{
	struct proc_id paused;

	return container_dir_read_process(dirfd, PAUSED_FILE, &paused, NULL) == 0 &&
	       paused.pid == init->pid && paused.start_time == init->start_time &&
	       str_eq(paused.boot_id, init->boot_id);
}

static void observe_dir(int dirfd, struct observation *o)
{
	struct status_facts *f = &o->facts;

	f->has_run_dir = true;
	f->has_init = container_dir_read_process(dirfd, INIT_FILE, &o->init,
						 &o->started_usec) == 0;
	f->has_exit = container_dir_read_exit(dirfd, &o->exit) == 0;
	if (f->has_exit)
		return; /* it has ended: there is nobody to ask after */
	if (container_dir_read_process(dirfd, MONITOR_FILE, &o->monitor, NULL) == 0)
		f->monitor_alive = proc_id_alive(&o->monitor);
	f->waits = f->monitor_alive && faccessat(dirfd, START_SOCKET, F_OK, 0) == 0;
	f->paused = f->monitor_alive && has_mark_of_pause(dirfd, &o->init);
	f->init_alive = f->has_init && proc_id_alive(&o->init);
	f->this_boot = f->monitor_alive || f->init_alive || !f->has_init ||
		       is_this_boot(&o->init);
	/* written between two looks: the order of reading must not make a clean end look
	 * like a loss */
	if (!f->monitor_alive)
		f->has_exit = container_dir_read_exit(dirfd, &o->exit) == 0;
}

void container_observe(const struct engine *e, const struct container_record *r,
		       struct observation *ret)
{
	cleanup_fd int dirfd = -EBADF;

	*ret = (struct observation){
		.facts.ended = r->ended,
		.facts.started = r->started_usec != 0,
		.facts.at_rest = r->phase == CONTAINER_AT_REST,
		.facts.again = r->phase == CONTAINER_STARTED,
		.facts.auto_remove = r->auto_remove,
	};
	if (r->ended || r->phase == CONTAINER_AT_REST)
		return;
	dirfd = container_dir_open(e, r->id);
	if (dirfd >= 0)
		observe_dir(dirfd, ret);
}

static const char *end_failure(enum status_repair repair)
{
	switch (repair) {
	case REPAIR_KILL:
		return "its monitor was killed, so it was killed as well";
	case REPAIR_RECORD_KILL:
		return "it was killed together with its monitor";
	case REPAIR_RECORD_LOST:
		return "the host or the login session ended before it; its exit status is not known";
	case REPAIR_NONE:
	case REPAIR_FORGET:
	case REPAIR_RECORD:
	case REPAIR_REMOVE:
	case REPAIR_REST:
		break;
	}
	return NULL;
}

void observation_end(const struct observation *o, enum status_repair repair,
		     struct container_record *r)
{
	const char *failure = end_failure(repair);

	r->started_usec = o->started_usec ? o->started_usec : r->created_usec;
	if (repair == REPAIR_RECORD) {
		r->finished_usec = o->exit.finished_usec;
		r->exit_code = proc_exit_code(o->exit.wait_status);
	} else {
		r->finished_usec = time_now_usec();
		r->exit_code = repair == REPAIR_RECORD_LOST ? LOST_STATUS : KILLED_STATUS;
	}
	free(r->failure);
	r->failure = failure ? xstrdup(failure) : NULL;
}

static int kill_process(const struct proc_id *process, struct error *err)
{
	cleanup_fd int pid_fd = proc_id_open(process);
	struct pollfd waiting = {.fd = pid_fd, .events = POLLIN};

	if (pid_fd < 0)
		return 0;
	log_debug("kill process %d, which has no monitor", process->pid);
	if (sys_pidfd_send_signal(pid_fd, SIGKILL) < 0 && errno != ESRCH)
		return error_set(err, ERR_SYSTEM, errno, "kill process %d", process->pid);
	if (poll(&waiting, 1, KILL_TIMEOUT_MSEC) == 0)
		return error_set(
			err, ERR_UNAVAILABLE, 0,
			"kill process %d: it did not end within %d seconds (it waits for a device or a network file system)",
			process->pid, KILL_TIMEOUT_MSEC / 1000);
	return 0;
}

/* Where a test ends this process. */
static int may_go_on(const char *step, struct error *err)
{
	return sys_fault(step) ? error_set(err, ERR_SYSTEM, errno,
					   "remove what is left of a container")
			       : 0;
}

int container_purge(const struct engine *e, const char *id, struct error *err)
{
	cleanup_fd int dirfd = container_dir_open(e, id);
	int r;

	if (dirfd >= 0)
		container_cgroup_drop(dirfd);
	r = container_record_delete(e->store, id, err);
	if (r >= 0)
		r = may_go_on("purge_record", err);
	if (r >= 0)
		r = container_dir_remove_data(e, id, err);
	if (r >= 0)
		r = may_go_on("purge_data", err);
	if (r >= 0)
		r = volumes_let_go(e, id, err);
	if (r >= 0)
		r = network_lease_drop(e, id, err);
	/* no sooner: its files belong to these ids */
	if (r >= 0)
		r = id_range_delete(e->store, id, err);
	if (r >= 0)
		r = may_go_on("purge_ids", err);
	return r < 0 ? r : container_dir_remove_run(e, id, err);
}

/* A waiter left its mark (engine/wait.c): it reads the exit status here when the record
 * is gone. */
static int keep_exit_for_waiters(const struct engine *e, int dirfd,
				 const struct container_record *r, struct error *err)
{
	if (faccessat(dirfd, WAITED_FILE, F_OK, 0) < 0)
		return 0;
	return exit_record_insert(e->store, r->id, r->exit_code, time_now_usec(), err);
}

static int record_end(const struct engine *e, int dirfd, struct container_record *r,
		      struct error *err)
{
	int k;

	if (r->auto_remove) {
		cidfile_remove_of(r);
		k = keep_exit_for_waiters(e, dirfd, r, err);
		if (k >= 0)
			k = container_purge(e, r->id, err);
	} else {
		k = container_record_end(e->store, r, err);
		if (k >= 0)
			k = container_dir_remove_run(e, r->id, err);
	}
	if (k >= 0)
		event_container_end(e, r);
	return k;
}

/* One that can't be removed, for whatever reason, is no reason to take a container for alive; processes are. */
static int end_cgroup(int dirfd, struct container_record *rec, struct error *err)
{
	struct container_cgroup_end end;
	int r = container_cgroup_end(dirfd, &end, err);

	rec->oom_killed = end.oom_killed;
	rec->memory_peak = end.memory_peak;
	if (r < 0 && err->kind != ERR_UNAVAILABLE) {
		error_drop(err, "the container has ended all the same");
		return 0;
	}
	return r;
}

/* The lock is held. */
static int settle_locked(const struct engine *e, int dirfd, struct container_record *r,
			 struct error *err)
{
	struct observation o;
	struct status_verdict verdict;
	int k;

	container_observe(e, r, &o);
	verdict = status_judge(&o.facts);
	switch (verdict.repair) {
	case REPAIR_NONE:
		return 0;
	case REPAIR_FORGET:
	case REPAIR_REMOVE:
		k = container_purge(e, r->id, err);
		if (k >= 0)
			event_container(e, r, NULL, EVENT_REMOVE);
		return k;
	case REPAIR_REST:
		container_cgroup_drop(dirfd);
		k = container_record_rest(e->store, r->id, NULL, err);
		return k < 0 ? k : container_dir_remove_run(e, r->id, err);
	case REPAIR_KILL:
		k = kill_process(&o.init, err);
		if (k < 0)
			return k;
		break;
	case REPAIR_RECORD:
	case REPAIR_RECORD_KILL:
	case REPAIR_RECORD_LOST:
		break;
	}
	k = end_cgroup(dirfd, r, err);
	if (k < 0)
		return k;
	leftovers_kill(r);
	observation_end(&o, verdict.repair, r);
	return record_end(e, dirfd, r, err);
}

/* 1 with the record, 0 if there is none. */
static int get_record(const struct engine *e, const char *id,
		      struct container_record *ret, struct error *err)
{
	int r = container_record_get(e->store, id, ret, err);

	if (r < 0 && err->kind == ERR_NOT_FOUND) {
		error_drop(err, "removed meanwhile");
		return 0;
	}
	return r < 0 ? r : 1;
}

static int settle_without_dir(const struct engine *e, const char *id, bool wait,
			      struct error *err)
{
	cleanup_container_record struct container_record rec = {0};
	cleanup_fd int lock_fd = -EBADF;
	struct observation o = {0};
	int r;

	r = get_record(e, id, &rec, err);
	if (r <= 0)
		return r;
	if (!rec.ended && rec.phase != CONTAINER_AT_REST) {
		observation_end(&o, REPAIR_RECORD_LOST, &rec);
		r = container_record_end(e->store, &rec, err);
		if (r < 0)
			return r;
		event_container_end(e, &rec);
	}
	if (!rec.auto_remove || (!rec.ended && rec.phase == CONTAINER_AT_REST))
		return 0;
	lock_fd = container_dir_lock(e, id, DIR_LOCK_CREATE | (wait ? 0 : DIR_LOCK_TRY),
				     err);
	return lock_fd < 0 ? lock_fd : container_purge(e, id, err);
}

int container_settle(const struct engine *e, const char *id, bool wait, struct error *err)
{
	cleanup_container_record struct container_record rec = {0};
	cleanup_fd int lock_fd = -EBADF;
	int r;

	lock_fd = container_dir_lock(e, id, wait ? 0 : DIR_LOCK_TRY, err);
	if (lock_fd < 0 && err->kind == ERR_NOT_FOUND) {
		error_release(err);
		return settle_without_dir(e, id, wait, err);
	}
	if (lock_fd < 0)
		return lock_fd;
	r = get_record(e, id, &rec, err);
	if (r < 0)
		return r;
	return r == 0 ? container_purge(e, id, err)
		      : settle_locked(e, lock_fd, &rec, err);
}

/* Without a record, but perhaps with an init that its killed maker left behind. */
static int sweep_one(const struct engine *e, const char *id, struct error *err)
{
	cleanup_container_record struct container_record rec = {.id = xstrdup(id)};
	cleanup_container_record struct container_record found = {0};
	cleanup_fd int lock_fd = -EBADF;
	struct observation o;
	int r;

	lock_fd = container_dir_lock(e, id, DIR_LOCK_CREATE | DIR_LOCK_TRY, err);
	if (lock_fd < 0)
		return lock_fd;
	r = get_record(e, id, &found, err);
	if (r != 0)
		return r < 0 ? r : 0;
	container_observe(e, &rec, &o);
	if (o.facts.init_alive) {
		r = kill_process(&o.init, err);
		if (r < 0)
			return r;
	}
	return container_purge(e, id, err);
}

static bool is_id(const char *name)
{
	return strlen(name) == CONTAINER_ID_LEN &&
	       strspn(name, "0123456789abcdef") == CONTAINER_ID_LEN;
}

static int read_ids(int dirfd, char ***ret, struct error *err)
{
	cleanup_dir DIR *dir = NULL;
	struct dirent *entry;
	int fd;

	fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "list the containers' directories");
	dir = fdopendir(fd);
	while ((entry = readdir(dir)))
		if (is_id(entry->d_name) && !strv_has(*ret, entry->d_name))
			strv_add(ret, entry->d_name);
	return 0;
}

int container_sweep(const struct engine *e, struct error *err)
{
	cleanup_container_records struct container_records records = {0};
	cleanup_strv char **known = NULL, **ids = NULL;
	int r;

	/* data first: a maker makes the run directory first, so it is seen with its lock
	 */
	r = read_ids(e->data_dirfd, &ids, err);
	if (r < 0)
		return r;
	r = read_ids(e->run_dirfd, &ids, err);
	if (r >= 0)
		r = id_range_stale(e->store, &ids, err);
	if (r >= 0)
		r = volume_use_stale(e->store, &ids, err);
	if (r >= 0)
		r = address_record_stale(e->store, &ids, err);
	if (r < 0)
		return r;
	if (!ids)
		return 0;
	r = container_record_list(e->store, &records, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < records.n; i++)
		strv_add(&known, records.items[i].id);
	strv_foreach (id, ids) {
		cleanup_error struct error tolerated = ERROR_INIT;

		if (!strv_has(known, *id) && sweep_one(e, *id, &tolerated) < 0)
			error_drop(&tolerated, "the next command sweeps again");
	}
	return 0;
}
