/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation
 *
 * The record is at rest. Under the container's lock the run directory is made anew, then the launcher is
 * forked as for `run`; the record becomes "started" before the launcher gets its word. Killed
 * before that, the record is still at rest and the directory is rubbish that the next start empties;
 * killed after it and before there is an init, settle.c puts the record back to rest.
 */
#include "engine/container_start.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/container_cgroup.h"
#include "engine/container_dir.h"
#include "engine/event.h"
#include "engine/foreground.h"
#include "engine/health_state.h"
#include "engine/layer_way.h"
#include "engine/mount_prepare.h"
#include "engine/network_lease.h"
#include "engine/network_start.h"
#include "engine/pidfiles.h"
#include "engine/remove.h"
#include "engine/sdnotify.h"
#include "engine/start.h"
#include "engine/user_ids.h"
#include "runtime/launch.h"
#include "spec/spec.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define CONFIG_FILE_MAX (16 << 20)

/* A start under way. */
struct revival {
	const struct engine *engine;
	const struct start_options *options;
	int lock_fd;
	struct start_plan plan;
	struct spec *spec;
	struct etc_fds etc_fds;
	struct mounts_hold mounts;
	struct network_start network;
	char **gifts;
	bool recorded, done;
	char *failure; /* owned; why it got nowhere */
};
#define REVIVAL_INIT                           \
	((struct revival){                     \
		.lock_fd = -EBADF,             \
		.etc_fds = ETC_FDS_INIT,       \
		.network = NETWORK_START_INIT, \
	})

/* What did not become a start leaves nothing but the reason. */
static void undo(const struct revival *x)
{
	cleanup_error struct error err = ERROR_INIT;
	int r = 0;

	container_cgroup_drop(x->lock_fd);
	/* the gateway may have failed after they were given */
	if (!x->recorded && network_start_is_needed(&x->plan))
		r = network_lease_drop(x->engine, x->plan.id, &err);
	if (x->recorded)
		r = container_record_rest(x->engine->store, x->plan.id, x->failure, &err);
	if (r >= 0)
		r = container_dir_remove_run(x->engine, x->plan.id, &err);
	if (r < 0)
		error_drop(&err, "the next command finds it");
}

static void revival_release(struct revival *x)
{
	if (x->lock_fd >= 0 && !x->done)
		undo(x);
	fd_cleanup_(&x->lock_fd);
	etc_fds_release(&x->etc_fds);
	start_plan_release(&x->plan);
	mounts_hold_release(&x->mounts);
	network_start_release(&x->network);
	strv_free(x->gifts);
	free(x->failure);
	if (x->spec)
		spec_free(x->spec);
}

/* Of a clean-up that was killed, or of a start that got nowhere. */
static int empty_dir(int dirfd, const char *path, struct error *err)
{
	cleanup_dir DIR *dir = NULL;
	struct dirent *entry;
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "list %s", path);
	dir = fdopendir(fd);
	while ((entry = readdir(dir))) {
		if (str_eq(entry->d_name, ".") || str_eq(entry->d_name, ".."))
			continue;
		if (unlinkat(dirfd, entry->d_name, 0) < 0 && errno != ENOENT)
			return error_set(err, ERR_SYSTEM, errno, "remove %s/%s", path,
					 entry->d_name);
	}
	return 0;
}

/* An overlay that was mounted without syncing is not mounted again as long as this lies there. */
static int allow_volatile(const struct revival *x, struct error *err)
{
	cleanup_free char *mark = NULL;

	if (!x->plan.is_volatile)
		return 0;
	mark = fs_join(x->plan.work, "work/incompat");
	return user_ids_remove_tree(x->engine, AT_FDCWD, mark, err);
}

static int bring_layers(struct revival *x, struct error *err)
{
	bool was_copied = x->plan.is_copied;
	int r = layer_way_bring(x->engine, &x->plan, &x->options->talk, err);

	if (r < 0 || x->plan.is_copied == was_copied)
		return r;
	return start_plan_write(&x->plan, x->plan.data_dir, err);
}

