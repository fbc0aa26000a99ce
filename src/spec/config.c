/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/spec.h"

#include <assert.h>
#include <string.h>

#include "spec/descriptor.h"
#include "spec/document.h"
#include "spec/tables.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define CONFIG_LEN_MAX (8 << 20)

static int part_parse(const struct descriptor *d, const char *name, const char *text,
		      size_t len, void **ret, struct error *err)
{
	cleanup_json struct json_object *document = NULL;
	struct json_path root = {.name = name};

	int r = json_parse(text, len, name, &document, err);
	return r < 0 ? r : document_read(d, document, &root, ret, err);
}

static int config_parse(const char *text, size_t len, const char *what, struct spec **ret,
			struct error *err)
{
	cleanup_json struct json_object *document = NULL;
	struct json_path root = {.name = what, .unnamed_root = true};
	void *object = NULL;

	int r = json_parse(text, len, what, &document, err);
	if (r < 0)
		return r;
	r = document_read(&spec_descriptor, document, &root, &object, err);
	if (r < 0)
		return r;
	struct spec *spec = object;
	spec->document = TAKE_PTR(document);
	if (!spec->linux)
		spec->linux = xcalloc(1, sizeof(*spec->linux));
	*ret = spec;
	return 0;
}

int spec_parse(const char *text, size_t len, struct spec **ret, struct error *err)
{
	return config_parse(text, len, "config.json", ret, err);
}

int spec_read(int dirfd, const char *file, struct spec **ret, struct error *err)
{
	cleanup_free char *text = NULL;
	size_t len = 0;

	int r = fs_read(dirfd, file, CONFIG_LEN_MAX, &text, &len, err);
	return r < 0 ? r : config_parse(text, len, file, ret, err);
}

int spec_check(const struct spec *spec, struct error *err)
{
	struct json_path root = {.name = "config.json", .unnamed_root = true};

	return descriptor_check(&spec_descriptor, spec, &root, err);
}

struct json_object *spec_to_json(const struct spec *spec)
{
	return descriptor_encode(&spec_descriptor, spec, spec->document);
}

int spec_process_parse(const char *text, size_t len, struct spec_process **ret,
		       struct error *err)
{
	void *object = NULL;

	int r = part_parse(&spec_process_descriptor, "process", text, len, &object, err);
	if (r == 0)
		*ret = object;
	return r;
}

int spec_resources_parse(const char *text, size_t len, struct spec_resources **ret,
			 struct error *err)
{
	void *object = NULL;

	int r = part_parse(&spec_resources_descriptor, "resources", text, len, &object,
			   err);
	if (r == 0)
		*ret = object;
	return r;
}

int spec_seccomp_parse(const char *text, size_t len, struct spec_seccomp **ret,
		       struct error *err)
{
	void *object = NULL;

	int r = part_parse(&spec_seccomp_descriptor, "seccomp", text, len, &object, err);
	if (r == 0)
		*ret = object;
	return r;
}

struct json_object *spec_process_to_json(const struct spec_process *process)
{
	return descriptor_encode(&spec_process_descriptor, process, NULL);
}

struct json_object *spec_seccomp_to_json(const struct spec_seccomp *seccomp)
{
	return descriptor_encode(&spec_seccomp_descriptor, seccomp, NULL);
}

struct json_object *spec_resources_to_json(const struct spec_resources *resources)
{
	return descriptor_encode(&spec_resources_descriptor, resources, NULL);
}

struct spec *spec_copy(const struct spec *spec)
{
	struct json_path root = {.name = "copy", .unnamed_root = true};
	struct spec *copy = xcalloc(1, sizeof(*copy));
	cleanup_error struct error err = ERROR_INIT;

	copy->document = spec_to_json(spec);
	int r = descriptor_decode(&spec_descriptor, copy->document, copy, &root, &err);
	assert(r == 0); /* the encoder writes what the decoder takes */
	if (!copy->linux)
		copy->linux = xcalloc(1, sizeof(*copy->linux));
	return copy;
}

struct spec_resources *spec_resources_copy(const struct spec_resources *resources)
{
	cleanup_json struct json_object *document = spec_resources_to_json(resources);
	cleanup_free char *text = json_text(document, false);
	cleanup_error struct error err = ERROR_INIT;
	struct spec_resources *copy = NULL;
	int r = spec_resources_parse(text, strlen(text), &copy, &err);

	assert(r == 0); /* as above */
	return copy;
}

struct spec *spec_new(void)
{
	struct spec *spec = xcalloc(1, sizeof(*spec));

	spec->oci_version = xstrdup(SPEC_VERSION);
	spec->linux = xcalloc(1, sizeof(*spec->linux));
	return spec;
}

void spec_free(struct spec *spec)
{
	if (!spec)
		return;
	json_object_put(spec->document);
	descriptor_free(&spec_descriptor, spec);
}

void spec_process_free(struct spec_process *process)
{
	descriptor_free(&spec_process_descriptor, process);
}

void spec_resources_free(struct spec_resources *resources)
{
	descriptor_free(&spec_resources_descriptor, resources);
}

void spec_seccomp_free(struct spec_seccomp *seccomp)
{
	descriptor_free(&spec_seccomp_descriptor, seccomp);
}

const struct spec_namespace *spec_namespace(const struct spec *spec, const char *type)
{
	for (size_t i = 0; i < spec->linux->n_namespaces; i++)
		if (str_eq(spec->linux->namespaces[i].type, type))
			return &spec->linux->namespaces[i];
	return NULL;
}

const char *spec_annotation(const struct spec *spec, const char *key)
{
	for (size_t i = 0; i < spec->n_annotations; i++)
		if (str_eq(spec->annotations[i].key, key))
			return spec->annotations[i].value;
	return NULL;
}

void *spec_append(void *array, size_t *n, size_t element_size)
{
	void **elements = array;

	*elements = xreallocarray(*elements, *n + 1, element_size);
	void *element = (char *)*elements + *n * element_size;
	memset(element, 0, element_size);
	(*n)++;
	return element;
}
