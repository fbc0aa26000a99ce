/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/build_scene.h"

#include <stdlib.h>
#include <string.h>

#include "cli/human.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/table.h"
#include "util/time.h"

#define OUTPUT_LINES  6  /* below a step at work */
#define FAILED_LINES  30 /* below one that failed */
#define FRAME_USEC    (USEC_PER_SEC / 10)
#define GAP           2
#define LAYERS_INDENT 4
#define LAYERS_MAX    (64 << 10) /* bytes of their lines */
#define SHORT_ID      12

enum mark { MARK_WORK, MARK_DONE, MARK_CACHED, MARK_FAILED, MARK_NOTE };

/* SGR of ECMA-48 */
#define DIM    "\x1b[2m"
#define GREEN  "\x1b[32m"
#define RED    "\x1b[31m"
#define CYAN   "\x1b[36m"
#define YELLOW "\x1b[33m"
#define PLAIN  "\x1b[0m"

static void clear_step(struct build_scene_step *step)
{
	free(step->stage_name);
	free(step->text);
	free(step->progress);
	build_tail_release(&step->tail);
	progress_view_release(&step->layers);
	*step = (struct build_scene_step){0};
}

void build_scene_release(struct build_scene *s)
{
	for (size_t i = 0; i < s->n; i++)
		clear_step(&s->steps[i]);
	free(s->steps);
	strv_free(s->names);
	*s = (struct build_scene){0};
}

/* An instruction on one line, however many it takes in the file. */
static char *one_line(const char *text)
{
	cleanup_free char *copy = xstrdup(text ? text : "");
	char *to = copy;

	for (const char *from = copy; *from; from++) {
		bool blank = strchr(" \t\r\n", *from) != NULL;

		if (blank && (to == copy || to[-1] == ' '))
			continue;
		*to++ = blank ? ' ' : *from;
	}
	while (to > copy && to[-1] == ' ')
		to--;
	*to = '\0';
	return str_visible(copy, "");
}

/* As much as fits into so many columns, with an ellipsis where it does not. Caller frees. */
static char *fit(const char *text, size_t columns, bool utf8)
{
	const char *ellipsis = utf8 ? "\u2026" : "...";
	size_t width = text_width(text), room, end = 0, used = 0, len = strlen(text);

	if (width <= columns)
		return xstrdup(text);
	if (columns < 4)
		ellipsis = "";
	room = columns - text_width(ellipsis);
	while (end < len) {
		uint32_t c;
		int n = str_utf8_decode(text + end, len - end, &c);
		size_t bytes = n < 0 ? 1 : (size_t)n;
		cleanup_free char *one = xstrndup(text + end, bytes);

		if (used + text_width(one) > room)
			break;
		used += text_width(one);
		end += bytes;
	}
	return xasprintf("%.*s%s", (int)end, text, ellipsis);
}

static const char *mark_text(enum mark mark, bool utf8, int64_t now_usec)
{
	static const char *const dots[] = {"\u280b", "\u2819", "\u2839", "\u2838",
					   "\u283c", "\u2834", "\u2826", "\u2827",
					   "\u2807", "\u280f"};
	static const char *const bars[] = {"-", "\\", "|", "/"};
	size_t frame = (size_t)(now_usec / FRAME_USEC);

	switch (mark) {
	case MARK_WORK:
		return utf8 ? dots[frame % ARRAY_SIZE(dots)]
			    : bars[frame % ARRAY_SIZE(bars)];
	case MARK_DONE:
	case MARK_CACHED:
		return utf8 ? "\u2713" : "+";
	case MARK_FAILED:
		return utf8 ? "\u2717" : "x";
	case MARK_NOTE:
		break;
	}
	return "!";
}

static const char *mark_color(enum mark mark)
{
	static const char *const colors[] = {
		[MARK_WORK] = CYAN,  [MARK_DONE] = GREEN,  [MARK_CACHED] = DIM,
		[MARK_FAILED] = RED, [MARK_NOTE] = YELLOW,
	};

	return colors[mark];
}

static void add_colored(struct buf *out, const char *color, const char *text,
			const struct build_scene_style *style)
{
	if (style->colors && *text)
		(void)!buf_printf(out, "%s%s" PLAIN, color, text);
	else
		(void)!buf_add_str(out, text);
}

/* "✓ what it is                    how long" */
struct row {
	enum mark mark;
	const char *left, *right;
	int64_t now_usec;
};

static void add_row(struct buf *out, const struct row *r,
		    const struct build_scene_style *style)
{
	size_t right = text_width(r->right), used = GAP;
	size_t room = style->columns > used + right + GAP
			      ? style->columns - used - right - GAP
			      : 0;
	cleanup_free char *left = fit(r->left, room, style->utf8);

	add_colored(out, mark_color(r->mark),
		    mark_text(r->mark, style->utf8, r->now_usec), style);
	(void)!buf_printf(out, " %s", left);
	used += text_width(left);
	if (*r->right && room) {
		(void)!buf_printf(out, "%*s", (int)(style->columns - used - right), "");
		add_colored(out, DIM, r->right, style);
	}
	(void)!buf_add_str(out, "\n");
}

