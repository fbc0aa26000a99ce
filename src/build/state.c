/* SPDX-License-Identifier: Apache-2.0 */
#include "build/state.h"

#include <stdlib.h>
#include <string.h>

#include "util/json.h"
#include "util/json_members.h"
#include "util/str.h"

static const struct json_member members[] = {
#define MEMBER(key, type, member) JSON_MEMBER(struct build_state, key, type, member)
	MEMBER("layers", STRV, layers),
	MEMBER("blobs", STRV, blobs),
	MEMBER("blobTypes", STRV, blob_types),
	MEMBER("blobSizes", STRV, blob_sizes),
	MEMBER("args", STRV, args),
	MEMBER("annotations", STRV, annotations),
	MEMBER("baseName", STR, base_name),
	MEMBER("baseDigest", STR, base_digest),
	{0},
#undef MEMBER
};

void build_state_release(struct build_state *s)
{
	if (s->config)
		image_config_free(s->config);
	json_members_release(members, s);
	*s = (struct build_state){0};
}

static struct json_object *to_json(const struct build_state *s)
{
	struct json_object *o = json_object_new_object();

	json_members_add(o, members, s);
	if (s->config)
		json_add(o, "config", image_config_to_json(s->config));
	return o;
}

char *build_state_text(const struct build_state *s)
{
	cleanup_json struct json_object *o = to_json(s);

	return json_text(o, false);
}

static int read_config(struct json_object *o, struct build_state *s, struct error *err)
{
	struct json_object *config = json_get(o, "config");
	cleanup_free char *text = config ? json_text(config, false) : NULL;

	return text ? image_config_parse(text, strlen(text), &s->config, err) : 0;
}

int build_state_parse(const char *text, size_t len, struct build_state *ret,
		      struct error *err)
{
	cleanup_build_state struct build_state s = {0};
	cleanup_json struct json_object *o = NULL;
	int r = json_parse(text, len, "the state of a build", &o, err);

	if (r >= 0)
		r = json_members_read(o, members, &s, err);
	if (r >= 0)
		r = read_config(o, &s, err);
	if (r < 0)
		return r;
	*ret = s;
	s = (struct build_state){0};
	return 0;
}

/* Through its text, as that is the one place that knows all of it. */
void build_state_copy(const struct build_state *from, struct build_state *ret)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *text = build_state_text(from);

	if (build_state_parse(text, strlen(text), ret, &err) < 0)
		abort();
}
