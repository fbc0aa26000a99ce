/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/run.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cidfile.h"
#include "engine/container_cgroup.h"
#include "engine/container_dir.h"
#include "engine/container_start.h"
#include "engine/create.h"
#include "engine/create_event.h"
#include "engine/create_image.h"
#include "engine/create_plan.h"
#include "engine/foreground.h"
#include "engine/gateway.h"
#include "engine/log_option.h"
#include "engine/pidfiles.h"
#include "engine/pod_member.h"
#include "engine/start.h"
#include "store/container_record.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

void run_result_release(struct run_result *r)
{
	free(r->id);
	*r = RUN_RESULT_INIT;
}

static int write_line(const char *path, const char *text, enum fs_write_flags flags,
		      struct error *err)
{
	return fs_write_atomic(AT_FDCWD, path, text, strlen(text), 0644, flags, err);
}

static int check_cidfile(const struct create_options *o, struct error *err)
{
	if (!o->cidfile || !fs_exists(AT_FDCWD, o->cidfile))
		return 0;
	error_set(
		err, ERR_CONFLICT, 0,
		"container id file exists. Ensure another container is not using it or delete %s",
		o->cidfile);
	return error_hint(err, "rm %s", o->cidfile);
}

/* Why it could not be started goes on record, as long as the record stays. */
static void keep_failure(const struct run_request *request, const struct create_plan *p,
			 struct creation *c, struct error *err)
{
	cleanup_error struct error tolerated = ERROR_INIT;
	cleanup_free char *sentence = error_message(err);
	struct container_record record = {
		.id = (char *)c->id,
		.ended = true,
		.exit_code = error_exit_status(err),
		.failure = sentence,
	};

	if (request->options->auto_remove) {
		cidfile_remove(request->options->cidfile, c->id);
		create_event(request->engine, p, EVENT_REMOVE);
		return;
	}
	container_cgroup_drop(c->lock_fd);
	if (container_record_end(request->engine->store, &record, &tolerated) < 0 ||
	    container_dir_remove_run(request->engine, c->id, &tolerated) < 0)
		error_drop(&tolerated, "then the next command removes it");
	else
		c->done = true;
}

static int record(struct create_plan *p, struct creation *c, struct error *err)
{
	int r = container_create_record(c, p, err);

	if (r < 0 || !p->options->cidfile)
		return r;
	return write_line(p->options->cidfile, p->id, FS_WRITE_EXCLUSIVE, err);
}

static int open_store(struct engine *e, struct error *err)
{
	return e->store ? 0 : engine_open_store(e, err);
}

/* The launcher works while the record is made; it lets nothing go before that. */
static int launch(const struct run_request *request, struct create_plan *p,
		  struct creation *c, struct started *ret, struct error *err)
{
	cleanup_starting struct starting s = STARTING_INIT;
	const struct start_request start_request = {
		.engine = request->engine,
		.plan = &c->start,
		.spec = c->spec,
		.lock_fd = c->lock_fd,
		.gifts = c->gifts,
		.network = &c->network,
		.foreground = request->foreground,
	};
	int r = container_start_begin(&start_request, &s, err);

	if (r < 0)
		return r;
	r = open_store(request->engine, err);
	if (r >= 0)
		r = record(p, c, err);
	if (r < 0)
		return r;
	r = container_start_finish(&s, ret, err);
	if (r < 0)
		keep_failure(request, p, c, err);
	else
		create_event_started(request->engine, p, request->foreground);
	if (r >= 0)
		mounts_settle(request->engine, &c->mounts);
	if (r >= 0 && c->renamed && p->net.n_attachments)
		gateway_announce(request->engine, p->id);
	return r;
}

static int start(const struct run_request *request, struct create_plan *p,
		 struct started *ret, struct error *err)
{
	cleanup_creation struct creation c = CREATION_INIT;
	const struct start_talk talk = {request->progress, request->warn};
	sigset_t old;
	int r;

	r = p->userns.reserves || p->net.n_attachments ? open_store(request->engine, err)
						       : 0;
	if (r >= 0)
		r = container_create_begin(request->engine, p, &talk, &c, err);
	if (r < 0)
		return r;
	if (request->forward_signals)
		r = foreground_hold_signals(&old, err);
	if (r < 0)
		return r;
	r = launch(request, p, &c, ret, err);
	if (r < 0 && request->forward_signals)
		(void)sigprocmask(SIG_SETMASK, &old, NULL);
	if (r < 0)
		return r;
	c.done = true;
	return 0;
}

