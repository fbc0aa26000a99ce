/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever the other side of a transfer says: what is taken is written and taken again, alike. */
#include <stdint.h>

#include "transfer/protocol.h"
#include "util/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(struct json_object *once, struct json_object *twice)
{
	if (!json_object_equal(once, twice))
		__builtin_trap();
	json_object_put(once);
	json_object_put(twice);
}

static void try_image(struct json_object *o, struct error *err)
{
	cleanup_transfer_image struct transfer_image first = {0}, second = {0};

	if (transfer_image_parse(o, &first, err) < 0)
		return;
	struct json_object *once = transfer_image_to_json(&first);
	if (transfer_image_parse(once, &second, err) < 0)
		__builtin_trap();
	check_again(once, transfer_image_to_json(&second));
}

static void try_fetch(struct json_object *o, struct error *err)
{
	cleanup_transfer_fetch struct transfer_fetch first = {0}, second = {0};

	if (transfer_fetch_parse(o, &first, err) < 0)
		return;
	struct json_object *once = transfer_fetch_to_json(&first);
	if (transfer_fetch_parse(once, &second, err) < 0)
		__builtin_trap();
	check_again(once, transfer_fetch_to_json(&second));
}

static void try_send(struct json_object *o, struct error *err)
{
	cleanup_transfer_send struct transfer_send first = {0}, second = {0};

	if (transfer_send_parse(o, &first, err) < 0)
		return;
	struct json_object *once = transfer_send_to_json(&first);
	if (transfer_send_parse(once, &second, err) < 0)
		__builtin_trap();
	check_again(once, transfer_send_to_json(&second));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_json struct json_object *o = NULL;

	if (json_parse((const char *)data, size, "input", &o, &err) < 0)
		return 0;
	try_image(o, &err);
	try_fetch(o, &err);
	try_send(o, &err);
	if (transfer_error_parse(o, &err) == 0 && err.kind == ERR_NONE)
		__builtin_trap();
	return 0;
}
