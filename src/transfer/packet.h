/* SPDX-License-Identifier: Apache-2.0 */
/* What only the transfer program says, and what both sides keep to. */
#pragma once

#include "transfer/protocol.h"

/* Layers of an image: what fits into a packet. */
#define TRANSFER_LAYERS_MAX 350

/* Options alone, for operations that have no struct of their own (login, search). */
struct json_object *transfer_registry_options_to_json(
	const struct transfer_registry_options *o);
int transfer_registry_options_parse(struct json_object *o,
				    struct transfer_registry_options *ret,
				    struct error *err) _must_check_;

/* A line for people as the event "note". What a terminal would obey is shown instead. */
struct json_object *transfer_note_to_json(const char *text);