/* What the record says. `update` and `rename` may have changed it. */
static void recall(struct start_plan *p, const struct container *c)
{
	p->name = xstrdup(c->record.name);
	p->image_name = c->config.image ? xstrdup(c->config.image) : NULL;
	p->image_id = c->record.image ? xstrdup(c->record.image) : NULL;
	p->is_checked = health_state_is_due(&c->config.health);
	p->stop_signal = (int)c->config.stop_signal;
	p->stop_timeout_sec = c->config.stop_timeout_sec;
	log_settings_recall(&c->config, &p->log);
	network_config_copy(&c->config.net, &p->net);
}

static int prepare(struct revival *x, const struct container *c, struct error *err)
{
	struct start_plan *p = &x->plan;
	bool is_first = c->record.started_usec == 0;
	int r = start_plan_read(x->engine, c->record.id, p, err);

	if (r < 0)
		return r;
	recall(p, c);
	p->backoff_usec = x->options->backoff_usec;
	p->listen_fds = x->options->listen_fds;
	p->in_service = sdnotify_is_service();
	r = container_dir_spec(x->engine, p->id, &x->spec, err);
	if (r >= 0)
		container_cgroup_drop(x->lock_fd);
	if (r >= 0)
		r = empty_dir(x->lock_fd, p->run_dir, err);
	if (r >= 0 && network_start_is_needed(p))
		r = network_start_begin(x->engine, p, &x->network, err);
	if (r >= 0)
		r = start_plan_etc(p, &x->network.lease, x->lock_fd, &x->etc_fds, err);
	if (r >= 0)
		r = allow_volatile(x, err);
	if (r >= 0)
		r = bring_layers(x, err);
	if (r >= 0)
		r = mounts_prepare(x->engine, p->id, x->spec, &x->mounts, err);
	if (r < 0 || !p->is_remapped)
		return r;
	start_plan_gifts(p, is_first, &x->gifts);
	strv_foreach (path, x->mounts.gifts)
		strv_add(&x->gifts, *path);
	return start_plan_give(p, x->gifts, err);
}

static int launch(struct revival *x, struct started *ret, struct error *err)
{
	cleanup_starting struct starting s = STARTING_INIT;
	const struct start_request request = {
		.engine = x->engine,
		.plan = &x->plan,
		.spec = x->spec,
		.lock_fd = x->lock_fd,
		.gifts = x->gifts,
		.network = &x->network,
		.foreground = x->options->attach,
		.waits = x->options->only_init,
	};
	int r = container_start_begin(&request, &s, err);

	if (r < 0)
		return r;
	r = container_record_start(x->engine->store, x->plan.id, x->options->by_policy,
				   err);
	if (r < 0)
		return r;
	x->recorded = true;
	r = container_start_finish(&s, ret, err);
	if (r >= 0)
		mounts_settle(x->engine, &x->mounts);
	return r;
}

/* Somebody may have been quicker while we waited for the lock. */
static int check_at_rest(const struct revival *x, const char *id, struct error *err)
{
	cleanup_container_record struct container_record now = {0};
	int r = container_record_get(x->engine->store, id, &now, err);

	if (r < 0)
		return r;
	if (now.phase != CONTAINER_AT_REST && !now.ended)
		return error_set(err, ERR_CONFLICT, 0,
				 "container %s was started by another command meanwhile",
				 now.name);
	return 0;
}

static int revive(struct revival *x, const struct container *c, struct started *ret,
		  struct error *err)
{
	int r;

	x->lock_fd = container_dir_lock(x->engine, c->record.id, DIR_LOCK_CREATE, err);
	if (x->lock_fd < 0)
		return x->lock_fd;
	r = check_at_rest(x, c->record.id, err);
	if (r < 0) {
		fd_cleanup_(&x->lock_fd); /* it is not ours to undo */
		return r;
	}
	r = prepare(x, c, err);
	if (r >= 0)
		r = launch(x, ret, err);
	if (r < 0) {
		x->failure = error_message(err);
		return r;
	}
	x->done = true;
	if (x->options->by_policy)
		event_container(x->engine, &c->record, &c->config, EVENT_RESTART);
	if (x->options->only_init)
		event_container(x->engine, &c->record, &c->config, EVENT_INIT);
	else
		event_container_started(x->engine, &c->record, &c->config,
					x->options->attach);
	return 0;
}

