/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/mount_record.h"

#include <string.h>

#include "engine/container_config.h"
#include "util/mem.h"
#include "util/str.h"

/* in the order of enum volume_kind; a tmpfs is a file system without a type */
static const char *const kind_words[] = {"bind", "volume", "image", "fs", "own"};

enum field {
	FIELD_KIND,
	FIELD_FLAGS, /* "aow": anonymous, overlay, writable */
	FIELD_DESTINATION,
	FIELD_NAME,
	FIELD_SOURCE,
	FIELD_TYPE,
	FIELD_SUBPATH,
	FIELD_OPTIONS,
	FIELDS
};

int mount_record_check(const struct volume *v, struct error *err)
{
	const char *const texts[] = {v->destination, v->name, v->source, v->subpath};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (texts[i] && strchr(texts[i], '\n'))
			return error_set(err, ERR_UNSUPPORTED, 0,
					 "mount on %s: a name holds a line end",
					 v->destination);
	return 0;
}

char *mount_record_text(const struct volume *v)
{
	cleanup_free char *options = strv_join(v->options, ",");

	return xasprintf("%s\n%s%s%s\n%s\n%s\n%s\n%s\n%s\n%s", kind_words[v->kind],
			 v->anonymous ? "a" : "", v->overlay ? "o" : "",
			 v->writable ? "w" : "", v->destination, v->name ? v->name : "",
			 v->source ? v->source : "", v->type ? v->type : "",
			 v->subpath ? v->subpath : "", options);
}

static char *field(const char *text)
{
	return *text ? xstrdup(text) : NULL;
}

int mount_record_parse(const char *text, struct volume *ret, struct error *err)
{
	cleanup_strv char **fields = str_split(text, '\n');
	size_t kind = 0;

	while (kind < ARRAY_SIZE(kind_words) && !str_eq(fields[0], kind_words[kind]))
		kind++;
	if (strv_len(fields) != FIELDS || kind == ARRAY_SIZE(kind_words))
		return error_set(err, ERR_SYSTEM, EBADMSG, "the record of a mount");
	*ret = (struct volume){
		.kind = (enum volume_kind)kind,
		.anonymous = strchr(fields[FIELD_FLAGS], 'a') != NULL,
		.overlay = strchr(fields[FIELD_FLAGS], 'o') != NULL,
		.writable = strchr(fields[FIELD_FLAGS], 'w') != NULL,
		.destination = xstrdup(fields[FIELD_DESTINATION]),
		.name = field(fields[FIELD_NAME]),
		.source = field(fields[FIELD_SOURCE]),
		.type = field(fields[FIELD_TYPE]),
		.subpath = field(fields[FIELD_SUBPATH]),
		.options = *fields[FIELD_OPTIONS] ? str_split(fields[FIELD_OPTIONS], ',')
						  : NULL,
	};
	return 0;
}

void mount_records(const struct container_config *c, struct volumes *ret)
{
	strv_foreach (line, c->mounts) {
		cleanup_error struct error err = ERROR_INIT;
		cleanup(volume_release) struct volume v = {0};

		if (mount_record_parse(*line, &v, &err) < 0 ||
		    volumes_add(ret, &v, &err) < 0)
			error_drop(&err, "it is left out");
	}
}
