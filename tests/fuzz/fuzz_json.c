/* SPDX-License-Identifier: Apache-2.0 */
/* What util/json takes it must write so that it takes it again, as the same value. */
#include <stdint.h>
#include <string.h>

#include "util/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_json struct json_object *o = NULL, *again = NULL;

	if (json_parse((const char *)data, size, "input", &o, &err) < 0)
		return 0;
	free(json_describe(o));
	cleanup_free char *text = json_text(o, size % 2);
	if (json_parse(text, strlen(text), "input", &again, &err) < 0 ||
	    !json_object_equal(o, again))
		__builtin_trap();
	return 0;
}
