/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each drawing is one write(2): up over the lines of the last one, each line anew, what is left
 * erased. Sequences: ECMA-48 (CUU, EL, ED), which every terminal knows.
 */
#include "cli/progress.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/progress_view.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"
#include "util/tty.h"

#define DRAW_USEC   (USEC_PER_SEC / 10)
#define OUTPUT_MAX  (256 << 10)
#define COLUMNS_MIN 20
#define ERASE_LINE  "\x1b[K"
#define ERASE_BELOW "\x1b[J"

struct progress {
	enum progress_kind kind;
	bool quiet, terminal, ended;
	struct progress_view view;
	struct image_progress callbacks;
	size_t drawn; /* lines on the terminal that are ours */
	int64_t drawn_usec;
};

static void say(const char *data, size_t len)
{
	if (fd_write_all(STDERR_FILENO, data, len) < 0)
		return; /* nobody is told that nobody can be told */
}

static void add_up(struct buf *out, const struct progress *p)
{
	(void)!buf_add_str(out, "\r");
	if (p->drawn)
		(void)!buf_printf(out, "\x1b[%zuA", p->drawn);
}

/* The view's lines, each erased to its end. */
static void add_lines(struct buf *out, struct progress *p)
{
	uint16_t columns = 80, rows = 24;
	cleanup_buf struct buf lines = {0};

	buf_init(&lines, OUTPUT_MAX / 2);
	if (!tty_size(STDERR_FILENO, &columns, &rows) || columns < COLUMNS_MIN ||
	    rows < 3) {
		columns = columns < COLUMNS_MIN ? COLUMNS_MIN : columns;
		rows = rows < 3 ? 24 : rows;
	}
	/* the last column stays free: some terminals wrap there; so does the last row */
	p->drawn = progress_view_render(&p->view, columns - 1U, rows - 1U, &lines);
	for (const char *c = lines.data; c && *c; c = strchr(c, '\n') + 1) {
		(void)!buf_add(out, c, strcspn(c, "\n"));
		(void)!buf_add_str(out, ERASE_LINE "\n");
	}
	(void)!buf_add_str(out, ERASE_BELOW);
}

static void draw(struct progress *p)
{
	cleanup_buf struct buf out = {0};

	buf_init(&out, OUTPUT_MAX);
	add_up(&out, p);
	add_lines(&out, p);
	say(out.data, out.len);
	p->drawn_usec = time_monotonic_usec();
}

/* Not on a terminal: what podman says there. */
static void tell(enum progress_kind kind, const struct progress_item *item)
{
	cleanup_free char *id = str_visible(item->id, ""), *line = NULL,
			  *why = str_visible(item->text ? item->text : "", "");

	if (item->state == (kind == PROGRESS_FETCH ? PROGRESS_FETCHED : PROGRESS_DONE))
		line = xasprintf("Copying blob %s done\n", id);
	else if (item->state == PROGRESS_EXISTS)
		line = xasprintf("Copying blob %s skipped: already exists\n", id);
	else if (item->state == PROGRESS_RETRY)
		line = xasprintf("Copying blob %s: trying again: %s\n", id, why);
	if (line)
		say(line, strlen(line));
}

/* It was a manifest that did not come, say. */
static void tell_of_no_blob(struct progress *p, const char *why)
{
	cleanup_free char *line = xasprintf("Trying again: %s", why ? why : "");

	progress_line(p, line);
}

static void update(void *data, const char *id, const char *state, int64_t done,
		   int64_t total, const char *text)
{
	struct progress *p = data;
	struct progress_event event = {
		.id = id,
		.state = progress_state_of(state),
		.done = done,
		.total = total,
		.text = text,
	};
	const struct progress_item *item;
	int64_t now = time_monotonic_usec();
	bool changed;

	if (p->quiet || p->ended)
		return;
	if (!*id) {
		tell_of_no_blob(p, text);
		return;
	}
	/* what was sent is done, what was fetched has to be unpacked */
	if (p->kind == PROGRESS_SEND && event.state == PROGRESS_FETCHED)
		event.state = PROGRESS_DONE;
	changed = progress_view_update(&p->view, &event, now, &item);
	if (!p->terminal && changed)
		tell(p->kind, item);
	/* what is complete is seen at once: whoever runs a container says nothing at the end */
	if (p->terminal && (now - p->drawn_usec >= DRAW_USEC ||
			    (changed && progress_view_is_over(&p->view))))
		draw(p);
}

void progress_line(struct progress *p, const char *text)
{
	cleanup_free char *visible = str_visible(text, "");
	cleanup_buf struct buf out = {0};

	if (p->quiet)
		return;
	buf_init(&out, OUTPUT_MAX);
	if (p->drawn) {
		add_up(&out, p);
		(void)!buf_printf(&out, "%s" ERASE_LINE "\n", visible);
		add_lines(&out, p);
	} else {
		(void)!buf_printf(&out, "%s\n", visible);
	}
	say(out.data, out.len);
}

static void note(void *data, const char *line)
{
	progress_line(data, line);
}

struct progress *progress_new(enum progress_kind kind, bool quiet)
{
	struct progress *p = xcalloc(1, sizeof(*p));
	const char *term = getenv("TERM");

	p->kind = kind;
	p->quiet = quiet;
	p->terminal = isatty(STDERR_FILENO) && !str_empty(term) && !str_eq(term, "dumb");
	p->callbacks = (struct image_progress){.update = update, .note = note, .data = p};
	return p;
}

const struct image_progress *progress_callbacks(struct progress *p)
{
	return &p->callbacks;
}

void progress_end(struct progress *p, bool success)
{
	if (p->ended)
		return;
	p->ended = true;
	if (success)
		progress_view_finish(&p->view);
	if (p->terminal && p->view.n && !p->quiet)
		draw(p);
	/* the lines stay; what follows comes below them */
	p->drawn = 0;
}

void progress_free(struct progress *p)
{
	if (!p)
		return;
	progress_view_release(&p->view);
	free(p);
}
