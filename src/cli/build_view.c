/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/build_view.h"

#include <stdlib.h>

#include "cli/build_view_kind.h"
#include "util/fd.h"
#include "util/mem.h"

struct build_view {
	const struct build_view_methods *methods;
	void *data;
	int fd;
	bool ended;
	struct build_listener listener;
};

static void write_out(const struct build_view *v, const struct buf *out)
{
	if (out->len && fd_write_all(v->fd, out->data, out->len) < 0)
		return; /* nobody is told that nobody can be told */
}

static void on_event(void *data, const struct build_event *e)
{
	struct build_view *v = data;
	cleanup_buf struct buf out = {0};

	if (v->ended)
		return;
	buf_init(&out, BUILD_VIEW_OUTPUT_MAX);
	v->methods->event(v->data, e, &out);
	write_out(v, &out);
}

struct build_view *build_view_new(enum build_view_kind kind, int fd)
{
	static const struct build_view_methods *const kinds[] = {
		[BUILD_VIEW_TTY] = &build_view_tty,
		[BUILD_VIEW_PLAIN] = &build_view_plain,
		[BUILD_VIEW_JSON] = &build_view_json,
		[BUILD_VIEW_QUIET] = &build_view_quiet,
	};
	struct build_view *v = xcalloc(1, sizeof(*v));

	v->methods = kinds[kind];
	v->data = v->methods->make(fd);
	v->fd = fd;
	v->listener = (struct build_listener){.event = on_event, .data = v};
	return v;
}

const struct build_listener *build_view_listener(struct build_view *v)
{
	return &v->listener;
}

void build_view_end(struct build_view *v, bool success)
{
	cleanup_buf struct buf out = {0};

	if (v->ended)
		return;
	v->ended = true;
	buf_init(&out, BUILD_VIEW_OUTPUT_MAX);
	if (v->methods->end)
		v->methods->end(v->data, success, &out);
	write_out(v, &out);
}

void build_view_free(struct build_view *v)
{
	if (!v)
		return;
	v->methods->drop(v->data);
	free(v);
}
