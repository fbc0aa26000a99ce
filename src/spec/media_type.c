/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/media_type.h"

#include <string.h>
#include <strings.h>

#include "util/cleanup.h"
#include "util/str.h"

static const struct media_type {
	const char *name;
	enum media_kind kind;
	bool docker;
	const char *compression; /* of layers */
} types[] = {
	{MEDIA_TYPE_OCI_INDEX, MEDIA_INDEX, false, NULL},
	{MEDIA_TYPE_OCI_MANIFEST, MEDIA_MANIFEST, false, NULL},
	{MEDIA_TYPE_OCI_CONFIG, MEDIA_CONFIG, false, NULL},
	{MEDIA_TYPE_OCI_LAYER, MEDIA_LAYER, false, "none"},
	{MEDIA_TYPE_OCI_LAYER_GZIP, MEDIA_LAYER, false, "gzip"},
	{MEDIA_TYPE_OCI_LAYER_ZSTD, MEDIA_LAYER, false, "zstd"},
	{MEDIA_TYPE_OCI_FOREIGN, MEDIA_FOREIGN_LAYER, false, "none"},
	{MEDIA_TYPE_OCI_FOREIGN_GZIP, MEDIA_FOREIGN_LAYER, false, "gzip"},
	{MEDIA_TYPE_OCI_FOREIGN_ZSTD, MEDIA_FOREIGN_LAYER, false, "zstd"},
	{MEDIA_TYPE_DOCKER_LIST, MEDIA_INDEX, true, NULL},
	{MEDIA_TYPE_DOCKER_MANIFEST, MEDIA_MANIFEST, true, NULL},
	{MEDIA_TYPE_DOCKER_CONFIG, MEDIA_CONFIG, true, NULL},
	{MEDIA_TYPE_DOCKER_LAYER, MEDIA_LAYER, true, "none"},
	{MEDIA_TYPE_DOCKER_LAYER_GZIP, MEDIA_LAYER, true, "gzip"},
	{MEDIA_TYPE_DOCKER_LAYER_ZSTD, MEDIA_LAYER, true, "zstd"},
	{MEDIA_TYPE_DOCKER_FOREIGN, MEDIA_FOREIGN_LAYER, true, "none"},
	{MEDIA_TYPE_DOCKER_FOREIGN_GZIP, MEDIA_FOREIGN_LAYER, true, "gzip"},
	{MEDIA_TYPE_DOCKER_SCHEMA1, MEDIA_SCHEMA1, true, NULL},
	{MEDIA_TYPE_DOCKER_SCHEMA1_SIGNED, MEDIA_SCHEMA1, true, NULL},
};

static const struct media_type *find(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_SIZE(types); i++)
		if (str_eq(types[i].name, name))
			return &types[i];
	return NULL;
}

enum media_kind media_type_kind(const char *type)
{
	const struct media_type *t = find(type);

	return t ? t->kind : MEDIA_OTHER;
}

bool media_type_is_manifest(const char *type)
{
	return media_type_kind(type) == MEDIA_MANIFEST;
}

bool media_type_is_index(const char *type)
{
	return media_type_kind(type) == MEDIA_INDEX;
}

bool media_type_is_config(const char *type)
{
	return media_type_kind(type) == MEDIA_CONFIG;
}

bool media_type_is_layer(const char *type)
{
	return media_type_compression(type) != NULL;
}

bool media_type_is_foreign(const char *type)
{
	return media_type_kind(type) == MEDIA_FOREIGN_LAYER;
}

bool media_type_is_docker(const char *type)
{
	const struct media_type *t = find(type);

	return t && t->docker;
}

const char *media_type_compression(const char *type)
{
	const struct media_type *t = find(type);

	return t ? t->compression : NULL;
}

const char *media_type_layer(bool docker, const char *compression)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].kind == MEDIA_LAYER && types[i].docker == docker &&
		    str_eq(types[i].compression, compression))
			return types[i].name;
	return NULL;
}

const char *media_type_header(const char *value)
{
	if (!value)
		return NULL;
	value += strspn(value, " \t");
	size_t len = strcspn(value, " \t;\r\n");

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strlen(types[i].name) == len &&
		    strncasecmp(types[i].name, value, len) == 0)
			return types[i].name;
	return NULL;
}
