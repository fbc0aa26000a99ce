/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layers of one image, each blob once, the lowest first. What is there needs no worker; what
 * another cubby is fetching is put off (transfer/workers.h). A layer that is to be unpacked is announced as
 * soon as its file is open, and followed while it grows.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "image/blob_check.h"
#include "image/blob_writer.h"
#include "image/blobs.h"
#include "registry/registry_source.h"
#include "transfer/control.h"
#include "transfer/fetch.h"
#include "transfer/workers.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

struct job {
	const struct image_descriptor *descriptor;
	size_t index; /* the first layer that this is */
};

struct layers {
	struct fetch *fetch;
	const struct image_manifest *manifest;
	const struct fetch_wish *wishes; /* one a layer */
	struct job *jobs;                /* owned */
	size_t n_jobs;
};

static void layers_release(struct layers *l)
{
	free(l->jobs);
}
#define cleanup_layers cleanup(layers_release)

/* In a worker. */
struct download {
	const struct layers *layers;
	const struct job *job;
	struct worker *worker;
	struct blob_writer *writer;
	int file_fd; /* of the blob, for a follower */
};

static struct json_object *blob_event(size_t index)
{
	struct json_object *o = json_object_new_object();

	json_add_str(o, "event", "blob");
	json_add_u64(o, "index", index);
	return o;
}

static void say_state(struct worker *w, const struct image_descriptor *d,
		      const char *state, uint64_t done)
{
	worker_progress(w, &(struct progress){.id = d->digest,
					      .state = state,
					      .done = (int64_t)done,
					      .total = d->size});
}

static void on_progress(void *data, uint64_t done)
{
	struct download *d = data;

	say_state(d->worker, d->job->descriptor, "fetching", done);
}

static void on_retry(void *data, const char *id, const char *text)
{
	struct progress p = {
		.id = id ? id : "", .state = "retry", .total = -1, .text = text};

	worker_progress(data, &p);
}

static void begin(void *data, struct worker *w)
{
	struct layers *l = data;

	if (l->fetch->remote)
		registry_source_on_retry(l->fetch->source, on_retry, w);
}

static bool is_to_unpack(const struct download *d)
{
	return d->layers->wishes[d->job->index].unpack;
}

static int say_blob(struct download *d, const int *fds, size_t n_fds, struct error *err)
{
	cleanup_json struct json_object *event = blob_event(d->job->index);

	return worker_say(d->worker, event, fds, n_fds, err);
}

/* The file can be read while it grows; the follower is told through a pipe. Again after each
 * restart, when the follower has been told to give up. */
static int announce_growing(void *data, struct error *err)
{
	struct download *d = data;
	int pipe_fds[2];

	if (!is_to_unpack(d))
		return 0;
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a pipe");
	cleanup_fd int growth_fd = pipe_fds[0];
	blob_writer_follow(d->writer, pipe_fds[1]);
	return say_blob(d, (int[]){d->file_fd, growth_fd}, 2, err);
}

static int download(struct download *d, bool wait, struct error *err)
{
	struct fetch *f = d->layers->fetch;
	const struct image_descriptor *blob = d->job->descriptor;
	struct blob_wanted wanted = {.digest = blob->digest, .size = blob->size};
	cleanup_blob_writer struct blob_writer *writer = NULL;
	cleanup_fd int file_fd = -EBADF;

	int r = blob_writer_open(f->blobs_fd, &wanted, wait, &writer, &file_fd, err);
	if (r < 0)
		return r;
	d->writer = writer;
	d->file_fd = file_fd;
	if (!writer) { /* somebody else has just brought it */
		say_state(d->worker, blob, "exists", (uint64_t)blob->size);
		return is_to_unpack(d) ? say_blob(d, &file_fd, 1, err) : 0;
	}
	blob_writer_progress(writer, on_progress, d);
	blob_writer_on_restart(writer, announce_growing, d);
	r = announce_growing(d, err);
	if (r == 0)
		r = f->source->ops->blob(f->source, blob, writer, err);
	if (r == 0)
		r = blob_writer_finish(writer, NULL, NULL, err);
	if (r == 0)
		say_state(d->worker, blob, "done", (uint64_t)blob->size);
	return r;
}

static int run(void *data, struct worker *w, size_t job, bool wait,
	       struct json_object *answer, struct error *err)
{
	struct layers *l = data;
	struct download d = {.layers = l, .job = &l->jobs[job], .worker = w};

	if (wait)
		say_state(w, d.job->descriptor, "waiting", 0);
	int r = download(&d, wait, err);
	if (r < 0 && err->code == ESTALE) {
		error_drop(err, "once more, from the beginning");
		r = download(&d, wait, err);
	}
	if (r < 0 && !wait && err->code == EWOULDBLOCK && err->kind == ERR_UNAVAILABLE) {
		error_drop(err, "the others first");
		return 0;
	}
	return r < 0 ? error_wrap(err, "%s", l->fetch->source->name) : 1;
}

/* The complete blob, for each layer from `first` on that has it and is to be unpacked. */
static int announce_complete(struct layers *l, const char *digest, size_t first,
			     struct error *err)
{
	for (size_t i = first; i < l->manifest->n_layers; i++) {
		if (!l->wishes[i].unpack ||
		    !str_eq(l->manifest->layers[i].digest, digest))
			continue;
		cleanup_fd int fd = blob_open(l->fetch->blobs_fd, digest, err);
		if (fd < 0)
			return fd;
		cleanup_json struct json_object *event = blob_event(i);
		int r = control_relay(event, &fd, 1, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int done(void *data, size_t job, struct json_object *answer, struct error *err)
{
	struct layers *l = data;

	return announce_complete(l, l->jobs[job].descriptor->digest,
				 l->jobs[job].index + 1, err);
}

/* Another layer with the same blob as an earlier one? */
static bool is_repeated(const struct image_manifest *m, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (str_eq(m->layers[i].digest, m->layers[index].digest))
			return true;
	return false;
}

static int look_at_layer(struct layers *l, size_t i, struct error *err)
{
	const struct image_descriptor *d = &l->manifest->layers[i];
	struct progress p = {
		.id = d->digest, .state = "exists", .done = d->size, .total = d->size};

	int r = l->wishes[i].spare ? control_progress(&p, err)
				   : blob_settle(l->fetch->blobs_fd, d->digest, err);
	if (l->wishes[i].spare || r < 0)
		return r;
	if (blob_size(l->fetch->blobs_fd, d->digest) == d->size) {
		r = control_progress(&p, err);
		return r < 0 ? r : announce_complete(l, d->digest, i, err);
	}
	l->jobs[l->n_jobs++] = (struct job){.descriptor = d, .index = i};
	p.state = "waiting";
	p.done = 0;
	return control_progress(&p, err);
}

int fetch_layers(struct fetch *f, const struct fetch_resolved *image,
		 const struct fetch_wish *wishes, struct error *err)
{
	cleanup_layers struct layers l = {
		.fetch = f, .manifest = image->manifest, .wishes = wishes};
	int r = 0;

	l.jobs = xcalloc(l.manifest->n_layers + 1, sizeof(*l.jobs));
	for (size_t i = 0; i < l.manifest->n_layers && r == 0; i++)
		if (!is_repeated(l.manifest, i))
			r = look_at_layer(&l, i, err);
	if (r < 0)
		return r;
	return workers_run(
		&(struct work){
			.data = &l,
			.n_jobs = l.n_jobs,
			.remote = f->remote,
			.begin = begin,
			.run = run,
			.done = done,
		},
		err);
}