static int stay(const struct run_request *request, const struct started *started,
		struct run_result *ret, struct error *err)
{
	char *const *attach = request->options->attach;
	const struct foreground f = {
		.engine = request->engine,
		.id = ret->id,
		.pod_id = request->options->namespaces.pod_id,
		/* with a passthrough the container reads it itself */
		.interactive = request->options->interactive &&
			       !log_driver_is_passthrough(request->options->log_driver),
		.no_stdout = attach && !strv_has(attach, "stdout"),
		.no_stderr = attach && !strv_has(attach, "stderr"),
		.detach_keys = request->options->detach_keys,
		.forward_signals = request->forward_signals,
		.warn = request->warn,
		.restarts = request->options->restart.when != RESTART_NO,
	};

	return foreground_stay(&f, started, &ret->exit_code, err);
}

static int plan(const struct run_request *request, struct create_plan *p,
		struct error *err)
{
	cleanup_free char *warning = NULL;
	int r = sharing_needs_store(request->options) ||
				create_mounts_need_store(request->options)
			? open_store(request->engine, err)
			: 0;

	if (r >= 0)
		r = create_plan_build(request->engine, request->options, p, err);
	if (r < 0)
		return r;
	if (p->no_network_for_want && request->warn)
		request->warn("this container has no network: nft is not installed "
			      "(on Debian: apt-get install nftables; --network none is "
			      "without one, and without this line)");
	warning = create_plan_warning(p);
	if (warning && request->warn)
		request->warn(warning);
	return 0;
}

/* `create`: everything but the launcher. */
static int create(const struct run_request *request, struct run_result *ret,
		  struct error *err)
{
	cleanup_create_plan struct create_plan p = CREATE_PLAN_INIT;
	cleanup_creation struct creation c = CREATION_INIT;
	const struct start_talk talk = {request->progress, request->warn};
	int r = open_store(request->engine, err);

	if (r >= 0)
		r = plan(request, &p, err);
	if (r >= 0)
		r = container_create_begin(request->engine, &p, &talk, &c, err);
	if (r >= 0)
		r = record(&p, &c, err);
	if (r < 0)
		return r;
	c.done = true;
	ret->id = xstrdup(p.id);
	return container_dir_remove_run(request->engine, p.id, err);
}

static int run(const struct run_request *request, struct run_result *ret,
	       struct error *err)
{
	const struct create_options *o = request->options;
	const struct start_talk talk = {request->progress, request->warn};
	cleanup_create_plan struct create_plan p = CREATE_PLAN_INIT;
	struct started started = STARTED_INIT;
	cleanup_fd int owner_fd = -EBADF;
	int r;

	if (o->at_rest)
		return create(request, ret, err);
	r = plan(request, &p, err);
	if (r >= 0 && p.sharing.dependencies)
		r = container_start_needed(request->engine, p.sharing.dependencies, &talk,
					   err);
	if (r < 0)
		return r;
	r = start(request, &p, &started, err);
	if (r < 0)
		return r;
	owner_fd = started.owner_fd;
	ret->id = xstrdup(p.id);
	r = pidfiles_write(o->pidfile, o->monitor_pidfile, &started, err);
	if (r < 0)
		return r;
	return request->foreground ? stay(request, &started, ret, err) : 0;
}

/* An image is looked for first: its records are needed before anything can be planned. */
int container_run(const struct run_request *request, struct run_result *ret,
		  struct error *err)
{
	cleanup_create_image struct create_image image = {0};
	struct create_options options = *request->options;
	struct run_request with_image = *request;
	cleanup_pod_member struct pod_member member = {0};
	int r = check_cidfile(request->options, err);

	with_image.options = &options;
	if (r >= 0 && pod_member_wanted(&options)) {
		r = open_store(request->engine, err);
		if (r >= 0)
			r = pod_member_build(request->engine, &options, &member, err);
		options = member.options;
	}
	if (r < 0 || !options.image_name)
		return r < 0 ? r : run(&with_image, ret, err);
	r = open_store(request->engine, err);
	if (r >= 0)
		r = create_image_get(request->engine, &options, request->progress, &image,
				     err);
	if (r < 0)
		return r;
	options.image = &image;
	return run(&with_image, ret, err);
}
