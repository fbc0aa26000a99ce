/* SPDX-License-Identifier: Apache-2.0 */
/* The sentences of `cubby audit`'s verdict. Pure; private to audit_verdict.c. */
#pragma once

#include "engine/audit_judge.h"

/* Callers free what is returned. */

/* audit_words_ids() - "its root is you (alice) on the host". */
char *audit_words_ids(const struct audit_facts *f);
/* audit_words_path() - "it can write /etc", of a path that is a reason. */
char *audit_words_path(const struct audit_path *p);
/* audit_words_verdict() - the line. */
char *audit_words_verdict(const struct audit_facts *f, enum audit_level level);
/* audit_words_notes() - strv. */
char **audit_words_notes(const struct audit_facts *f);
/* audit_words_remedy() - NULL: nothing simple. */
char *audit_words_remedy(const struct audit_facts *f, enum audit_level level);
