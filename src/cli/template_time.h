/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times in templates: members that are times in podman's documents print as Go prints a time, and have
 * the methods of one. Source: documentation of Go's package time.
 */
#pragma once

#include <stdbool.h>

#include "cli/template_value.h"
#include "util/arena.h"
#include "util/buf.h"

/* ttime_print() - "2026-11-24 10:00:00.5 +0000 UTC". */
void ttime_print(struct buf *out, const struct tvalue *time);

/* ttime_method() - Unix, Year, Month, Weekday ..., without arguments; false if there is none. */
bool ttime_method(const struct tvalue *time, const char *name, struct arena *a,
		  struct tvalue *ret);

/* ttime_format() - by a layout, "2006-01-02 15:04:05", in UTC. */
void ttime_format(struct buf *out, const struct tvalue *time,
		  const struct tvalue *layout);
