/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions of templates: Go's own (documentation of text/template, "Functions") and those that
 * podman and Docker add: json, join, split, upper, lower, title, pad, truncate. `and` and `or` are
 * known here and carried out by the execution, which may leave arguments out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "cli/template_value.h"
#include "util/arena.h"
#include "util/cleanup.h"
#include "util/error.h"

#define TFUNCTION_TEXT_MAX (16 << 20) /* bytes of one result */

struct tcall {
	struct arena *arena;      /* for the result */
	struct json_object *pool; /* an array that keeps new lists alive */
	const char *name;
	const struct tvalue *args;
	size_t n;
	struct tvalue *ret;
	struct error *err;
};

struct tfunction;

/* tfunction_find() - NULL if there is none. */
const struct tfunction *tfunction_find(const char *name);
/* tfunction_nearest() - the name that was meant, or NULL. */
const char *tfunction_nearest(const char *name);
/* tfunction_list() - all names, for messages. */
const char *tfunction_list(void);

/* tfunction_is_lazy() - `and`, `or`. */
bool tfunction_is_lazy(const struct tfunction *f);
/* tfunction_check_count() - whether n arguments will do; the sentence lacks the position. */
int tfunction_check_count(const struct tfunction *f, size_t n,
			  struct error *err) _must_check_;
/* tfunction_call() - the sentence of an error lacks the position. */
int tfunction_call(const struct tfunction *f, const struct tcall *call) _must_check_;
