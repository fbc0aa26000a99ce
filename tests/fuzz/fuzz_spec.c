/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every reader of OCI documents gets the input. A config.json that was taken must be
 * taken again after it was written, and then be written the same.
 */
#include <stdint.h>
#include <string.h>

#include "spec/spec.h"
#include "util/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_written(const struct spec *spec)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup(spec_freep) struct spec *again = NULL;
	cleanup_json struct json_object *one = spec_to_json(spec), *other = NULL;
	cleanup_free char *text = json_text(one, false);

	if (spec_parse(text, strlen(text), &again, &err) < 0)
		__builtin_trap();
	other = spec_to_json(again);
	if (!json_object_equal(one, other))
		__builtin_trap();
	cleanup(spec_freep) struct spec *copy = spec_copy(spec);
	cleanup_json struct json_object *of_copy = spec_to_json(copy);
	if (!json_object_equal(one, of_copy) || spec_check(copy, &err) < 0)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	cleanup_error struct error err = ERROR_INIT;
	cleanup(spec_freep) struct spec *spec = NULL;
	cleanup(spec_process_freep) struct spec_process *process = NULL;
	cleanup(spec_resources_freep) struct spec_resources *resources = NULL;
	cleanup(spec_seccomp_freep) struct spec_seccomp *seccomp = NULL;

	if (spec_parse(text, size, &spec, &err) == 0)
		check_written(spec);
	if (spec_process_parse(text, size, &process, &err) == 0)
		json_object_put(spec_process_to_json(process));
	if (spec_resources_parse(text, size, &resources, &err) == 0)
		json_object_put(spec_resources_to_json(resources));
	if (spec_seccomp_parse(text, size, &seccomp, &err) == 0)
		json_object_put(spec_seccomp_to_json(seccomp));
	return 0;
}
