/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Manual pages, in man(7), from the tables that drive the parser and --help. Only the program that the build
 * runs to write them links this.
 */
#pragma once

#include "cli/command.h"
#include "util/cleanup.h"
#include "util/error.h"

/* One more section of a program's own page: "FILES". */
struct manual_section {
	const char *heading;
	const char *
		text; /* paragraphs separated by newlines; "WORD|text" is an entry of a list */
};

struct manual_program {
	const struct program *program;
	const char *description; /* paragraphs separated by newlines */
	const char *
		run_statuses; /* the same of what runs a program, and of the program's page */
	const char *statuses; /* EXIT STATUS of every page, as a section's text */
	const char *see_also; /* "cubby.conf(5), podman(1)" */
	const struct manual_section *sections; /* ends with a NULL heading; may be NULL */
};

/*
 * manual_write() - PROGRAM.1, PROGRAM-COMMAND.1 and PROGRAM-GROUP-COMMAND.1 into the directory; a name that is
 * another command's second one refers to its page.
 */
int manual_write(const struct manual_program *m, const char *dir,
		 struct error *err) _must_check_;

/* manual_write_page() - "cubby.conf" of section 5: its summary, and its sections. */
int manual_write_page(const char *dir, const char *name, const char *section,
		      const char *summary, const struct manual_section *sections,
		      const char *see_also, struct error *err) _must_check_;
