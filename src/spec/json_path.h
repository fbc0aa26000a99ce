/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where in a JSON document we are, for messages: 'linux.namespaces[1].type'. A path is a
 * chain of steps on the stack, innermost first, and costs nothing until it is printed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "util/cleanup.h"
#include "util/error.h"

struct json_object;

struct json_path {
	const struct json_path *up; /* NULL: the root */
	const char *name;           /* member or map key; NULL: `index` counts */
	size_t index;
	bool unnamed_root; /* a root whose name is not part of the path (config.json) */
};

/* json_path_text() - as text: a.b[2]["key with.dots"]. Caller frees. */
char *json_path_text(const struct json_path *at);

/*
 * json_path_error() - ERR_INVALID "PATH: text". Return: -EINVAL.
 * json_path_mismatch() - "PATH: expected WHAT, got VALUE", the value as JSON.
 * json_path_mismatch_str() - the same for a string of the structs.
 */
int json_path_error(const struct json_path *at, struct error *err, const char *fmt, ...)
	_printf_(3, 4);
int json_path_mismatch(const struct json_path *at, const char *expected,
		       struct json_object *got, struct error *err);
int json_path_mismatch_str(const struct json_path *at, const char *expected,
			   const char *got, struct error *err);
