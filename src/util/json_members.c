/* SPDX-License-Identifier: Apache-2.0 */
#include "util/json_members.h"

#include <limits.h>
#include <stdlib.h>

#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

static void add_member(struct json_object *o, const struct json_member *m, const void *p)
{
	switch (m->type) {
	case JSON_MEMBER_STR:
		json_add_str(o, m->key, *(char *const *)p);
		break;
	case JSON_MEMBER_STRV:
		if (*(char **const *)p)
			json_add_strv(o, m->key, *(char **const *)p);
		break;
	case JSON_MEMBER_BOOL:
		if (*(const bool *)p)
			json_add_bool(o, m->key, true);
		break;
	case JSON_MEMBER_INT:
		json_add_i64(o, m->key, *(const int *)p);
		break;
	case JSON_MEMBER_I64:
		if (*(const int64_t *)p)
			json_add_i64(o, m->key, *(const int64_t *)p);
		break;
	case JSON_MEMBER_U64:
		json_add_u64(o, m->key, *(const uint64_t *)p);
		break;
	}
}

void json_members_add(struct json_object *o, const struct json_member *table,
		      const void *values)
{
	for (const struct json_member *m = table; m->key; m++)
		add_member(o, m, (const char *)values + m->offset);
}

static int read_str(struct json_object *value, const char *key, char **ret,
		    struct error *err)
{
	const char *text;
	int r = json_to_str(value, key, &text, err);

	if (r < 0)
		return r;
	free(*ret);
	*ret = xstrdup(text);
	return 0;
}

static int read_int(struct json_object *value, const char *key, int *ret,
		    struct error *err)
{
	int64_t number;
	int r = json_to_i64(value, key, &number, err);

	if (r < 0)
		return r;
	if (number < INT_MIN || number > INT_MAX)
		return error_set(err, ERR_INVALID, 0, "%s: %lld is out of range", key,
				 (long long)number);
	*ret = (int)number;
	return 0;
}

static int read_member(struct json_object *value, const struct json_member *m, void *p,
		       struct error *err)
{
	switch (m->type) {
	case JSON_MEMBER_STR:
		return read_str(value, m->key, p, err);
	case JSON_MEMBER_STRV:
		strv_free(*(char ***)p);
		*(char ***)p = NULL;
		return json_to_strv(value, m->key, p, err);
	case JSON_MEMBER_BOOL:
		return json_to_bool(value, m->key, p, err);
	case JSON_MEMBER_INT:
		return read_int(value, m->key, p, err);
	case JSON_MEMBER_I64:
		return json_to_i64(value, m->key, p, err);
	case JSON_MEMBER_U64:
		return json_to_u64(value, m->key, p, err);
	}
	return 0;
}

int json_members_read(struct json_object *o, const struct json_member *table,
		      void *values, struct error *err)
{
	for (const struct json_member *m = table; m->key; m++) {
		struct json_object *value = json_get(o, m->key);
		int r = value ? read_member(value, m, (char *)values + m->offset, err)
			      : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

void json_members_release(const struct json_member *table, void *values)
{
	for (const struct json_member *m = table; m->key; m++) {
		void *p = (char *)values + m->offset;

		if (m->type == JSON_MEMBER_STR)
			free(*(char **)p);
		else if (m->type == JSON_MEMBER_STRV)
			strv_free(*(char ***)p);
	}
}
