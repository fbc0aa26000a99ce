/* SPDX-License-Identifier: Apache-2.0 */
/* Pods as JSON: what `pod ps`, `pod inspect` and their templates show. */
#pragma once

#include <stdbool.h>

#include "engine/pod.h"

struct json_object;

/* pod_summary() - as podman's `pod ps --format json`. Caller owns. */
struct json_object *pod_summary(const struct pod *p);

/* pod_document() - as podman's `pod inspect`. Caller owns. */
struct json_object *pod_document(const struct pod *p);

/*
 * pod_filter_check() - --filter of pod ps: id, name, label, status, ctr-ids, ctr-names, ctr-number, ctr-status, network,
 * until. pod_filter_matches(): values of one key are alternatives, different keys must all hold, labels must all hold.
 */
int pod_filter_check(char *const *filters, struct error *err) _must_check_;
bool pod_filter_matches(char *const *filters, const struct pod *p);
