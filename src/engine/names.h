/* SPDX-License-Identifier: Apache-2.0 */
/* Ids and names that nobody chose. */
#pragma once

#include "util/cleanup.h"
#include "util/error.h"

/* name_random_id() - 64 hexadecimal digits from the kernel's random numbers. */
int name_random_id(char **ret, struct error *err) _must_check_;

/* name_random() - "adjective_noun"; attempt > 0 adds a digit. Caller frees. */
char *name_random(unsigned int attempt);

/* name_check() - [a-zA-Z0-9][a-zA-Z0-9_.-]*, ERR_INVALID otherwise. */
int name_check(const char *name, struct error *err) _must_check_;

#define SHORT_ID_LEN 12
