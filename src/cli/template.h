/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --format as podman and Docker have it: Go's text/template over a JSON object. Fields, variables,
 * pipelines, if, with, range, define, template, block, Go's functions (but call) and podman's. In
 * texts \t and \n are understood. What the data's methods are in podman are members here.
 *
 * Sources: documentation of Go's package text/template; podman-ps(1), podman-images(1).
 */
#pragma once

#include <stdbool.h>

#include "cli/template_heading.h"
#include "util/buf.h"
#include "util/cleanup.h"
#include "util/error.h"

struct json_object;
struct template; /* opaque; heap */

enum template_flags {
	TEMPLATE_TABS =
		1 << 0, /* blanks between the actions are tabs: "table {{.A}} {{.B}}" */
};

/* template_parse() - errors are sentences with the position. Caller frees. */
int template_parse(const char *format, unsigned int flags, struct template **ret,
		   struct error *err) _must_check_;
void template_free(struct template *t);
DEFINE_CLEANUP(struct template *, template_free)
#define cleanup_template cleanup(template_freep)

/* template_execute() - with o as the dot; adds to out, whose maximum is an error. A member that is
 * not there is ERR_INVALID, in a map nothing ("<no value>"). */
int template_execute(const struct template *t, struct json_object *o, struct buf *out,
		     struct error *err) _must_check_;

/* template_headings() - the template with headings in the place of the values. */
int template_headings(const struct template *t, const struct template_heading *headings,
		      struct buf *out, struct error *err) _must_check_;

/* template_render() - parse and execute. */
int template_render(const char *format, struct json_object *o, struct buf *out,
		    struct error *err) _must_check_;