/* "0.3s", "12.5s", "2:05" */
static char *clock_text(int64_t usec)
{
	char text[HUMAN_TEXT_MAX];

	if (usec < 0)
		usec = 0;
	if (usec >= 100 * USEC_PER_SEC)
		return xstrdup(human_clock(usec / USEC_PER_SEC, text));
	return xasprintf("%lld.%llds", (long long)(usec / USEC_PER_SEC),
			 (long long)(usec % USEC_PER_SEC / (USEC_PER_SEC / 10)));
}

/* "[build 2/5] RUN make" */
static char *step_text(const struct build_scene_step *s)
{
	if (s->n_stages < 2)
		return xasprintf("[%zu/%zu] %s", s->step, s->n_steps, s->text);
	if (s->stage_name)
		return xasprintf("[%s %zu/%zu] %s", s->stage_name, s->step, s->n_steps,
				 s->text);
	return xasprintf("[#%zu %zu/%zu] %s", s->stage + 1, s->step, s->n_steps, s->text);
}

static void add_step(struct buf *out, const struct build_scene_step *s, enum mark mark,
		     int64_t now_usec, const struct build_scene_style *style)
{
	cleanup_free char *left = step_text(s),
			  *right = mark == MARK_CACHED
					   ? xstrdup("cached")
					   : clock_text(now_usec - s->begun_usec);
	const struct row row = {mark, left, right, now_usec};

	add_row(out, &row, style);
}

static struct build_scene_step *find(struct build_scene *s, size_t stage)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->steps[i].stage == stage)
			return &s->steps[i];
	s->steps = xreallocarray(s->steps, s->n + 1, sizeof(*s->steps));
	s->steps[s->n] = (struct build_scene_step){.stage = stage};
	return &s->steps[s->n++];
}

static void begin(struct build_scene_step *step, const struct build_event *e)
{
	clear_step(step);
	*step = (struct build_scene_step){
		.at_work = true,
		.stage = e->stage,
		.n_stages = e->n_stages,
		.step = e->step,
		.n_steps = e->n_steps,
		.stage_name = e->stage_name ? str_visible(e->stage_name, "") : NULL,
		.text = one_line(e->text),
		.begun_usec = e->at_usec,
	};
}

static void add_note(const struct build_event *e, const struct build_scene_style *style,
		     struct buf *above)
{
	cleanup_free char *text = str_visible(e->text ? e->text : "", "\n");

	add_colored(above, YELLOW, "!", style);
	(void)!buf_printf(above, " %s\n", text);
}

static void add_failed(const struct build_scene_step *step, int64_t now_usec,
		       const struct build_scene_style *style, struct buf *above)
{
	add_step(above, step, MARK_FAILED, now_usec, style);
	build_tail_print(&step->tail, FAILED_LINES, style->utf8 ? "  \u2502 " : "  | ",
			 above);
}

/* It was none of a step's doing: somebody wants an end. */
static void add_end(struct build_scene *s, const struct build_event *e,
		    const struct build_scene_style *style, struct buf *above)
{
	const struct row row = {MARK_FAILED, e->text ? e->text : "", "", 0};

	for (size_t i = 0; i < s->n; i++) {
		if (s->steps[i].at_work)
			add_step(above, &s->steps[i], MARK_FAILED, e->at_usec, style);
		s->steps[i].at_work = false;
	}
	add_row(above, &row, style);
}

static void add_image(struct build_scene *s, const struct build_event *e,
		      const struct build_scene_style *style, struct buf *above)
{
	cleanup_free char *right = clock_text(e->at_usec - s->begun_usec);
	const char *colon = e->id ? strchr(e->id, ':') : NULL, *id = colon   ? colon + 1
								     : e->id ? e->id
									     : "";
	char *const none[] = {(char *)"", NULL};
	char *const *names = s->names ? s->names : none;

	strv_foreach (name, names) {
		cleanup_free char *left =
			xasprintf("%.*s%s%s", SHORT_ID, id, **name ? "  " : "", *name);
		const struct row row = {MARK_DONE, left, name == names ? right : "", 0};

		add_row(above, &row, style);
	}
	strv_free(s->names);
	s->names = NULL;
}

static void set_progress(struct build_scene_step *step, const struct build_event *e)
{
	const struct progress_event layer = {
		.id = e->id,
		.state = progress_state_of(e->text ? e->text : ""),
		.done = e->done,
		.total = e->total,
	};

	if (e->id) {
		progress_view_update(&step->layers, &layer, e->at_usec, NULL);
		return;
	}
	free(step->progress);
	step->progress = one_line(e->text);
	step->done = e->done;
	step->total = e->total;
}

