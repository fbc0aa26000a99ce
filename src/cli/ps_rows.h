/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of `ps`: what --format json and templates see of a container. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/container.h"
#include "engine/container_size.h"
#include "engine/engine.h"

struct json_object;

struct ps_row {
	const struct engine *engine;
	const struct container *container;
	const struct container_size *size; /* NULL: not asked for */
	bool namespaces;                   /* asked for */
	bool no_trunc;                     /* whole ids and commands */
	int64_t now_usec;
};

/* ps_row_json() - as podman's --format json has it. Caller owns. */
struct json_object *ps_row_json(const struct ps_row *row);

/* ps_row_template() - with the members that templates have, as text. Caller owns. */
struct json_object *ps_row_template(const struct ps_row *row);

/* ps_row_id() - as it is shown. Caller frees. */
char *ps_row_id(const struct ps_row *row);
