/* SPDX-License-Identifier: Apache-2.0 */
/*
 * podman's lines. Of several stages each line says whose it is, as they are built beside each other: so what RUN writes comes in whole lines
 * then, and otherwise byte for byte.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/build_view_kind.h"
#include "util/mem.h"
#include "util/str.h"

#define SHORT_ID 12

/* What a stage has written without a line end. */
struct rest {
	size_t stage;
	struct buf text;
};
#define REST_MAX (64 << 10)

struct plain {
	struct rest *rests;
	size_t n_rests;
	char **names; /* that the image gets */
	bool is_open; /* the last byte was no line end */
};

static void *plain_make(int fd _unused_)
{
	return xcalloc(1, sizeof(struct plain));
}

static void plain_drop(void *data)
{
	struct plain *p = data;

	for (size_t i = 0; i < p->n_rests; i++)
		buf_release(&p->rests[i].text);
	free(p->rests);
	strv_free(p->names);
	free(p);
}

static const char *without_algorithm(const char *id)
{
	const char *colon = id ? strchr(id, ':') : NULL;

	return colon ? colon + 1 : id;
}

/* "[1/2] " */
static void add_prefix(const struct build_event *e, struct buf *out)
{
	if (e->n_stages > 1)
		(void)!buf_printf(out, "[%zu/%zu] ", e->stage + 1, e->n_stages);
}

static void close_line(struct plain *p, struct buf *out)
{
	if (p->is_open)
		(void)!buf_add_str(out, "\n");
	p->is_open = false;
}

static struct rest *rest_of(struct plain *p, size_t stage)
{
	for (size_t i = 0; i < p->n_rests; i++)
		if (p->rests[i].stage == stage)
			return &p->rests[i];
	p->rests = xreallocarray(p->rests, p->n_rests + 1, sizeof(*p->rests));
	p->rests[p->n_rests] = (struct rest){.stage = stage};
	buf_init(&p->rests[p->n_rests].text, REST_MAX);
	return &p->rests[p->n_rests++];
}

static void flush(struct plain *p, const struct build_event *e, struct buf *out)
{
	struct rest *r = rest_of(p, e->stage);

	if (r->text.len == 0)
		return;
	add_prefix(e, out);
	(void)!buf_add(out, r->text.data, r->text.len);
	(void)!buf_add_str(out, "\n");
	r->text.len = 0;
}

static void add_lines(struct plain *p, const struct build_event *e, struct buf *out)
{
	struct rest *r = rest_of(p, e->stage);
	const char *at = e->text, *end = e->text + e->size;

	while (at < end) {
		const char *feed = memchr(at, '\n', (size_t)(end - at));
		size_t n = (size_t)((feed ? feed : end) - at);

		if (r->text.len + n >= REST_MAX)
			flush(p, e, out);
		(void)!buf_add(&r->text, at, n < REST_MAX ? n : REST_MAX - 1);
		if (!feed)
			return;
		if (r->text.len)
			flush(p, e, out);
		else
			(void)!buf_printf(out, "[%zu/%zu]\n", e->stage + 1, e->n_stages);
		at = feed + 1;
	}
}

static void add_output(struct plain *p, const struct build_event *e, struct buf *out)
{
	if (e->n_stages > 1) {
		add_lines(p, e, out);
	} else if (e->text && e->size) {
		(void)!buf_add(out, e->text, e->size);
		p->is_open = e->text[e->size - 1] != '\n';
	}
}

static void add_done(struct plain *p, const struct build_event *e, struct buf *out)
{
	const char *id = without_algorithm(e->id);

	flush(p, e, out);
	close_line(p, out);
	if (e->cached) {
		add_prefix(e, out);
		(void)!buf_printf(out, "--> Using cache%s%s\n", id ? " " : "",
				  id ? id : "");
	}
	if (!id)
		return;
	add_prefix(e, out);
	(void)!buf_printf(out, "--> %.*s\n", SHORT_ID, id);
}

static void add_image(struct plain *p, const struct build_event *e, struct buf *out)
{
	const char *id = without_algorithm(e->id);

	close_line(p, out);
	if (!p->names) {
		add_prefix(e, out);
		(void)!buf_add_str(out, "COMMIT\n");
	}
	(void)!buf_printf(out, "--> %.*s\n", SHORT_ID, id ? id : "");
	strv_foreach (name, p->names)
		(void)!buf_printf(out, "Successfully tagged %s\n", *name);
	strv_free(p->names);
	p->names = NULL;
}

static void plain_event(void *data, const struct build_event *e, struct buf *out)
{
	struct plain *p = data;
	cleanup_free char *text = e->text && e->kind != BUILD_EVENT_OUTPUT
					  ? str_visible(e->text, "\t\n")
					  : NULL;

	switch (e->kind) {
	case BUILD_EVENT_STEP:
		close_line(p, out);
		add_prefix(e, out);
		(void)!buf_printf(out, "STEP %zu/%zu: %s\n", e->step, e->n_steps, text);
		break;
	case BUILD_EVENT_OUTPUT:
		add_output(p, e, out);
		break;
	case BUILD_EVENT_NOTE:
		close_line(p, out);
		add_prefix(e, out);
		(void)!buf_printf(out, "%s\n", text);
		break;
	case BUILD_EVENT_DONE:
		add_done(p, e, out);
		break;
	case BUILD_EVENT_FAILED:
		flush(p, e, out);
		close_line(p, out);
		/* none of a step's doing: somebody wants an end */
		if (e->n_steps == 0 && text)
			(void)!buf_printf(out, "%s\n", text);
		break;
	case BUILD_EVENT_COMMIT:
		close_line(p, out);
		add_prefix(e, out);
		(void)!buf_printf(out, "COMMIT%s%s\n", text && *text ? " " : "",
				  text ? text : "");
		if (text && *text)
			strv_add(&p->names, text);
		break;
	case BUILD_EVENT_IMAGE:
		add_image(p, e, out);
		break;
	case BUILD_EVENT_PROGRESS:
	case BUILD_EVENT_SKIPPED:
	case BUILD_EVENT_TICK:
		break;
	}
}

static void plain_end(void *data, bool success _unused_, struct buf *out)
{
	close_line(data, out);
}

const struct build_view_methods build_view_plain = {
	.make = plain_make,
	.event = plain_event,
	.end = plain_end,
	.drop = plain_drop,
};
