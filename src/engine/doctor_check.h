/* SPDX-License-Identifier: Apache-2.0 */
/* One check of `cubby doctor`, and how those who judge fill it in. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/doctor_facts.h"
#include "util/cleanup.h"

enum doctor_status {
	DOCTOR_OK,
	DOCTOR_UNTRIED, /* something that it needs is missing */
	DOCTOR_DEGRADED,
	DOCTOR_MISSING,
	DOCTOR_STATUSES
};

/* What can be mended without root. */
enum doctor_fix {
	DOCTOR_FIX_NONE,
	DOCTOR_FIX_DATA_MODE, /* access bits of the data directory */
	DOCTOR_FIX_RUN_MODE,
	DOCTOR_FIX_LINGER,
};

struct doctor_check {
	const char *id, *subject, *name; /* "own-range", "Ids", "range of its own" */
	const char *why;                 /* what it is good for, a sentence */
	const char *loss; /* what containers do if it is missing: "without limits" */
	enum doctor_status status;
	bool essential; /* without it there are no containers */
	char *detail;   /* owned */
	char *remedy;   /* owned: a sentence, NULL: none or the command says it all */
	char *command;  /* owned: what to type, NULL: none */
	bool as_root;   /* the command wants root */
	enum doctor_fix fix;
};

void doctor_check_release(struct doctor_check *c);

/* doctor_status_word() - "ok", "not tried", "degraded", "missing". */
const char *doctor_status_word(enum doctor_status status);

/* check_set() - status and detail. check_remedy(), check_command(): how it is mended. */
void check_set(struct doctor_check *c, enum doctor_status status, const char *fmt, ...)
	_printf_(3, 4);
void check_remedy(struct doctor_check *c, const char *fmt, ...) _printf_(2, 3);
void check_command(struct doctor_check *c, bool as_root, const char *fmt, ...)
	_printf_(3, 4);
/* check_sysctl() - as root, and how to keep it. */
void check_sysctl(struct doctor_check *c, const char *key, const char *value);

/* check_probe() - by one try; `if_fails` with the try's own words and hint. True: it works. */
bool check_probe(struct doctor_check *c, const struct probe *p,
		 enum doctor_status if_fails);

/* check_parts() - by several: the worst counts, and those that fail are named. True: all work. */
struct doctor_part {
	enum probe_name probe;
	const char *word;
	enum doctor_status if_fails;
};
bool check_parts(const struct doctor_facts *f, struct doctor_check *c,
		 const struct doctor_part *parts, size_t n);

/* doctor_kernel_has() - whether it is of this version or newer, by what it says. */
bool doctor_kernel_has(const struct doctor_facts *f, unsigned long major,
		       unsigned long minor);

/* doctor_size() - "1.5 GB", decimal, caller frees. */
char *doctor_size(uint64_t bytes);
