/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packer ── tar ──▶ transfer fetch ── blob, config, manifest ── as an import does, on top of the image's
 *                        │               layers; and the layer is unpacked while it still comes
 * The packer reads the writable layer where it lies, with owners as the container sees them. The image is on
 * record only if the packer says that it has come to its end.
 */
#include "engine/commit.h"

#include <fcntl.h>
#include <unistd.h>

#include "engine/commit_config.h"
#include "engine/container_dir.h"
#include "engine/container_view.h"
#include "engine/event.h"
#include "engine/image_fetch.h"
#include "engine/packer.h"
#include "engine/pause.h"
#include "spec/spec.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/str.h"

struct job {
	const struct engine *engine;
	const struct container *container;
	const struct commit_options *options;
	struct image_record base;
	struct spec *spec;
	struct container_view view;
	struct packer packer;
	char **places;
	int tar_fd;
	bool is_paused, is_packed;
};

static void job_release(struct job *j)
{
	packer_release(&j->packer);
	container_view_release(&j->view);
	image_record_release(&j->base);
	spec_freep(&j->spec);
	strv_free(j->places);
	fd_cleanup_(&j->tar_fd);
}

static int pause_it(struct job *j, struct error *err)
{
	int r;

	if (!j->options->pause || j->container->status != CONTAINER_RUNNING)
		return 0;
	r = container_pause(j->engine, j->container, err);
	j->is_paused = r >= 0;
	return r;
}

static int go_on(struct job *j, struct error *err)
{
	cleanup_container struct container now = {0};
	int r;

	if (!j->is_paused)
		return 0;
	j->is_paused = false;
	r = container_reload(j->engine, j->container->record.id, &now, err);
	return r < 0 ? r : container_unpause(j->engine, &now, err);
}

static int start_packer(struct job *j, struct error *err)
{
	struct packer_request request = {
		.view = &j->view,
		.changes = !j->options->squash,
		.places = j->places,
	};
	cleanup_fd int in_fd = -EBADF;
	int pair[2], r;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a pipe");
	j->tar_fd = fd_move_high(pair[0]);
	in_fd = fd_move_high(pair[1]);
	request.out_fd = in_fd;
	r = pause_it(j, err);
	return r < 0 ? r : packer_start(j->engine, &request, &j->packer, err);
}

static int confirm(void *data, struct error *err)
{
	struct job *j = data;

	j->is_packed = true;
	return packer_wait(&j->packer, err);
}

/* If it was the packer that failed, it knows why. */
static int blame(struct job *j, int r, struct error *err)
{
	cleanup_error struct error why = ERROR_INIT;

	if (j->is_packed)
		return r;
	fd_cleanup_(&j->tar_fd);
	return packer_wait(&j->packer, &why) < 0 && why.code != EPIPE
		       ? error_move(err, &why)
		       : r;
}

static int make_image(struct job *j, char *config, char *history, char **ret_id,
		      struct error *err)
{
	char *names[] = {(char *)j->options->name, NULL};
	char source[] = "tarball:-";
	cleanup_image_fetched struct image_fetched fetched = {0};
	const struct image_fetch_options o = {
		.fetch =
			{
				.source = source,
				.input_is_stdin = true,
				.names = names,
				.import_config = config,
				.is_commit = true,
				.import_base =
					j->options->squash ? NULL : j->base.manifest,
				.import_history = history,
				.import_docker = j->options->docker,
				.registry = {.tls_verify = -1,
					     .retry = -1,
					     .retry_delay_usec = -1},
			},
		.single_id = j->container->config.single_id,
		.progress = j->options->progress,
		.input_fd = j->tar_fd,
		.confirm = confirm,
		.confirm_data = j,
	};
	int r = image_fetch(j->engine, &o, &fetched, err);

	if (r < 0)
		return blame(j, r, err);
	*ret_id = xstrdup(fetched.ids[0]);
	return 0;
}

static int look(struct job *j, struct error *err)
{
	const struct container *c = j->container;
	int r;

	if (c->config.rootfs)
		return error_set(err, ERR_UNSUPPORTED, 0,
				 "cannot commit a container that uses an exploded rootfs "
				 "(%s)",
				 c->config.rootfs);
	r = image_record_by_id(j->engine->store, c->record.image, &j->base, err);
	if (r >= 0)
		r = container_dir_spec(j->engine, c->record.id, &j->spec, err);
	if (r >= 0)
		r = container_view_get(j->engine, c, &j->view, err);
	/* an image has such places of its own, which stay */
	if (r >= 0 && !j->options->squash)
		container_view_places(j->spec, &j->places);
	return r;
}

int container_commit(const struct engine *e, const struct container *c,
		     const struct commit_options *options, char **ret_id,
		     struct error *err)
{
	cleanup(job_release) struct job j = {
		.engine = e,
		.container = c,
		.options = options,
		.view = CONTAINER_VIEW_INIT,
		.packer = PACKER_INIT,
		.tar_fd = -EBADF,
	};
	cleanup_free char *config = NULL, *history = NULL;
	cleanup_error struct error second = ERROR_INIT;
	int r = look(&j, err), k;

	if (r >= 0)
		r = commit_config(c, j.spec, &j.base, options, &config, &history, err);
	if (r >= 0)
		r = start_packer(&j, err);
	if (r >= 0)
		r = make_image(&j, config, history, ret_id, err);
	k = go_on(&j, &second);
	if (r >= 0 && k < 0)
		r = error_move(err, &second);
	if (r < 0)
		return error_wrap(err, "commit container %s", c->record.name);
	event_container(e, &c->record, &c->config, EVENT_COMMIT);
	return 0;
}
