/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wrong with the ranges that the host's administrator gave to users, and the line that mends it: ids that
 * are somebody else's, too few, lines that count for nothing. Pure: texts of files in, sentences out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/subid_lines.h"
#include "util/cleanup.h"

struct subid_check_input {
	const char
		*subids[SUBID_KINDS]; /* /etc/subuid, /etc/subgid; NULL: no such file */
	const char *accounts[SUBID_KINDS]; /* /etc/passwd, /etc/group */
	const char *
		user; /* only what concerns this one, who is expected to have ids; NULL: all */
	bool has_usermod;
};

struct subid_finding {
	bool is_error; /* dangerous, or does not work; otherwise: works, but not as it should */
	enum subid_kind kind;
	size_t line; /* in its file, 0: about the user's lines together */
	char *user;  /* whom it concerns; NULL: nobody who is known */
	char *problem,
		*remedy; /* owned; the remedy is a command for root, or words; NULL: as another finding's */
};

struct subid_user {
	char *name;
	struct subid_range *ranges[SUBID_KINDS]; /* usable ones, in file order; owned */
	size_t n_ranges[SUBID_KINDS];
};

struct subid_report {
	struct subid_finding *findings; /* in the order of the files, then of users */
	size_t n_findings;
	struct subid_user
		*users; /* who have lines, in the order of the files; and input->user */
	size_t n_users;
};
void subid_report_release(struct subid_report *r);
#define cleanup_subid_report cleanup(subid_report_release)

void subid_check(const struct subid_check_input *in, struct subid_report *ret);

/* subid_file() - "/etc/subuid" or "/etc/subgid". */
const char *subid_file(enum subid_kind kind);
