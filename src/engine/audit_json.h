/* SPDX-License-Identifier: Apache-2.0 */
/* Facts and verdict as `cubby audit --format json` prints them. The keys are a promise. */
#pragma once

#include "engine/audit_verdict.h"

struct json_object;

/* audit_json() - caller owns. */
struct json_object *audit_json(const struct audit_facts *f,
			       const struct audit_verdict *v);

/* audit_path_kind_word() - "volume", "rootfs", "device", "socket", "secret". */
const char *audit_path_kind_word(enum audit_path_kind kind);
