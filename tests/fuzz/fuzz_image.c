/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every reader of an image's documents gets the input. What was taken is taken again after it was
 * written, and is then written the same; whatever an index holds, choosing from it is safe.
 */
#include <stdint.h>
#include <string.h>

#include "image/platform.h"
#include "spec/image.h"
#include "spec/media_type.h"
#include "util/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_same(struct json_object *one, struct json_object *other)
{
	if (!json_object_equal(one, other))
		__builtin_trap();
}

static void fuzz_manifest(const char *text, size_t size)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_image_manifest struct image_manifest *m = NULL, *again = NULL;

	if (image_manifest_parse(text, size, &m, &err) < 0)
		return;
	cleanup_json struct json_object *one = image_manifest_to_json(m);
	cleanup_free char *written = json_text(one, false);
	if (image_manifest_parse(written, strlen(written), &again, &err) < 0)
		__builtin_trap();
	cleanup_json struct json_object *other = image_manifest_to_json(again);
	check_same(one, other);
	if (image_manifest_check_image(m, &err) == 0 && m->n_layers > IMAGE_LAYERS_MAX)
		__builtin_trap();
	for (size_t i = 0; i < m->n_layers; i++) {
		cleanup_image_descriptor struct image_descriptor copy = {0};
		image_descriptor_copy(&m->layers[i], &copy);
		if (copy.size < 0 || copy.size != m->layers[i].size)
			__builtin_trap();
	}
}

static void fuzz_index(const char *text, size_t size)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_image_index struct image_index *index = NULL, *again = NULL;
	cleanup_image_platform struct image_platform wanted = {0};
	const struct image_descriptor *chosen = NULL;

	if (image_index_parse(text, size, &index, &err) < 0)
		return;
	cleanup_json struct json_object *one = image_index_to_json(index);
	cleanup_free char *written = json_text(one, false);
	if (image_index_parse(written, strlen(written), &again, &err) < 0)
		__builtin_trap();
	cleanup_json struct json_object *other = image_index_to_json(again);
	check_same(one, other);
	platform_of_machine("armv7l", &wanted);
	if (platform_choose(index, &wanted, &chosen, &err) < 0)
		return;
	if (chosen->platform && platform_rank(&wanted, chosen->platform) < 0)
		__builtin_trap();
}

static void fuzz_config(const char *text, size_t size)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_image_config struct image_config *c = NULL, *again = NULL;

	if (image_config_parse(text, size, &c, &err) < 0)
		return;
	cleanup_json struct json_object *one = image_config_to_json(c);
	cleanup_free char *written = json_text(one, false);
	if (image_config_parse(written, strlen(written), &again, &err) < 0)
		__builtin_trap();
	cleanup_json struct json_object *other = image_config_to_json(again);
	check_same(one, other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *type = NULL;
	cleanup_error struct error err = ERROR_INIT;

	fuzz_manifest(text, size);
	fuzz_index(text, size);
	fuzz_config(text, size);
	if (image_document_type(text, size, NULL, &type, &err) == 0 &&
	    !media_type_is_manifest(type) && !media_type_is_index(type))
		__builtin_trap();
	return 0;
}