static int stay(const struct engine *e, const struct container *c,
		const struct start_options *o, const struct started *started,
		int *ret_exit_code, struct error *err)
{
	const struct foreground f = {
		.engine = e,
		.id = c->record.id,
		.pod_id = c->record.pod,
		.interactive = o->interactive && c->config.interactive,
		.detach_keys = o->detach_keys ? o->detach_keys : c->config.detach_keys,
		.forward_signals = o->forward_signals,
		.warn = o->talk.warn,
		.restarts = c->config.restart != NULL,
	};

	return foreground_stay(&f, started, ret_exit_code, err);
}

/* Each was made after what it needs, so there is no circle. */
int container_start_needed(const struct engine *e, char *const *ids,
			   const struct start_talk *talk, struct error *err)
{
	const struct start_options o = {.talk = *talk};

	strv_foreach (id, ids) {
		cleanup_container struct container c = {0};
		int exit_code, r = container_find(e, *id, &c, err);

		if (r >= 0 && !status_is_up(c.status))
			r = container_start(e, &c, &o, &exit_code, err);
		if (r < 0)
			return error_wrap(err, "start the container that is needed");
	}
	return 0;
}

/* An init that waits. Its record is "started" already. */
static int let_go(const struct engine *e, const struct container *c, struct error *err)
{
	cleanup_fd int lock_fd = container_dir_lock(e, c->record.id, 0, err);
	int r;

	if (lock_fd < 0)
		return lock_fd;
	r = container_dir_write_process(lock_fd, INIT_FILE, c->init.pid, err);
	if (r >= 0)
		r = launch_start(lock_fd, START_SOCKET, err);
	if (r < 0)
		return r;
	if (unlinkat(lock_fd, START_SOCKET, 0) < 0 && errno != ENOENT)
		return error_set(err, ERR_SYSTEM, errno,
				 "remove the socket of container %s", c->record.name);
	event_container(e, &c->record, &c->config, EVENT_START);
	return 0;
}

/* Who stays from the first byte on must be there when the monitor begins: made anew. */
static int start_attached(const struct engine *e, const struct container *c,
			  const struct start_options *o, int *ret_exit_code,
			  struct error *err)
{
	cleanup_container struct container stopped = {0};
	int r = container_stop(e, c, 0, err);

	if (r >= 0)
		r = container_find(e, c->record.id, &stopped, err);
	return r < 0 ? r : container_start(e, &stopped, o, ret_exit_code, err);
}

int container_initialize(const struct engine *e, const struct container *c,
			 const struct start_talk *talk, struct error *err)
{
	const struct start_options o = {.only_init = true, .talk = *talk};
	int exit_code;

	if (status_is_up(c->status))
		return error_set(err, ERR_CONFLICT, 0,
				 "container %s is %s: only one that is created or exited "
				 "can be initialized: container state improper",
				 c->record.name, status_word(c->status));
	return container_start(e, c, &o, &exit_code, err);
}

/* A unit of `generate systemd` that starts what exists looks for its main process in a file. */
static int write_pidfiles(const struct revival *x, const struct started *started,
			  struct error *err)
{
	cleanup_free char *path = NULL;

	if (!x->plan.monitor_pidfile && sdnotify_is_service())
		path = fs_join(x->plan.run_dir, SERVICE_PIDFILE);
	return pidfiles_write(x->plan.pidfile, path ? path : x->plan.monitor_pidfile,
			      started, err);
}

/* A unit may be started whose container runs already: it takes that one's monitor. */
static int show_to_service(const struct engine *e, const struct container *c,
			   struct error *err)
{
	const struct started now = {.init_pid = c->init.pid,
				    .monitor_pid = c->monitor.pid,
				    .owner_fd = -EBADF};
	cleanup_free char *path = container_dir_path(e, c->record.id, SERVICE_PIDFILE);

