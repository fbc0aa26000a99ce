/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each drawing is one write(2): up over the lines that move, those that stay, those that move anew, what is left erased. The cursor is
 * never hidden and always stands below, so there is nothing to be restored, however the process ends. Sequences: ECMA-48 (CUU, EL, ED).
 */
#include <stdlib.h>
#include <string.h>

#include "cli/build_scene.h"
#include "cli/build_view_kind.h"
#include "cli/userns_view.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/table.h"
#include "util/time.h"
#include "util/tty.h"

#define DRAW_USEC   (USEC_PER_SEC / 12)
#define COLUMNS_MIN 30
#define ROWS_MIN    4
#define ERASE_LINE  "\x1b[K"
#define ERASE_BELOW "\x1b[J"

struct tty {
	int fd;
	struct build_scene scene;
	struct build_scene_style style;
	size_t *widths; /* of the lines on the terminal that move */
	size_t drawn;
	int64_t drawn_usec;
};

/* Those of terminfo(5) that have none: the old ones, and what is called monochrome. */
static bool has_colors(const char *term)
{
	return term && !str_starts(term, "vt") && !str_ends(term, "-m") &&
	       !str_ends(term, "-mono");
}

static void *tty_make(int fd)
{
	struct tty *t = xcalloc(1, sizeof(*t));

	t->fd = fd;
	t->style.utf8 =
		userns_view_is_utf8(getenv("LC_ALL"), getenv("LC_CTYPE"), getenv("LANG"));
	/* no-color.org: set and not empty */
	t->style.colors = str_empty(getenv("NO_COLOR")) && has_colors(getenv("TERM"));
	return t;
}

static void tty_drop(void *data)
{
	struct tty *t = data;

	build_scene_release(&t->scene);
	free(t->widths);
	free(t);
}

static void measure(struct tty *t)
{
	uint16_t columns = 80, rows = 24;

	if (!tty_size(t->fd, &columns, &rows)) {
		columns = 80;
		rows = 24;
	}
	/* the last column stays free: some terminals wrap there; so does the last row */
	t->style.columns = (columns < COLUMNS_MIN ? COLUMNS_MIN : columns) - 1U;
	t->style.rows = (rows < ROWS_MIN ? ROWS_MIN : rows) - 1U;
}

/* Lines drawn when the terminal was wider take more of it now. */
static size_t rows_drawn(const struct tty *t)
{
	size_t rows = 0;

	for (size_t i = 0; i < t->drawn; i++)
		rows += 1 +
			(t->widths[i] ? (t->widths[i] - 1) / (t->style.columns + 1) : 0);
	return rows;
}

/* Columns of a line with colours in it. */
static size_t shown_width(const char *line, size_t len)
{
	cleanup_free char *plain = xmalloc(len + 1);
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (line[i] == '\x1b')
			while (i < len && line[i] != 'm')
				i++;
		else
			plain[n++] = line[i];
	}
	plain[n] = '\0';
	return text_width(plain);
}

/* Each line is erased to its end. */
static size_t add_lines(struct buf *out, const char *text, size_t *widths)
{
	size_t n = 0;

	for (const char *c = text; c && *c; c = strchr(c, '\n') + 1) {
		size_t len = strcspn(c, "\n");

		(void)!buf_add(out, c, len);
		(void)!buf_add_str(out, ERASE_LINE "\n");
		if (widths)
			widths[n] = shown_width(c, len);
		n++;
	}
	return n;
}

static void draw(struct tty *t, const struct buf *above, bool moves, int64_t now_usec,
		 struct buf *out)
{
	cleanup_buf struct buf lines = {0};
	size_t up = rows_drawn(t);

	buf_init(&lines, BUILD_VIEW_OUTPUT_MAX);
	(void)!buf_add_str(out, "\r");
	if (up)
		(void)!buf_printf(out, "\x1b[%zuA", up);
	add_lines(out, above->data, NULL);
	t->drawn = 0;
	if (moves) {
		build_scene_render(&t->scene, now_usec, &t->style, &lines);
		t->widths = xreallocarray(t->widths, t->style.rows + 1, sizeof(size_t));
		t->drawn = add_lines(out, lines.data, t->widths);
	}
	(void)!buf_add_str(out, ERASE_BELOW);
	t->drawn_usec = now_usec;
}

static void tty_event(void *data, const struct build_event *e, struct buf *out)
{
	struct tty *t = data;
	cleanup_buf struct buf above = {0};
	int64_t now = e->at_usec ? e->at_usec : time_monotonic_usec();
	bool changed;

	buf_init(&above, BUILD_VIEW_OUTPUT_MAX);
	measure(t);
	changed = build_scene_event(&t->scene, e, &t->style, &above);
	if (above.len || (changed && now - t->drawn_usec >= DRAW_USEC))
		draw(t, &above, true, now, out);
}

static void tty_end(void *data, bool success _unused_, struct buf *out)
{
	const struct buf nothing = {0};

	draw(data, &nothing, false, 0, out);
}

const struct build_view_methods build_view_tty = {
	.make = tty_make,
	.event = tty_event,
	.end = tty_end,
	.drop = tty_drop,
};
