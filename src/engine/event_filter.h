/* SPDX-License-Identifier: Apache-2.0 */
/* --filter of `cubby events`. Values of one key are alternatives, different keys must all hold. Pure. */
#pragma once

#include <stdbool.h>

#include "engine/event_kind.h"
#include "util/cleanup.h"
#include "util/error.h"

/* event_filter_check() - filters: strv of KEY=VALUE as typed, NULL is none. ERR_INVALID. */
int event_filter_check(char *const *filters, struct error *err) _must_check_;

/* event_filter_matches() - of filters that event_filter_check() found right. */
bool event_filter_matches(char *const *filters, const struct event *ev);