	return sdnotify_is_service() ? pidfiles_write(NULL, path, &now, err) : 0;
}

int container_start(const struct engine *e, const struct container *c,
		    const struct start_options *o, int *ret_exit_code, struct error *err)
{
	cleanup(revival_release) struct revival x = REVIVAL_INIT;
	struct started started = STARTED_INIT;
	cleanup_fd int owner_fd = -EBADF;
	sigset_t old;
	int r = 0;

	*ret_exit_code = 0;
	if (c->status == CONTAINER_RUNNING)
		return show_to_service(e, c, err);
	if (c->status == CONTAINER_INITIALIZED)
		return o->attach ? start_attached(e, c, o, ret_exit_code, err)
				 : let_go(e, c, err);
	if (e->unshared)
		return engine_refuse_unshared("start a container", err);
	r = container_start_needed(e, c->config.dependencies, &o->talk, err);
	if (r < 0)
		return r;
	x.engine = e;
	x.options = o;
	if (o->attach && o->forward_signals)
		r = foreground_hold_signals(&old, err);
	if (r < 0)
		return r;
	r = revive(&x, c, &started, err);
	if (r < 0 && o->attach && o->forward_signals)
		(void)sigprocmask(SIG_SETMASK, &old, NULL);
	if (r < 0)
		return r;
	owner_fd = started.owner_fd;
	fd_cleanup_(&x.lock_fd);
	r = write_pidfiles(&x, &started, err);
	if (r < 0 || !o->attach)
		return r;
	return stay(e, c, o, &started, ret_exit_code, err);
}

/* What lies in the run directory of a `run --rm` container goes where it outlives its end. */
static int keep_documents(const struct engine *e, const struct container *c,
			  struct error *err)
{
	cleanup_start_plan struct start_plan plan = START_PLAN_INIT;
	cleanup_free char *text = NULL, *from = NULL, *to = NULL;
	size_t len;
	int r = start_plan_read(e, c->record.id, &plan, err);

	if (r < 0)
		return r;
	from = fs_join(plan.run_dir, CONFIG_FILE);
	to = fs_join(plan.data_dir, CONFIG_FILE);
	if (fs_exists(AT_FDCWD, to))
		return 0;
	r = fs_read(AT_FDCWD, from, CONFIG_FILE_MAX, &text, &len, err);
	if (r >= 0)
		r = start_plan_write(&plan, plan.data_dir, err);
	return r < 0 ? r : fs_write_atomic(AT_FDCWD, to, text, len, 0600, 0, err);
}

static int stop_and_start(const struct engine *e, const struct container *c,
			  int64_t stop_sec, const struct start_talk *talk,
			  struct error *err)
{
	cleanup_container struct container stopped = {0};
	const struct start_options o = {.talk = *talk};
	int exit_code, r = container_stop(e, c, stop_sec, err);

	if (r >= 0)
		r = container_find(e, c->record.id, &stopped, err);
	return r < 0 ? r : container_start(e, &stopped, &o, &exit_code, err);
}

int container_keep(const struct engine *e, const struct container *c, struct error *err)
{
	int r;

	if (!c->record.auto_remove || c->status != CONTAINER_RUNNING)
		return 0;
	r = keep_documents(e, c, err);
	if (r >= 0)
		r = container_record_auto_remove(e->store, c->record.id, false, err);
	return r < 0 ? r : 1;
}

int container_pass(const struct engine *e, const struct container *c, struct error *err)
{
	return container_record_auto_remove(e->store, c->record.id, true, err);
}

int container_restart(const struct engine *e, const struct container *c, int64_t stop_sec,
		      const struct start_talk *talk, struct error *err)
{
	int r, kept;

	event_container(e, &c->record, &c->config, EVENT_RESTART);
	r = kept = container_keep(e, c, err);
	if (r >= 0)
		r = stop_and_start(e, c, stop_sec, talk, err);
	if (r >= 0 && kept > 0)
		r = container_pass(e, c, err);
	return r;
}
