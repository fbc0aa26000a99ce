/* SPDX-License-Identifier: Apache-2.0 */
/* What was taken is a tree without cycles that can be written as JSON; and registries.conf is read
 * from it. */
#include <stdint.h>

#include "registry/registries_file.h"
#include "toml/toml.h"
#include "util/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_json struct json_object *o = NULL;

	if (toml_parse((const char *)data, size, "input", &o, &err) < 0) {
		if (o || err.kind != ERR_INVALID)
			__builtin_trap();
		return 0;
	}
	cleanup_free char *text = json_text(o, false);
	if (text[0] != '{')
		__builtin_trap();
	cleanup_registries_file struct registries_file f = {0};
	if (registries_file_parse((const char *)data, size, "input", &f, &err) < 0)
		return 0;
	for (size_t i = 0; i < f.n_entries; i++)
		if (!f.entries[i].prefix || !*f.entries[i].prefix)
			__builtin_trap();
	return 0;
}
