/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict of `cubby audit`: all facts together, and the sentences for it. Pure. */
#pragma once

#include "engine/audit_judge.h"
#include "util/cleanup.h"

struct audit_reason {
	enum audit_level level;
	char *text; /* owned; "its root is the host's root", "it can write /etc" */
};

struct audit_verdict {
	enum audit_level level;
	char *text;                   /* one line */
	struct audit_reason *reasons; /* the gravest first */
	size_t n_reasons;
	char **notes; /* what weakens it without changing the level */
	char *remedy; /* how to give it less, NULL: no simple way */
};
void audit_verdict_release(struct audit_verdict *v);
#define cleanup_audit_verdict cleanup(audit_verdict_release)

void audit_judge(const struct audit_facts *f, struct audit_verdict *ret);
