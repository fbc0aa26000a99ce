/* SPDX-License-Identifier: Apache-2.0 */
/* A JSON value as YAML for people, in the layout of podman's `info`. Source: yaml.org, version 1.2. */
#pragma once

#include "util/buf.h"
#include "util/cleanup.h"

struct json_object;

/* yaml_add() - the whole value, its last line ended. A text too long for the buffer sets its overflow. */
void yaml_add(struct buf *b, struct json_object *o);
