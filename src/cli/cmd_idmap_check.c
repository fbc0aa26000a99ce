/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cubby.h"
#include "cli/format.h"
#include "cli/wrap.h"
#include "engine/idmap_check.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/table.h"

#define SENTENCE_COLUMNS 100
#define OUTPUT_MAX       (16 << 20)
#define STATUS_FINDINGS  1

struct check_values {
	bool all;
	const char *format;
};

static const struct option_spec options[] = {
	OPT_BOOL(struct check_values, all, "all", 'a',
		 "look at everybody's ranges (as root that is the default)"),
	OPT_STRING(
		struct check_values, format, "format", 0, "FORMAT",
		"json, or a template for the findings such as '{{.Level}} {{.Problem}}'"),
	OPT_END,
};

static uint64_t number_of(struct json_object *o, const char *key)
{
	cleanup_error struct error err = ERROR_INIT;
	uint64_t n = 0;

	return json_to_u64(json_get(o, key), key, &n, &err) < 0 ? 0 : n;
}

static char *ranges_text(struct json_object *ranges)
{
	cleanup_strv char **words = NULL;

	for (size_t i = 0; i < json_object_array_length(ranges); i++) {
		struct json_object *o = json_object_array_get_idx(ranges, i);
		uint64_t start = number_of(o, "Start");

		strv_addf(&words, "%" PRIu64 "-%" PRIu64, start,
			  start + number_of(o, "Count") - 1);
	}
	return words ? strv_join(words, ", ") : xstrdup("none");
}

static int print_users(struct json_object *users, struct error *err)
{
	static const char *const headings[] = {"USER", "SUBORDINATE UIDS",
					       "SUBORDINATE GIDS", NULL};
	struct table *t = table_new(headings, 3);
	int r;

	for (size_t i = 0; i < json_object_array_length(users); i++) {
		struct json_object *o = json_object_array_get_idx(users, i);
		cleanup_free char *uids = ranges_text(json_get(o, "UIDs"));
		cleanup_free char *gids = ranges_text(json_get(o, "GIDs"));
		const char *const cells[] = {json_get_str(o, "Name"), uids, gids};

		table_add(t, cells);
	}
	r = table_print(t, stdout, true);
	table_free(t);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write to stdout") : 0;
}

/* A command is not broken into lines: it is there to be copied. */
static void add_finding(struct buf *out, struct json_object *f, size_t columns)
{
	static const struct wrap next = {.first = "  ", .next = "  "};
	struct wrap w = next;
	const char *remedy = json_get_str(f, "Remedy");
	cleanup_free char *problem = str_visible(json_get_str(f, "Problem"), "");
	cleanup_free char *head =
		xasprintf("%s: %s", json_get_str(f, "Level"), json_get_str(f, "Where"));

	w.columns = columns;
	(void)!buf_printf(out, "\n%s\n", head);
	wrap_add(out, &w, problem);
	if (!str_empty(remedy))
		(void)!buf_printf(out, "  as root: %s\n", remedy);
}

static int print_report(struct json_object *report, struct error *err)
{
	struct json_object *users = json_get(report, "Users"),
			   *findings = json_get(report, "Findings");
	size_t n = json_object_array_length(findings), n_errors = 0;
	size_t columns = wrap_columns(STDOUT_FILENO, SENTENCE_COLUMNS);
	struct wrap w = {.first = "", .next = ""};
	cleanup_buf struct buf out = {0};
	int r = 0;

	if (json_object_array_length(users))
		r = print_users(users, err);
	else
		printf("Nobody has subordinate ids.\n");
	if (r < 0)
		return r;
	buf_init(&out, OUTPUT_MAX);
	for (size_t i = 0; i < n; i++) {
		struct json_object *f = json_object_array_get_idx(findings, i);

		n_errors += str_eq(json_get_str(f, "Level"), "error");
		add_finding(&out, f, columns);
	}
	if (!n) {
		printf("\nNothing is wrong with them.\n");
		return 0;
	}
	w.columns = columns;
	(void)!buf_printf(&out, "\n%zu error%s, %zu warning%s.\n", n_errors,
			  n_errors == 1 ? "" : "s", n - n_errors,
			  n - n_errors == 1 ? "" : "s");
	wrap_add(&out, &w, "Check again after each change: numbers of lines move.");
	if (strstr(out.data, " --del-sub"))
		wrap_add(
			&out, &w,
			"usermod takes ids away only while no process of that user runs. What containers "
			"have written with the old ids stays theirs: have the user remove them before.");
	fputs(out.data, stdout);
	return 0;
}

static int run(const struct command_call *call, struct error *err)
{
	const struct check_values *v = call->values;
	const struct format_list list = {.format = v->format};
	cleanup_json struct json_object *report = NULL;
	int r = idmap_check_host(v->all || geteuid() == 0, &report, err);

	if (r < 0)
		return r;
	if (format_is_json(v->format))
		r = format_print_json(report, err);
	else if (v->format)
		r = format_print_list(&list, json_get(report, "Findings"), err);
	else
		r = print_report(report, err);
	if (r < 0)
		return r;
	return json_object_array_length(json_get(report, "Findings")) ? STATUS_FINDINGS
								      : 0;
}

const struct command cmd_idmap_check = {
	.name = "check",
	.group = "Cubby itself",
	.usage = "[options]",
	.summary = "look for faults in /etc/subuid and /etc/subgid",
	.description =
		"Subordinate ids that are somebody else's too, that belong to accounts of the host, that are "
		"too few, or lines that count for nothing: each with the command that mends it, and a range "
		"that is free. Also whether newuidmap and newgidmap can do their work. Exit status 0 if nothing "
		"is found, 1 otherwise.",
	.examples = "cubby idmap check\n"
		    "sudo cubby idmap check\n"
		    "cubby idmap check --all --format '{{.Where}}: {{.Problem}}'",
	.options = options,
	.values_size = sizeof(struct check_values),
	.run = run,
};
