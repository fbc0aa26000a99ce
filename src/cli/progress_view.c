/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/progress_view.h"

#include <stdlib.h>
#include <string.h>

#include "cli/human.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/table.h"
#include "util/time.h"

#define LABEL_DIGITS   12
#define SAMPLE_USEC    (USEC_PER_SEC / 2)
#define RATE_WEIGHT    0.3 /* of the newest sample */
#define BAR_MIN        10
#define BAR_MAX        40
#define AMOUNT_COLUMNS 17 /* "999 MB / 1.23 GB" */
#define RATE_COLUMNS   9  /* "78.7 MB/s" */
#define CLOCK_COLUMNS  5
#define GAP            2

void progress_view_release(struct progress_view *v)
{
	for (size_t i = 0; i < v->n; i++) {
		free(v->items[i].id);
		free(v->items[i].label);
		free(v->items[i].text);
	}
	free(v->items);
	*v = (struct progress_view){0};
}

static char *label_of(const struct progress_event *e)
{
	const char *digits = strchr(e->id, ':');

	if (e->label)
		return str_visible(e->label, "");
	cleanup_free char *start = xstrndup(digits ? digits + 1 : e->id, LABEL_DIGITS);

	return str_visible(start, "");
}

static struct progress_item *find(struct progress_view *v, const char *id)
{
	for (size_t i = 0; i < v->n; i++)
		if (str_eq(v->items[i].id, id))
			return &v->items[i];
	return NULL;
}

static struct progress_item *add(struct progress_view *v, const struct progress_event *e)
{
	struct progress_item *item;

	v->items = xreallocarray(v->items, v->n + 1, sizeof(*v->items));
	item = &v->items[v->n++];
	*item = (struct progress_item){
		.id = xstrdup(e->id), .label = label_of(e), .total = -1};
	return item;
}

/* A moving mean, so that the number does not dance. */
static void measure(struct progress_item *item, int64_t done, int64_t now_usec)
{
	int64_t span = now_usec - item->sample_usec;
	double rate;

	if (done < item->sample_done || item->sample_usec == 0) {
		/* the first time, or it begins anew */
		item->sample_usec = now_usec;
		item->sample_done = done;
		item->rate = 0;
		return;
	}
	if (span < SAMPLE_USEC)
		return;
	rate = (double)(done - item->sample_done) * USEC_PER_SEC / (double)span;
	item->rate = item->rate > 0 ? (1 - RATE_WEIGHT) * item->rate + RATE_WEIGHT * rate
				    : rate;
	item->sample_usec = now_usec;
	item->sample_done = done;
}

bool progress_view_update(struct progress_view *v, const struct progress_event *e,
			  int64_t now_usec, const struct progress_item **ret)
{
	struct progress_item *item = find(v, e->id);
	bool changed = !item || item->state != e->state ||
		       (e->text && !str_eq(item->text, e->text));

	if (!item)
		item = add(v, e);
	if (item->state != e->state)
		item->sample_usec = 0;
	item->state = e->state;
	item->done = e->done > 0 ? e->done : 0;
	if (e->total >= 0)
		item->total = e->total;
	free(item->text);
	item->text = e->text ? xstrdup(e->text) : NULL;
	measure(item, item->done, now_usec);
	if (ret)
		*ret = item;
	return changed;
}

static bool is_over(const struct progress_item *item)
{
	return item->state == PROGRESS_DONE || item->state == PROGRESS_EXISTS ||
	       item->state == PROGRESS_FETCHED;
}

bool progress_view_is_over(const struct progress_view *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (!is_over(&v->items[i]))
			return false;
	return true;
}

void progress_view_finish(struct progress_view *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->items[i].state != PROGRESS_EXISTS)
			v->items[i].state = PROGRESS_DONE;
}

