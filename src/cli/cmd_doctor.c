/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cubby.h"
#include "cli/format.h"
#include "engine/doctor.h"
#include "util/json.h"
#include "util/str.h"
#include "util/table.h"

#define STATUS_SOMETHING_MISSING 1
#define GAP                      2
#define MARK_WIDTH               9 /* of "not tried" */

struct doctor_values {
	const char *format;
	bool fix;
};

static const struct option_spec options[] = {
	OPT_BOOL(struct doctor_values, fix, "fix", 0,
		 "mend what needs no root, and print what to run as root"),
	OPT_STRING(struct doctor_values, format, "format", 0, "FORMAT",
		   "json, or a template such as '{{.ID}} {{.Status}}'"),
	OPT_END,
};

static const char *colour_of(enum doctor_status status)
{
	static const char *const colours[] = {
		[DOCTOR_OK] = "\033[32m",
		[DOCTOR_UNTRIED] = "\033[2m",
		[DOCTOR_DEGRADED] = "\033[33m",
		[DOCTOR_MISSING] = "\033[31m",
	};

	return colours[status];
}

static bool wants_colour(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && str_empty(getenv("NO_COLOR")) &&
	       !str_empty(term) && !str_eq(term, "dumb");
}

static void print_mark(enum doctor_status status, bool colour)
{
	printf("%s%-*s%s%*s", colour ? colour_of(status) : "", MARK_WIDTH,
	       doctor_status_word(status), colour ? "\033[0m" : "", GAP, "");
}

static int width_of(const struct doctor_report *r, bool subject)
{
	int widest = subject ? (int)strlen("SUBJECT") : (int)strlen("CHECK");

	for (size_t i = 0; i < r->n_checks; i++) {
		const struct doctor_check *c = &r->checks[i];
		int width = (int)text_width(subject ? c->subject : c->name);

		widest = width > widest ? width : widest;
	}
	return widest + GAP;
}

static void print_table(const struct doctor_report *r, bool colour)
{
	int subject_width = width_of(r, true), name_width = width_of(r, false);
	const char *subject = "";

	printf("%-*s%-*s%-*s%s\n", subject_width, "SUBJECT", name_width, "CHECK",
	       MARK_WIDTH + GAP, "STATUS", "DETAIL");
	for (size_t i = 0; i < r->n_checks; i++) {
		const struct doctor_check *c = &r->checks[i];
		cleanup_free char *detail = str_visible(c->detail, "");

		printf("%-*s%-*s", subject_width,
		       str_eq(subject, c->subject) ? "" : c->subject, name_width,
		       c->name);
		print_mark(c->status, colour);
		printf("%s\n", detail);
		subject = c->subject;
	}
}

static void print_line(const char *label, const char *text)
{
	cleanup_free char *visible = str_visible(text, "");

	printf("%*s%s%s\n", MARK_WIDTH + GAP, "", label, visible);
}

static void print_remedies(const struct doctor_report *r, bool colour)
{
	for (size_t i = 0; i < r->n_checks; i++) {
		const struct doctor_check *c = &r->checks[i];

		if (c->status != DOCTOR_DEGRADED && c->status != DOCTOR_MISSING)
			continue;
		printf("\n");
		print_mark(c->status, colour);
		printf("%s\n", c->name);
		print_line("", c->why);
		if (c->command)
			print_line(c->as_root ? "As root: " : "Type: ", c->command);
		if (c->remedy)
			print_line("", c->remedy);
	}
}

/* A line each; what has failed is still in the report. */
static void print_block(const char *heading, char *const *lines)
{
	if (!lines)
		return;
	printf("\n%s:\n", heading);
	strv_foreach (line, lines) {
		cleanup_free char *visible = str_visible(*line, "");

		printf("  %s\n", visible);
	}
}

/* One command may be the remedy of several. */
static void print_commands(const struct doctor_report *r)
{
	cleanup_strv char **commands = NULL;

	for (size_t i = 0; i < r->n_checks; i++) {
		const struct doctor_check *c = &r->checks[i];

		if (c->command && c->as_root && !strv_has(commands, c->command))
			strv_add(&commands, c->command);
	}
	print_block("To run as root", commands);
}

