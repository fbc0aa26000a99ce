/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. The container has no record: what says that it lives is the lock on its run directory, which this process
 * keeps to the end. Whoever sweeps (settle.c) takes a directory that has no record and no lock for rubbish, kills the init that it
 * names, and removes it. So when we are killed the kernel takes the monitor (it asked for that, start.c), then the init, and with it
 * all of its pid namespace; the next command takes the directory.
 */
#include "engine/run_root.h"

#include <signal.h>
#include <unistd.h>

#include "engine/attach.h"
#include "engine/create.h"
#include "engine/create_image.h"
#include "engine/create_plan.h"
#include "engine/log_option.h"
#include "engine/mount_prepare.h"
#include "engine/oom.h"
#include "engine/sdnotify.h"
#include "engine/start.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/str.h"

#define LOST_STATUS (128 + SIGKILL)

static int start(struct engine *e, const struct create_root *root, struct creation *c,
		 struct started *ret, struct error *err)
{
	cleanup_starting struct starting s = STARTING_INIT;
	const struct start_request request = {
		.engine = e,
		.plan = &c->start,
		.spec = c->spec,
		.lock_fd = c->lock_fd,
		.gifts = c->gifts,
		.network = &c->network,
		.foreground = true,
		.root = root,
	};
	int r = container_start_begin(&request, &s, err);

	if (r >= 0)
		r = container_start_finish(&s, ret, err);
	return r;
}

/* The monitor has the exit on record before it says so; after that it has nothing left to do. */
static int stay(const struct create_root *root, const struct started *started,
		bool reads_stdin, int *ret_exit_code, struct error *err)
{
	struct pump_options options = PUMP_OPTIONS_INIT;
	struct attach_result result = {0};
	int r, status;

	options.stdin_fd = reads_stdin ? STDIN_FILENO : -EBADF;
	options.output = root->output;
	options.output_data = root->data;
	r = attach_run(started->owner_fd, &options, &result, err);
	if (r < 0 || result.lost)
		(void)kill(started->monitor_pid, SIGKILL);
	else
		(void)!attach_acknowledge(started->owner_fd);
	(void)!proc_wait(started->monitor_pid, -EBADF, -1, &status);
	*ret_exit_code = result.lost ? LOST_STATUS : proc_exit_code(result.wait_status);
	return r;
}

/* Its cgroup is there until what was made for it is released. */
static void tell_of_memory(const struct engine *e, const struct create_root *root,
			   const char *id, int exit_code)
{
	cleanup_free char *words =
		root->warn ? container_oom_words(e, id, exit_code) : NULL;
	cleanup_free char *text = words ? xasprintf("RUN: %s", words) : NULL;

	if (text)
		root->warn(root->data, text);
}

/* Others are about options that a build does not have. */
static void tell_warning(const struct create_root *root, const struct create_plan *p)
{
	if (root->warn && p->no_network_for_want)
		root->warn(root->data,
			   "RUN has no network: nft is not installed (on Debian: "
			   "apt-get install nftables; --network none is without one, and "
			   "without this line)");
}

static int run(struct engine *e, const struct create_options *options,
	       const struct create_root *root, int *ret_exit_code, struct error *err)
{
	const struct start_talk talk = {0};
	cleanup_create_plan struct create_plan p = CREATE_PLAN_INIT;
	cleanup_creation struct creation c = CREATION_INIT; /* never done: it goes */
	struct started started = STARTED_INIT;
	cleanup_fd int owner_fd = -EBADF;
	int r = create_plan_build(e, options, &p, err);

	if (r < 0)
		return r;
	tell_warning(root, &p);
	r = container_create_begin(e, &p, &talk, &c, err);
	if (r >= 0)
		r = start(e, root, &c, &started, err);
	if (r < 0)
		return r;
	owner_fd = started.owner_fd;
	mounts_settle(e, &c.mounts);
	r = stay(root, &started, options->interactive, ret_exit_code, err);
	if (r >= 0)
		tell_of_memory(e, root, p.id, *ret_exit_code);
	return r;
}

int container_run_root(struct engine *e, const struct create_options *options,
		       const struct create_root *root, int *ret_exit_code,
		       struct error *err)
{
	static const char no_entrypoint[] = "[]";
	char one_id[] = "0:0:1";
	char *uidmap[] = {one_id, NULL};
	const struct create_image image = {
		.record = {.passwd = (char *)root->passwd, .group = (char *)root->group},
		.name = (char *)root->name,
		.config = (struct image_config *)root->config,
		.layer_paths = (char **)root->layer_paths,
		.single_id = root->single_id,
	};
	struct create_options o = *options;
	int r = e->store ? 0 : engine_open_store(e, err);

	if (r < 0)
		return r;
	o.root = root;
	o.image = &image;
	o.name = NULL;
	o.userns = root->single_id ? NULL : "host";
	o.uidmap = root->single_id ? uidmap : NULL;
	o.gidmap = NULL;
	o.rootfs = o.image_name = NULL;
	o.entrypoint = no_entrypoint;
	o.auto_remove = true;
	o.at_rest = o.terminal = false;
	o.log_driver = LOG_DRIVER_NONE;
	o.log_opts = o.conf.log_opts = NULL;
	o.stop_signal = "SIGTERM"; /* the image's is none of a step's */
	o.mount.image_volume = IMAGE_VOLUME_IGNORE;
	o.sdnotify = SDNOTIFY_IGNORE;
	o.health = HEALTH_OPTIONS_INIT;
	o.health.none = true;
	o.inside.systemd = SYSTEMD_FALSE;
	o.inside.passwd = false;
	return run(e, &o, root, ret_exit_code, err);
}
