/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/container_config.h"

#include <stddef.h>
#include <string.h>

#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

enum member_type { MEMBER_STR, MEMBER_STRV, MEMBER_BOOL, MEMBER_I64 };

struct member {
	const char *key;
	enum member_type type;
	size_t offset;
};

#define MEMBER(json_key, json_type, name)                         \
	{                                                         \
		.key = (json_key), .type = (json_type),           \
		.offset = offsetof(struct container_config, name) \
	}

static const struct member members[] = {
	MEMBER("rootfs", MEMBER_STR, rootfs),
	MEMBER("image", MEMBER_STR, image),
	MEMBER("entrypoint", MEMBER_STRV, entrypoint),
	MEMBER("command", MEMBER_STRV, command),
	MEMBER("createCommand", MEMBER_STRV, create_command),
	MEMBER("labels", MEMBER_STRV, labels),
	MEMBER("binds", MEMBER_STRV, binds),
	MEMBER("capAdd", MEMBER_STRV, cap_add),
	MEMBER("capDrop", MEMBER_STRV, cap_drop),
	MEMBER("user", MEMBER_STR, user),
	MEMBER("network", MEMBER_STR, network),
	MEMBER("userns", MEMBER_STR, userns),
	MEMBER("detachKeys", MEMBER_STR, detach_keys),
	MEMBER("seccomp", MEMBER_STR, seccomp),
	MEMBER("logDriver", MEMBER_STR, log_driver),
	MEMBER("logPath", MEMBER_STR, log_path),
	MEMBER("logTag", MEMBER_STR, log_tag),
	MEMBER("logLabels", MEMBER_STRV, log_labels),
	MEMBER("logMaxSize", MEMBER_I64, log_max_size),
	MEMBER("logMaxFiles", MEMBER_I64, log_max_files),
	MEMBER("cidFile", MEMBER_STR, cidfile),
	MEMBER("pidFile", MEMBER_STR, pidfile),
	MEMBER("interactive", MEMBER_BOOL, interactive),
	MEMBER("terminal", MEMBER_BOOL, terminal),
	MEMBER("privileged", MEMBER_BOOL, privileged),
	MEMBER("nested", MEMBER_BOOL, nested),
	MEMBER("init", MEMBER_BOOL, init),
	MEMBER("readOnly", MEMBER_BOOL, read_only),
	MEMBER("singleId", MEMBER_BOOL, single_id),
	MEMBER("stopSignal", MEMBER_I64, stop_signal),
	MEMBER("stopTimeout", MEMBER_I64, stop_timeout_sec),
};

static void *member_at(const struct container_config *c, const struct member *m)
{
	return (char *)c + m->offset;
}

void container_config_release(struct container_config *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		void *p = member_at(c, &members[i]);

		if (members[i].type == MEMBER_STR)
			free(*(char **)p);
		else if (members[i].type == MEMBER_STRV)
			strv_free(*(char ***)p);
	}
	*c = (struct container_config){0};
}

static void add_member(struct json_object *o, const struct member *m, const void *p)
{
	switch (m->type) {
	case MEMBER_STR:
		json_add_str(o, m->key, *(char *const *)p);
		break;
	case MEMBER_STRV:
		if (*(char **const *)p)
			json_add_strv(o, m->key, *(char **const *)p);
		break;
	case MEMBER_BOOL:
		if (*(const bool *)p)
			json_add_bool(o, m->key, true);
		break;
	case MEMBER_I64:
		json_add_i64(o, m->key, *(const int64_t *)p);
		break;
	}
}

char *container_config_text(const struct container_config *c)
{
	cleanup_json struct json_object *o = json_object_new_object();

	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		add_member(o, &members[i], member_at(c, &members[i]));
	return json_text(o, false);
}

static int read_member(struct json_object *value, const struct member *m, void *p,
		       struct error *err)
{
	const char *text;
	int r;

	switch (m->type) {
	case MEMBER_STR:
		r = json_to_str(value, m->key, &text, err);
		if (r >= 0)
			*(char **)p = xstrdup(text);
		return r;
	case MEMBER_STRV:
		return json_to_strv(value, m->key, (char ***)p, err);
	case MEMBER_BOOL:
		return json_to_bool(value, m->key, (bool *)p, err);
	case MEMBER_I64:
		return json_to_i64(value, m->key, (int64_t *)p, err);
	}
	return 0;
}

int container_config_parse(const char *text, struct container_config *ret,
			   struct error *err)
{
	cleanup_container_config struct container_config c = {0};
	cleanup_json struct json_object *o = NULL;
	int r;

	r = json_parse(text, strlen(text), "container record", &o, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		struct json_object *value = json_get(o, members[i].key);

		if (!value)
			continue;
		r = read_member(value, &members[i], member_at(&c, &members[i]), err);
		if (r < 0)
			return error_wrap(err, "container record");
	}
	*ret = c;
	c = (struct container_config){0};
	return 0;
}

const char *container_config_source(const struct container_config *c)
{
	return c->image ? c->image : c->rootfs ? c->rootfs : "";
}

const char *container_config_label(const struct container_config *c, const char *key)
{
	size_t len = strlen(key);

	strv_foreach (label, c->labels)
		if (strncmp(*label, key, len) == 0 && (*label)[len] == '=')
			return *label + len + 1;
	return NULL;
}

struct json_object *container_config_pairs(char *const *words)
{
	struct json_object *o = json_object_new_object();

	strv_foreach (word, words) {
		cleanup_free char *key = xstrndup(*word, strcspn(*word, "="));

		json_add_str(o, key, *word + strlen(key) + 1);
	}
	return o;
}
