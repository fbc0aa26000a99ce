/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "image/blob_check.h"
#include "image/blobs.h"
#include "registry/registry_target.h"
#include "transfer/control.h"
#include "transfer/send.h"
#include "transfer/workers.h"
#include "util/digest.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

struct blobs {
	struct send *send;
	struct send_blob *items;
	size_t n;
};

/* One that is being sent: by this process (worker NULL), or by a worker. */
struct sending {
	struct send *send;
	struct send_blob *blob;
	struct worker *worker;
};

static void say_progress(const struct sending *s, const char *state, int64_t done,
			 const char *text)
{
	cleanup_error struct error err = ERROR_INIT;
	struct progress p = {
		.id = s->blob->from->digest,
		.state = state,
		.done = done,
		.total = s->blob->to.size >= 0 && !s->blob->convert ? s->blob->to.size
								    : s->blob->from->size,
		.text = text,
	};

	if (s->worker)
		worker_progress(s->worker, &p);
	else if (control_progress(&p, &err) < 0)
		error_drop(&err, "without the engine this process ends anyway");
}

static void on_sent(void *data, uint64_t done)
{
	say_progress(data, "sending", (int64_t)done, NULL);
}

static void on_converted(void *data, uint64_t done)
{
	say_progress(data, "checking", (int64_t)done, NULL);
}

static int convert(struct sending *s, struct error *err)
{
	struct send_blob *b = s->blob;
	struct send_recompress options = {
		.blobs_fd = s->send->blobs_fd,
		.digest = b->from->digest,
		.compression = b->compression,
		.level = s->send->request.compression_level,
		.progress = on_converted,
		.data = s,
	};

	int r = send_recompress(&options, &b->to.digest, &b->to.size, err);
	if (r == 0) {
		strv_add(&s->send->made, b->to.digest);
		b->convert = false;
	}
	return r;
}

/* The tar itself, as it comes out of the other process. */
static int send_unpacked(struct sending *s, struct error *err)
{
	const struct send_blob *b = s->blob;
	cleanup_send_unpack struct send_unpack *u = NULL;
	cleanup_fd int fd = -EBADF;
	char more;

	int r = send_unpack_start(s->send->blobs_fd, b->from->digest, &u, &fd, err);
	if (r < 0)
		return r;
	r = s->send->target->ops->blob(s->send->target, &b->to, fd, on_sent, s, err);
	if (r < 0 && err->code != ENODATA)
		return r;
	cleanup_error struct error why = ERROR_INIT;
	bool too_long = r == 0 && read(fd, &more, 1) != 0;
	close(TAKE_FD(fd));
	if (too_long)
		return error_set(err, ERR_INVALID, 0,
				 "uncompress the layer %s: it has more than %lld bytes",
				 b->from->digest, (long long)b->to.size);
	if (send_unpack_end(u, &why) < 0) /* says more than that something is missing */
		return error_move(err, &why);
	return r;
}

static int send_whole(struct sending *s, struct error *err)
{
	cleanup_fd int fd = blob_open(s->send->blobs_fd, s->blob->to.digest, err);

	if (fd < 0)
		return fd;
	return s->send->target->ops->blob(s->send->target, &s->blob->to, fd, on_sent, s,
					  err);
}

static int send_one(struct sending *s, struct error *err)
{
	struct send_blob *b = s->blob;
	struct image_target *target = s->send->target;
	int r = blob_settle(s->send->blobs_fd, b->from->digest, err);

	if (r == 0 && b->convert)
		r = convert(s, err);
	if (r == 0)
		r = target->ops->has_blob(target, &b->to, err);
	if (r < 0)
		return r;
	if (r > 0) {
		say_progress(s, "exists", b->to.size, NULL);
		return 0;
	}
	say_progress(s, "sending", 0, NULL);
	r = b->unpack ? send_unpacked(s, err) : send_whole(s, err);
	if (r == 0)
		say_progress(s, "done", b->to.size, NULL);
	return r < 0 ? error_wrap(err, "%s", target->name) : 0;
}

static void on_retry(void *data, const char *id, const char *text)
{
	struct progress p = {
		.id = id ? id : "", .state = "retry", .total = -1, .text = text};

	worker_progress(data, &p);
}

static void begin(void *data, struct worker *w)
{
	struct blobs *b = data;

	if (b->send->remote)
		registry_target_on_retry(b->send->target, on_retry, w);
}

static int run(void *data, struct worker *w, size_t job, bool wait,
	       struct json_object *answer, struct error *err)
{
	struct blobs *b = data;
	struct sending s = {.send = b->send, .blob = &b->items[job], .worker = w};

	int r = send_one(&s, err);
	if (r < 0)
		return r;
	json_add_str(answer, "digest", s.blob->to.digest);
	json_add_i64(answer, "size", s.blob->to.size);
	return 1;
}

/* What came of a conversion, in the process that writes the manifest. */
static int done(void *data, size_t job, struct json_object *answer, struct error *err)
{
	struct blobs *b = data;
	struct send_blob *blob = &b->items[job];
	const char *digest = NULL;

	if (!blob->convert)
		return 0;
	int r = json_to_str(json_get(answer, "digest"), "digest", &digest, err);
	if (r == 0)
		r = json_to_i64(json_get(answer, "size"), "size", &blob->to.size, err);
	if (r < 0)
		return r;
	if (!digest_valid(digest))
		return error_set(err, ERR_INVALID, 0, "a worker says that %s is a digest",
				 digest);
	blob->to.digest = xstrdup(digest);
	blob->convert = false;
	strv_add(&b->send->made, digest);
	return 0;
}

static int send_in_order(struct blobs *b, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < b->n && r == 0; i++) {
		struct sending s = {.send = b->send, .blob = &b->items[i]};
		r = send_one(&s, err);
	}
	return r;
}

int send_blobs(struct send *s, struct send_blob *blobs, size_t n, struct error *err)
{
	struct blobs b = {.send = s, .items = blobs, .n = n};

	for (size_t i = 0; i < n; i++) {
		struct sending sending = {.send = s, .blob = &blobs[i]};
		say_progress(&sending, "waiting", 0, NULL);
	}
	if (s->target->serial)
		return send_in_order(&b, err);
	return workers_run(
		&(struct work){
			.data = &b,
			.n_jobs = n,
			.remote = s->remote,
			.begin = begin,
			.run = run,
			.done = done,
		},
		err);
}
