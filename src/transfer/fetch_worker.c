/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "image/blob_writer.h"
#include "registry/registry_source.h"
#include "transfer/control.h"
#include "transfer/fetch.h"
#include "util/json.h"

struct worker {
	struct fetch *fetch;
	int fd; /* to the parent */
	const struct fetch_job *job;
	struct blob_writer *writer;
	int file_fd; /* of the blob, for a follower */
};

struct json_object *fetch_blob_event(size_t index)
{
	struct json_object *o = json_object_new_object();

	json_add_str(o, "event", "blob");
	json_add_u64(o, "index", index);
	return o;
}

static int say(struct worker *w, const char *event, struct error *err)
{
	cleanup_json struct json_object *o = json_object_new_object();

	json_add_str(o, "event", event);
	return transfer_say(w->fd, o, NULL, 0, err);
}

static int say_progress(struct worker *w, const char *state, uint64_t done,
			struct error *err)
{
	struct progress p = {
		.id = w->job->descriptor->digest,
		.state = state,
		.done = (int64_t)done,
		.total = w->job->descriptor->size,
	};
	cleanup_json struct json_object *o = progress_to_json(&p);

	return transfer_say(w->fd, o, NULL, 0, err);
}

static void on_progress(void *data, uint64_t done)
{
	cleanup_error struct error err = ERROR_INIT;

	if (say_progress(data, "fetching", done, &err) < 0)
		error_drop(&err, "without its parent a worker ends anyway");
}

static void on_retry(void *data, const char *id, const char *text)
{
	struct worker *w = data;
	cleanup_error struct error err = ERROR_INIT;
	struct progress p = {
		.id = w->job->descriptor->digest,
		.state = "retry",
		.total = w->job->descriptor->size,
		.text = text,
	};
	cleanup_json struct json_object *o = progress_to_json(&p);

	if (transfer_say(w->fd, o, NULL, 0, &err) < 0)
		error_drop(&err, "without its parent a worker ends anyway");
}

static int say_blob(struct worker *w, const int *fds, size_t n_fds, struct error *err)
{
	cleanup_json struct json_object *event = fetch_blob_event(w->job->index);

	return transfer_say(w->fd, event, fds, n_fds, err);
}

/* The file can be read while it grows; the follower is told through a pipe. Again after each
 * restart, when the follower has been told to give up. */
static int announce(void *data, struct error *err)
{
	struct worker *w = data;
	int pipe_fds[2];

	if (!w->job->unpack)
		return 0;
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a pipe");
	cleanup_fd int growth_fd = pipe_fds[0];
	blob_writer_follow(w->writer, pipe_fds[1]);
	return say_blob(w, (int[]){w->file_fd, growth_fd}, 2, err);
}

/* The blob is there, or somebody else has just brought it. */
static int is_there(struct worker *w, struct error *err)
{
	int r = say_progress(w, "exists", (uint64_t)w->job->descriptor->size, err);

	if (r == 0 && w->job->unpack)
		r = say_blob(w, &w->file_fd, 1, err);
	return r;
}

static int fetch_once(struct worker *w, bool wait, struct error *err)
{
	const struct image_descriptor *d = w->job->descriptor;
	struct blob_wanted wanted = {.digest = d->digest, .size = d->size};
	cleanup_blob_writer struct blob_writer *writer = NULL;
	cleanup_fd int file_fd = -EBADF;

	int r = blob_writer_open(w->fetch->blobs_fd, &wanted, wait, &writer, &file_fd,
				 err);
	if (r < 0)
		return r;
	w->writer = writer;
	w->file_fd = file_fd;
	if (!writer)
		return is_there(w, err);
	blob_writer_progress(writer, on_progress, w);
	blob_writer_on_restart(writer, announce, w);
	r = announce(w, err);
	if (r == 0)
		r = w->fetch->source->ops->blob(w->fetch->source, d, writer, err);
	if (r == 0)
		r = blob_writer_finish(writer, NULL, NULL, err);
	return r < 0 ? r : say_progress(w, "done", (uint64_t)d->size, err);
}

/* Return: 1 done, 0 busy. */
static int fetch_blob(struct worker *w, bool wait, struct error *err)
{
	int r = fetch_once(w, wait, err);

	if (r < 0 && err->code == ESTALE) {
		error_drop(err, "once more, from the beginning");
		r = fetch_once(w, wait, err);
	}
	if (r < 0 && !wait && err->code == EWOULDBLOCK && err->kind == ERR_UNAVAILABLE) {
		error_drop(err, "the others first");
		return 0;
	}
	return r < 0 ? error_wrap(err, "%s", w->fetch->source->name) : 1;
}

/* Return: 1 there is one, 0 there is nothing more to do. */
static int hear_job(struct worker *w, const struct fetch_job *jobs, size_t n_jobs,
		    bool *ret_wait, struct error *err)
{
	cleanup_json struct json_object *order = NULL;
	uint64_t number = 0;

	int r = transfer_hear(w->fd, &order, NULL, NULL, err);
	if (r <= 0)
		return r;
	r = json_to_u64(json_get(order, "job"), "job", &number, err);
	if (r == 0)
		r = json_to_bool(json_get(order, "wait"), "wait", ret_wait, err);
	if (r < 0)
		return r;
	if (number >= n_jobs)
		return error_set(err, ERR_INVALID, 0, "job: there is no %llu",
				 (unsigned long long)number);
	w->job = &jobs[number];
	return 1;
}

static int work(struct worker *w, const struct fetch_job *jobs, size_t n_jobs,
		struct error *err)
{
	for (;;) {
		bool wait = false;
		int r = hear_job(w, jobs, n_jobs, &wait, err);
		if (r <= 0)
			return r;
		if (wait) {
			r = say_progress(w, "waiting", 0, err);
			if (r < 0)
				return r;
		}
		r = fetch_blob(w, wait, err);
		if (r >= 0)
			r = say(w, r ? "done" : "busy", err);
		if (r < 0)
			return r;
	}
}

int fetch_work(struct fetch *f, int fd, const struct fetch_job *jobs, size_t n_jobs)
{
	cleanup_error struct error err = ERROR_INIT, ignored = ERROR_INIT;
	struct worker w = {.fetch = f, .fd = fd, .file_fd = -EBADF};

	if (f->remote)
		registry_source_on_retry(f->source, on_retry, &w);
	if (work(&w, jobs, n_jobs, &err) == 0)
		return EXIT_SUCCESS;
	cleanup_json struct json_object *event = transfer_error_to_json(&err);
	if (transfer_say(fd, event, NULL, 0, &ignored) < 0)
		error_drop(&ignored, "without its parent a worker ends anyway");
	return EXIT_FAILURE;
}
