/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --format as podman and Docker have it, the part of Go's templates that people type:
 *   {{.Field.Member}}  {{json .Field}}  {{.}}  text, \t, \n
 * over a JSON object. Everything else (range, if, functions) is ERR_UNSUPPORTED.
 */
#pragma once

#include "util/buf.h"
#include "util/cleanup.h"
#include "util/error.h"

struct json_object;

/* template_render() - adds to out. An unknown member is ERR_INVALID. */
int template_render(const char *format, struct json_object *o, struct buf *out,
		    struct error *err) _must_check_;

/* template_headings() - for "table {{.A}}\t{{.B}}": the members' names in capitals as
 * podman heads them, separated by tabs. Caller frees. */
char *template_headings(const char *format);
