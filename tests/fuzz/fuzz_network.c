/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to the network program: what is taken is written and taken again, alike. */
#include <stdint.h>

#include "network/request.h"
#include "util/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_definition(struct json_object *o, struct error *err)
{
	cleanup_json struct json_object *once = NULL, *twice = NULL;
	struct network_definition first = {0}, second = {0};

	if (network_definition_read(o, &first, err) < 0)
		return;
	once = network_definition_json(&first);
	if (network_definition_read(once, &second, err) < 0)
		__builtin_trap();
	twice = network_definition_json(&second);
	if (!json_object_equal(once, twice))
		__builtin_trap();
	network_definition_release(&first);
	network_definition_release(&second);
}

static void try_member(struct json_object *o, struct error *err)
{
	cleanup_json struct json_object *once = NULL, *twice = NULL;
	struct network_member first = {0}, second = {0};

	if (network_member_read(o, &first, err) < 0)
		return;
	once = network_member_json(&first);
	if (network_member_read(once, &second, err) < 0)
		__builtin_trap();
	twice = network_member_json(&second);
	if (!json_object_equal(once, twice))
		__builtin_trap();
	network_member_release(&first);
	network_member_release(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_json struct json_object *o = NULL;

	if (json_parse((const char *)data, size, "input", &o, &err) < 0 ||
	    !json_object_is_type(o, json_type_object))
		return 0;
	try_definition(o, &err);
	try_member(o, &err);
	return 0;
}
