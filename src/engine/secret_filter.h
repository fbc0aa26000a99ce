/* SPDX-License-Identifier: Apache-2.0 */
/* --filter of `secret ls`: name=REGEX, id=PREFIX. Values of one key are alternatives. Source: podman-secret-ls(1). */
#pragma once

#include <stdbool.h>

#include "store/secret_record.h"
#include "util/cleanup.h"
#include "util/error.h"

int secret_filter_check(char *const *filters, struct error *err) _must_check_;
/* secret_filter_matches() - of filters that secret_filter_check() found right. */
bool secret_filter_matches(char *const *filters, const struct secret_record *r);
