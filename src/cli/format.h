/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the commands print by --format: JSON, a table, or a template's lines.
 *
 *   (nothing), "table"      the command's own table
 *   "json", "{{json .}}"    all as one JSON array
 *   "table {{.A}} {{.B}}"   a table with headings; blanks and \t separate columns
 *   "{{.A}} ..."            a line each
 *   "{{range .}}..."        the template gets the whole list
 *
 * Source: podman-images(1), podman-ps(1), and what podman does.
 */
#pragma once

#include <stdbool.h>

#include "cli/template.h"
#include "util/cleanup.h"
#include "util/error.h"

struct json_object;

/* format_is_json() - JSON was asked for; NULL: it was not. */
bool format_is_json(const char *format);

/* format_print_json() - indented, on stdout. */
int format_print_json(struct json_object *o, struct error *err) _must_check_;

struct format_list {
	const char *format; /* --format; NULL: not given */
	const char *table;  /* for the command's own table: "{{.ID}}\t{{.Names}}" */
	const struct template_heading
		*headings; /* where they differ from the field's name */
	bool no_heading;
	bool whole; /* --no-trunc: nothing is shortened to fit the terminal */
};

/* format_print_list() - rows: an array of what the template sees. On stdout, nothing if there is an
 * error. JSON is the caller's affair. */
int format_print_list(const struct format_list *f, struct json_object *rows,
		      struct error *err) _must_check_;

/* format_print_object() - one line by a template. */
int format_print_object(const char *format, struct json_object *o,
			struct error *err) _must_check_;
