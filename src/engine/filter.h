/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --filter KEY=VALUE. Values of one key are alternatives, different keys must all hold;
 * labels must all hold.
 */
#pragma once

#include <stdbool.h>

#include "engine/container.h"
#include "util/cleanup.h"
#include "util/error.h"

/* filter_check() - keys known, values well-formed. `filters` is a strv as typed, NULL is
 * none. */
int filter_check(char *const *filters, struct error *err) _must_check_;

/* filter_check_against() - after filter_check(): the containers of before= and since= are among `all`. */
int filter_check_against(char *const *filters, const struct containers *all,
			 struct error *err) _must_check_;

/* filter_matches() - of filters that filter_check() found right. all: for before= and
 * since=. */
bool filter_matches(char *const *filters, const struct container *c,
		    const struct containers *all);
