/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing, unless a step fails: then what it said last. */
#include <stdlib.h>

#include "cli/build_view_kind.h"
#include "util/mem.h"

struct quiet {
	struct build_tail *tails; /* of each stage's step */
	size_t n;
};

static void *quiet_make(int fd _unused_)
{
	return xcalloc(1, sizeof(struct quiet));
}

static void quiet_drop(void *data)
{
	struct quiet *q = data;

	for (size_t i = 0; i < q->n; i++)
		build_tail_release(&q->tails[i]);
	free(q->tails);
	free(q);
}

static struct build_tail *tail_of(struct quiet *q, size_t stage)
{
	while (q->n <= stage) {
		q->tails = xreallocarray(q->tails, q->n + 1, sizeof(*q->tails));
		q->tails[q->n++] = (struct build_tail){0};
	}
	return &q->tails[stage];
}

static void quiet_event(void *data, const struct build_event *e, struct buf *out)
{
	struct quiet *q = data;

	switch (e->kind) {
	case BUILD_EVENT_STEP:
		build_tail_release(tail_of(q, e->stage));
		break;
	case BUILD_EVENT_OUTPUT:
		build_tail_add(tail_of(q, e->stage), e->text, e->size);
		break;
	case BUILD_EVENT_FAILED:
		build_tail_print(tail_of(q, e->stage), BUILD_TAIL_LINES, "", out);
		break;
	case BUILD_EVENT_PROGRESS:
	case BUILD_EVENT_NOTE:
	case BUILD_EVENT_DONE:
	case BUILD_EVENT_SKIPPED:
	case BUILD_EVENT_COMMIT:
	case BUILD_EVENT_IMAGE:
	case BUILD_EVENT_TICK:
		break;
	}
}

const struct build_view_methods build_view_quiet = {
	.make = quiet_make,
	.event = quiet_event,
	.drop = quiet_drop,
};