enum progress_state progress_state_of(const char *word)
{
	static const struct {
		const char *word;
		enum progress_state state;
	} words[] = {
		{"waiting", PROGRESS_WAITING},     {"fetching", PROGRESS_FETCHING},
		{"checking", PROGRESS_CHECKING},   {"sending", PROGRESS_SENDING},
		{"unpacking", PROGRESS_UNPACKING}, {"retry", PROGRESS_RETRY},
		{"done", PROGRESS_FETCHED},        {"unpacked", PROGRESS_DONE},
		{"exists", PROGRESS_EXISTS},       {"copying", PROGRESS_COPYING},
		{"copied", PROGRESS_DONE},
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(words[i].word, word))
			return words[i].state;
	return PROGRESS_WAITING;
}

/* As much of s as fits, and how wide that is. */
static size_t add_cut(struct buf *out, const char *s, size_t columns)
{
	size_t width = 0, len = strlen(s);

	while (len > 0) {
		uint32_t c;
		int n = str_utf8_decode(s, len, &c);
		size_t bytes = n < 0 ? 1 : (size_t)n;
		cleanup_free char *one = xstrndup(s, bytes);
		size_t w = text_width(one);

		if (width + w > columns)
			break;
		(void)!buf_add(out, s, bytes);
		width += w;
		s += bytes;
		len -= bytes;
	}
	return width;
}

static const char *state_word(enum progress_state state)
{
	static const char *const words[] = {
		[PROGRESS_WAITING] = "waiting",      [PROGRESS_FETCHING] = "fetching",
		[PROGRESS_CHECKING] = "checking",    [PROGRESS_SENDING] = "sending",
		[PROGRESS_UNPACKING] = "unpacking",  [PROGRESS_RETRY] = "retry",
		[PROGRESS_FETCHED] = "fetched",      [PROGRESS_DONE] = "done",
		[PROGRESS_EXISTS] = "already there", [PROGRESS_COPYING] = "copying"};
	return words[state];
}

static bool has_bar(const struct progress_item *item)
{
	return item->state == PROGRESS_FETCHING || item->state == PROGRESS_CHECKING ||
	       item->state == PROGRESS_SENDING || item->state == PROGRESS_UNPACKING ||
	       item->state == PROGRESS_COPYING;
}

static void add_bar(struct buf *out, const struct progress_item *item, size_t width)
{
	size_t inner = width - 2;
	double share = item->total > 0 ? (double)item->done / (double)item->total : 1;
	size_t full = share >= 1 ? inner : (size_t)(share * (double)inner);

	(void)!buf_add_str(out, "[");
	for (size_t i = 0; i < inner; i++)
		(void)!buf_add_str(out, i < full ? "=" : i == full ? ">" : " ");
	(void)!buf_add_str(out, "]");
}

static void add_amount(struct buf *out, const struct progress_item *item)
{
	char done[HUMAN_TEXT_MAX], total[HUMAN_TEXT_MAX];

	human_size(item->done, done);
	if (item->total >= 0)
		(void)!buf_printf(out, "%s / %s", done, human_size(item->total, total));
	else if (item->done > 0)
		(void)!buf_add_str(out, done);
}

/* Left-justified in a column of its own, with a gap before it. */
static void add_column(struct buf *out, const char *text, size_t width)
{
	(void)!buf_printf(out, "%*s%-*s", GAP, "", (int)width, text);
}

static int64_t seconds_left(const struct progress_item *item)
{
	if (item->rate <= 0 || item->total < 0)
		return -1;
	return item->total > item->done
		       ? (int64_t)((double)(item->total - item->done) / item->rate) + 1
		       : 0;
}