bool build_scene_event(struct build_scene *s, const struct build_event *e,
		       const struct build_scene_style *style, struct buf *above)
{
	struct build_scene_step *step;
	cleanup_free char *name = NULL;

	if (!s->begun_usec)
		s->begun_usec = e->at_usec;
	switch (e->kind) {
	case BUILD_EVENT_STEP:
		begin(find(s, e->stage), e);
		return true;
	case BUILD_EVENT_OUTPUT:
		build_tail_add(&find(s, e->stage)->tail, e->text, e->size);
		return true;
	case BUILD_EVENT_PROGRESS:
		set_progress(find(s, e->stage), e);
		return true;
	case BUILD_EVENT_NOTE:
		add_note(e, style, above);
		return true;
	case BUILD_EVENT_DONE:
	case BUILD_EVENT_FAILED:
		if (e->n_steps == 0) {
			add_end(s, e, style, above);
			return true;
		}
		step = find(s, e->stage);
		if (!step->at_work)
			return false;
		step->at_work = false;
		if (e->kind == BUILD_EVENT_FAILED)
			add_failed(step, e->at_usec, style, above);
		else
			add_step(above, step, e->cached ? MARK_CACHED : MARK_DONE,
				 e->at_usec, style);
		return true;
	case BUILD_EVENT_COMMIT:
		name = str_visible(e->text ? e->text : "", "");
		if (*name)
			strv_add(&s->names, name);
		return false;
	case BUILD_EVENT_IMAGE:
		add_image(s, e, style, above);
		return true;
	case BUILD_EVENT_SKIPPED:
		return false;
	case BUILD_EVENT_TICK:
		break;
	}
	return true;
}

/* What is known of a long way: "layer 3f2a  12 MB / 40 MB". Return: lines. */
static size_t add_progress(struct buf *out, const struct build_scene_step *s,
			   const struct build_scene_style *style)
{
	char done[HUMAN_TEXT_MAX], total[HUMAN_TEXT_MAX];
	cleanup_free char *text = NULL, *shown = NULL;

	if (!s->progress)
		return 0;
	if (s->total > 0)
		text = xasprintf("    %s  %s / %s", s->progress,
				 human_size(s->done, done), human_size(s->total, total));
	else if (s->done > 0)
		text = xasprintf("    %s  %s", s->progress, human_size(s->done, done));
	else
		text = xasprintf("    %s", s->progress);
	shown = fit(text, style->columns, style->utf8);
	add_colored(out, DIM, shown, style);
	(void)!buf_add_str(out, "\n");
	return 1;
}

/* The layers of an image on its way. Return: lines. */
static size_t add_layers(struct buf *out, const struct build_scene_step *s, size_t most,
			 const struct build_scene_style *style)
{
	cleanup_buf struct buf lines = {0};
	size_t n;

	buf_init(&lines, LAYERS_MAX);
	n = progress_view_render(&s->layers, style->columns - LAYERS_INDENT, most,
				 &lines);
	for (const char *c = lines.data; c && *c; c = strchr(c, '\n') + 1)
		(void)!buf_printf(out, "%*s%.*s\n", LAYERS_INDENT, "",
				  (int)strcspn(c, "\n"), c);
	return n;
}

static size_t add_output(struct buf *out, const struct build_scene_step *s, size_t most,
			 const struct build_scene_style *style)
{
	size_t n = 0;

	while (n < most) {
		cleanup_free char *line = build_tail_line(&s->tail, n);

		if (!line)
			break;
		n++;
	}
	for (size_t i = n; i > 0; i--) {
		cleanup_free char *line = build_tail_line(&s->tail, i - 1),
				  *text = xasprintf("  %s %s",
						    style->utf8 ? "\u2502" : "|", line),
				  *shown = fit(text, style->columns, style->utf8);

		add_colored(out, DIM, shown, style);
		(void)!buf_add_str(out, "\n");
	}
	return n;
}

size_t build_scene_render(const struct build_scene *s, int64_t now_usec,
			  const struct build_scene_style *style, struct buf *out)
{
	size_t at_work = 0, lines = 0, each;

	for (size_t i = 0; i < s->n; i++)
		at_work += s->steps[i].at_work;
	if (at_work == 0 || style->rows == 0)
		return 0;
	each = style->rows > at_work ? (style->rows - at_work) / at_work : 0;
	if (each > OUTPUT_LINES)
		each = OUTPUT_LINES;
	for (size_t i = 0; i < s->n && lines < style->rows; i++) {
		const struct build_scene_step *step = &s->steps[i];
		size_t below = 0;

		if (!step->at_work)
			continue;
		add_step(out, step, MARK_WORK, now_usec, style);
		if (each > 0 && step->layers.n > 0)
			below = add_layers(out, step, each, style);
		else if (each > 0)
			below = add_progress(out, step, style);
		lines += 1 + below + add_output(out, step, each - below, style);
	}
	return lines;
}
