/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/log_read.h"

#include <poll.h>
#include <stdlib.h>

#include "util/mem.h"
#include "util/proc.h"
#include "util/time.h"

/* A container whose log is read. */
struct voice {
	struct log_reader *reader; /* owned */
	int monitor_fd;            /* owned; -EBADF: it has ended */
	bool has, over;            /* over: there will be no more */
	struct log_record record;
};

struct choir {
	const struct log_request *request;
	struct voice *voices; /* owned */
	size_t n;
};

static void choir_release(struct choir *c)
{
	for (size_t i = 0; i < c->n; i++) {
		if (c->voices[i].reader)
			log_reader_free(c->voices[i].reader);
		fd_cleanup_(&c->voices[i].monitor_fd);
	}
	free(c->voices);
}

static int open_voice(const struct engine *e, const struct container *c,
		      const struct log_range *range, struct voice *v, struct error *err)
{
	struct log_range mine = *range;

	if (range->follow && status_is_up(c->status))
		v->monitor_fd = proc_id_open(&c->monitor);
	mine.follow = v->monitor_fd >= 0;
	return log_reader_open(e, c, &mine, &v->reader, err);
}

/* Everybody has a record, or nothing to say for now. */
static int fetch(struct choir *c, struct error *err)
{
	for (size_t i = 0; i < c->n; i++) {
		struct voice *v = &c->voices[i];
		int r;

		if (v->has || v->over)
			continue;
		r = log_reader_next(v->reader, &v->record, err);
		if (r < 0)
			return r;
		v->has = r > 0;
		v->over = r == 0 && v->monitor_fd < 0;
	}
	return 0;
}

static struct voice *earliest(struct choir *c)
{
	struct voice *first = NULL;

	for (size_t i = 0; i < c->n; i++) {
		struct voice *v = &c->voices[i];

		if (v->has && (!first || v->record.usec < first->record.usec))
			first = v;
	}
	return first;
}

/* What there is now. */
static int sing(struct choir *c, struct error *err)
{
	for (;;) {
		struct voice *v;
		int r = fetch(c, err);

		if (r < 0)
			return r;
		v = earliest(c);
		if (!v)
			return 0;
		v->has = false;
		r = c->request->record(c->request->data, (size_t)(v - c->voices),
				       &v->record, err);
		if (r < 0)
			return r;
	}
}

/* In milliseconds, to the end of the range; -1: for ever. */
static int patience(const struct choir *c)
{
	int64_t left;

	if (!c->request->range.until_usec)
		return -1;
	left = (c->request->range.until_usec - time_now_usec()) / 1000 + 1;
	if (left < 0)
		return 0;
	return left > INT32_MAX ? INT32_MAX : (int)left;
}

/* Return: 1 if there may be more, 0 at the end of the range. */
static int wait_for_more(struct choir *c, struct error *err)
{
	cleanup_free struct pollfd *set = xcalloc(2 * c->n, sizeof(*set));
	int timeout = patience(c), r;

	if (timeout == 0)
		return 0;
	for (size_t i = 0; i < c->n; i++) {
		const struct voice *v = &c->voices[i];

		set[2 * i] = (struct pollfd){
			.fd = v->over ? -1 : log_reader_fd(v->reader),
			.events = POLLIN,
		};
		set[2 * i + 1] = (struct pollfd){
			.fd = v->over ? -1 : v->monitor_fd,
			.events = POLLIN,
		};
	}
	if (poll(set, (nfds_t)(2 * c->n), timeout) < 0 && errno != EINTR)
		return error_set(err, ERR_SYSTEM, errno, "follow the container's log");
	for (size_t i = 0; i < c->n; i++) {
		struct voice *v = &c->voices[i];

		if (set[2 * i].revents)
			log_reader_woken(v->reader);
		if (!set[2 * i + 1].revents)
			continue;
		/* whatever it wrote before is read after this */
		fd_cleanup_(&v->monitor_fd);
		r = log_reader_ended(v->reader, err);
		if (r < 0)
			return r;
	}
	return 1;
}

static bool is_over(const struct choir *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (!c->voices[i].over)
			return false;
	return true;
}

int log_read(const struct engine *e, const struct containers *list,
	     const struct log_request *request, struct error *err)
{
	cleanup(choir_release) struct choir c = {
		.request = request,
		.voices = xcalloc(list->n, sizeof(*c.voices)),
		.n = list->n,
	};
	int r = 0;

	for (size_t i = 0; i < c.n; i++)
		c.voices[i].monitor_fd = -EBADF;
	for (size_t i = 0; r >= 0 && i < c.n; i++)
		r = open_voice(e, &list->items[i], &request->range, &c.voices[i], err);
	while (r >= 0) {
		r = sing(&c, err);
		if (r < 0 || is_over(&c))
			return r;
		if (request->idle)
			request->idle(request->data);
		r = wait_for_more(&c, err);
		if (r == 0)
			return 0;
	}
	return r;
}