/* A layer at work in `room` columns: the less room, the less is said. */
static void add_work(struct buf *out, const struct progress_item *item, size_t room)
{
	const size_t state = strlen("unpacking") + GAP, amount = AMOUNT_COLUMNS + GAP,
		     rate = RATE_COLUMNS + GAP, clock = CLOCK_COLUMNS + GAP;
	bool with_state = room >= state + amount, with_amount = room >= amount;
	cleanup_buf struct buf text = {0};
	cleanup_free char *speed = NULL;
	char size[HUMAN_TEXT_MAX], left[HUMAN_TEXT_MAX];

	buf_init(&text, 200);
	if (with_state) {
		add_column(out, state_word(item->state), state - GAP);
		room -= state;
	}
	if (with_amount)
		room -= amount;
	if (room >= rate + clock + GAP + BAR_MIN && item->total > 0) {
		size_t bar = room - rate - clock - GAP;

		(void)!buf_add_str(out, "  ");
		add_bar(out, item, bar < BAR_MAX ? bar : BAR_MAX);
		room = rate + clock;
	}
	if (with_amount) {
		add_amount(&text, item);
		add_column(out, text.data ? text.data : "", AMOUNT_COLUMNS);
	} else if (room >= GAP + 4 && item->total > 0) {
		(void)!buf_printf(
			out, "  %3d%%",
			(int)(100.0 * (double)item->done / (double)item->total));
		return;
	}
	if (item->rate <= 0)
		return;
	if (room >= rate) {
		speed = xasprintf("%s/s", human_size((int64_t)item->rate, size));
		add_column(out, speed, RATE_COLUMNS);
	}
	if (room >= rate + clock)
		add_column(out, human_clock(seconds_left(item), left), 1);
}

static void add_rest(struct buf *out, const struct progress_item *item, size_t room)
{
	cleanup_free char *text = NULL, *why = NULL;
	char size[HUMAN_TEXT_MAX];
	int64_t bytes = item->total >= 0 ? item->total : item->done;

	why = str_visible(item->text ? item->text : "", "");
	if (item->state == PROGRESS_RETRY && *why)
		text = xasprintf("  trying again: %s", why);
	else if (bytes > 0 &&
		 (item->state == PROGRESS_DONE || item->state == PROGRESS_FETCHED ||
		  item->state == PROGRESS_WAITING))
		text = xasprintf("  %-9s  %s", state_word(item->state),
				 human_size(bytes, size));
	else
		text = xasprintf("  %s", state_word(item->state));
	add_cut(out, text, room);
}

static void add_line(struct buf *out, const struct progress_item *item, size_t columns)
{
	size_t width = add_cut(out, item->label, columns);

	while (width < LABEL_DIGITS && width < columns) {
		(void)!buf_add_str(out, " ");
		width++;
	}
	if (has_bar(item))
		add_work(out, item, columns - width);
	else
		add_rest(out, item, columns - width);
	while (out->len && out->data[out->len - 1] == ' ')
		out->data[--out->len] = '\0';
	(void)!buf_add_str(out, "\n");
}

/* "12 done, 5 waiting": those that have no line. */
static void add_summary(struct buf *out, size_t over, size_t waiting, size_t columns)
{
	cleanup_free char *text = NULL;

	if (over && waiting)
		text = xasprintf("... and %zu done, %zu waiting", over, waiting);
	else
		text = over ? xasprintf("... and %zu done", over)
			    : xasprintf("... and %zu waiting", waiting);
	add_cut(out, text, columns);
	(void)!buf_add_str(out, "\n");
}

/* Those at work, then those that wait, then those that are over, while there is room. */
static void choose(const struct progress_view *v, size_t room, bool *chosen)
{
	for (int rank = 0; rank < 3; rank++) {
		for (size_t i = 0; i < v->n && room > 0; i++) {
			const struct progress_item *item = &v->items[i];
			int own = is_over(item)                     ? 2
				  : item->state == PROGRESS_WAITING ? 1
								    : 0;

			if (own != rank)
				continue;
			chosen[i] = true;
			room--;
		}
	}
}

size_t progress_view_render(const struct progress_view *v, size_t columns, size_t rows,
			    struct buf *out)
{
	cleanup_free bool *chosen = xcalloc(v->n + 1, sizeof(*chosen));
	size_t lines = 0, over = 0, waiting = 0;
	bool all = v->n <= rows;

	if (rows == 0)
		return 0;
	choose(v, all ? rows : rows - 1, chosen);
	for (size_t i = 0; i < v->n; i++) {
		if (chosen[i]) {
			add_line(out, &v->items[i], columns);
			lines++;
		} else if (is_over(&v->items[i])) {
			over++;
		} else {
			waiting++;
		}
	}
	if (!all)
		add_summary(out, over, waiting, columns);
	return lines + !all;
}
