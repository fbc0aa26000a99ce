/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/format.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/wrap.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/table.h"

#define OUTPUT_MAX (64 << 20)
#define TABLE      "table "

bool format_is_json(const char *format)
{
	cleanup_buf struct buf tight = {0};

	if (!format)
		return false;
	buf_init(&tight, 16);
	for (const char *c = format; *c; c++)
		if (!strchr(" \t\n", *c))
			(void)!buf_add(&tight, c, 1);
	return !tight.overflow && tight.data &&
	       (str_eq(tight.data, "json") || str_eq(tight.data, "{{json}}") ||
		str_eq(tight.data, "{{json.}}"));
}

static int write_out(const char *text, size_t len, struct error *err)
{
	if (fwrite(text, 1, len, stdout) < len)
		return error_set(err, ERR_SYSTEM, errno, "write to stdout");
	return 0;
}

int format_print_json(struct json_object *o, struct error *err)
{
	cleanup_free char *text = json_text(o, true);
	cleanup_free char *line = xasprintf("%s\n", text);

	return write_out(line, strlen(line), err);
}

/* A line each, or what the template makes of all. */
static int render(const struct template *t, bool ranges, struct json_object *rows,
		  struct buf *out, struct error *err)
{
	size_t n = json_object_array_length(rows);
	int r;

	if (ranges) {
		r = template_execute(t, rows, out, err);
		if (r >= 0 && !(out->len && out->data[out->len - 1] == '\n'))
			(void)!buf_add_str(out, "\n");
		return r;
	}
	for (size_t i = 0; i < n; i++) {
		r = template_execute(t, json_object_array_get_idx(rows, i), out, err);
		if (r < 0)
			return r;
		(void)!buf_add_str(out, "\n");
	}
	return 0;
}

static size_t count_columns(char *const *lines)
{
	size_t n = 1;

	strv_foreach (line, lines) {
		size_t tabs = 1;

		for (const char *c = *line; *c; c++)
			tabs += *c == '\t';
		n = tabs > n ? tabs : n;
	}
	return n;
}

#define CELL_MIN   9
#define STATUS_MIN 15 /* "Exited (137) 2" and an ellipsis */

/* How narrow a column may become. What people copy from a table must be whole. */
static size_t least_width(const char *heading)
{
	size_t len = strlen(heading);

	if (str_eq(heading, "NAME") || str_eq(heading, "NAMES") ||
	    (len >= 2 && str_eq(heading + len - 2, "ID")))
		return SIZE_MAX;
	return str_eq(heading, "STATUS") ? STATUS_MIN : CELL_MIN;
}

/* On a terminal a line of a command's own table is a line of the screen, if that is possible. */
static void fit(struct table *t, size_t n_columns, char *const *lines)
{
	size_t columns = wrap_columns(STDOUT_FILENO, 0);
	cleanup_strv char **headings = str_split(lines[0], '\t');
	cleanup_free size_t *least = xcalloc(n_columns, sizeof(*least));

	for (size_t i = 0; i < n_columns; i++)
		least[i] = i < strv_len(headings) ? least_width(headings[i]) : CELL_MIN;
	if (columns > 0)
		table_fit(t, columns, least);
}

/* Lines whose cells are separated by tabs. */
static int print_columns(const char *text, bool fits, struct error *err)
{
	cleanup_strv char **lines = str_split(text, '\n');
	size_t n = count_columns(lines);
	struct table *t = table_new(NULL, n);
	int r;

	strv_foreach (line, lines) {
		cleanup_strv char **cells = str_split(*line, '\t');
		size_t n_cells = strv_len(cells);

		/* the end of the text is no line */
		if (!**line && !line[1])
			break;
		cells = xreallocarray(cells, n + 1, sizeof(*cells));
		for (size_t i = n_cells; i <= n; i++)
			cells[i] = NULL;
		table_add(t, (const char *const *)cells);
	}
	if (fits && lines && lines[0])
		fit(t, n, lines);
	r = table_print(t, stdout, false);
	table_free(t);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write to stdout") : 0;
}

static bool ranges(const char *format)
{
	return str_starts(format, "{{range") || str_starts(format, "{{ range") ||
	       str_starts(format, "{{- range");
}

static int print_table(const struct format_list *f, const char *format,
		       struct json_object *rows, struct error *err)
{
	cleanup_template struct template *t = NULL;
	cleanup_buf struct buf out = {0};
	int r = template_parse(format, TEMPLATE_TABS, &t, err);

	buf_init(&out, OUTPUT_MAX);
	if (r >= 0 && !f->no_heading) {
		r = template_headings(t, f->headings, &out, err);
		if (r >= 0 && !(out.len && out.data[out.len - 1] == '\n'))
			(void)!buf_add_str(&out, "\n");
	}
	if (r >= 0)
		r = render(t, ranges(format), rows, &out, err);
	return r < 0 ? r
		     : print_columns(out.data ? out.data : "", !f->format && !f->whole,
				     err);
}

int format_print_list(const struct format_list *f, struct json_object *rows,
		      struct error *err)
{
	cleanup_template struct template *t = NULL;
	cleanup_buf struct buf out = {0};
	int r;

	if (!f->format || str_eq(f->format, "table"))
		return print_table(f, f->table, rows, err);
	if (str_starts(f->format, TABLE))
		return print_table(f, f->format + strlen(TABLE), rows, err);
	buf_init(&out, OUTPUT_MAX);
	r = template_parse(f->format, 0, &t, err);
	if (r >= 0)
		r = render(t, ranges(f->format), rows, &out, err);
	return r < 0 ? r : write_out(out.data ? out.data : "", out.len, err);
}

int format_print_object(const char *format, struct json_object *o, struct error *err)
{
	cleanup_buf struct buf out = {0};
	int r;

	buf_init(&out, OUTPUT_MAX);
	r = template_render(format, o, &out, err);
	if (r < 0)
		return r;
	(void)!buf_add_str(&out, "\n");
	return write_out(out.data, out.len, err);
}