static struct json_object *row_of(const struct doctor_check *c)
{
	struct json_object *o = json_object_new_object();

	json_add_str(o, "ID", c->id);
	json_add_str(o, "Subject", c->subject);
	json_add_str(o, "Check", c->name);
	json_add_str(o, "Status", doctor_status_word(c->status));
	json_add_str(o, "Detail", c->detail);
	json_add_str(o, "Why", c->why);
	json_add_str(o, "Command", c->command ? c->command : "");
	json_add_bool(o, "AsRoot", c->as_root);
	json_add_str(o, "Remedy", c->remedy ? c->remedy : "");
	json_add_bool(o, "Essential", c->essential);
	return o;
}

static int print_formatted(const char *format, const struct doctor_report *r,
			   struct error *err)
{
	const struct format_list list = {
		.format = format,
		.table = "{{.Subject}}\t{{.Check}}\t{{.Status}}\t{{.Detail}}",
	};
	cleanup_json struct json_object *rows = json_object_new_array();

	for (size_t i = 0; i < r->n_checks; i++)
		json_object_array_add(rows, row_of(&r->checks[i]));
	return format_is_json(format) ? format_print_json(rows, err)
				      : format_print_list(&list, rows, err);
}

static int examine(const struct command_call *call, struct doctor_facts *f,
		   struct doctor_report *r, struct error *err)
{
	const struct cubby_globals *g = call->globals;
	int n = doctor_look(g->root, g->runroot, f, err);

	if (n >= 0)
		doctor_judge(f, r);
	return n;
}

/* Lines of what was done; NULL: there was nothing to do. */
static char **fix(const struct doctor_facts *f, const struct doctor_report *r)
{
	char **done = NULL;

	for (size_t i = 0; i < r->n_checks; i++) {
		const struct doctor_check *c = &r->checks[i];
		cleanup_error struct error err = ERROR_INIT;
		cleanup_free char *message = NULL;

		if (c->fix == DOCTOR_FIX_NONE)
			continue;
		if (doctor_fix(f, c, &err) >= 0) {
			strv_addf(&done, "%s: done", c->command);
			continue;
		}
		message = error_message(&err);
		strv_addf(&done, "%s: failed, %s", c->command, message);
	}
	return done;
}

static int report(const struct doctor_values *v, const struct doctor_report *r,
		  char *const *fixes, struct error *err)
{
	bool colour = wants_colour();

	if (v->format)
		return print_formatted(v->format, r, err);
	print_table(r, colour);
	print_remedies(r, colour);
	if (v->fix) {
		print_block("Mended without root", fixes);
		print_commands(r);
	}
	printf("\n%s\n", r->summary);
	return 0;
}

static int run(const struct command_call *call, struct error *err)
{
	const struct doctor_values *v = call->values;
	cleanup_doctor_facts struct doctor_facts facts = {0};
	cleanup_doctor_report struct doctor_report found = {0};
	cleanup_strv char **fixes = NULL;
	int r = examine(call, &facts, &found, err);

	if (r >= 0 && v->fix)
		fixes = fix(&facts, &found);
	if (fixes) {
		doctor_report_release(&found);
		doctor_facts_release(&facts);
		r = examine(call, &facts, &found, err);
	}
	if (r >= 0)
		r = report(v, &found, fixes, err);
	if (r < 0)
		return r;
	return found.counts[DOCTOR_MISSING] ? STATUS_SOMETHING_MISSING : 0;
}

const struct command cmd_doctor = {
	.name = "doctor",
	.common = true,
	.group = "Cubby itself",
	.usage = "[options]",
	.summary = "try everything that containers need of this host",
	.description =
		"Each check is really tried, by whoever you are, and nothing stays: ok, degraded "
		"(containers run with something less) or missing (something that you can ask for "
		"is not to be had), with the remedy. The exit status is 0 if nothing is missing, "
		"1 if something is.",
	.examples = "cubby doctor\n"
		    "cubby doctor --fix\n"
		    "cubby doctor --format '{{.ID}} {{.Status}}'",
	.options = options,
	.values_size = sizeof(struct doctor_values),
	.run = run,
};
