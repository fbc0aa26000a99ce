/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/template_value.h"

#include <stdlib.h>
#include <string.h>

#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

/* Members that are maps in podman's documents: their keys are not podman's words. */
static const char *const map_members[] = {
	"Annotations", "Data",    "DriverOpts",   "ExposedPorts", "Labels", "Networks",
	"Options",     "OnBuild", "PortBindings", "Ports",        "Secret", "StorageOpt",
	"Sysctls",     "Tmpfs",   "Volumes",      "annotations",  NULL};

/* Members that are times there. */
static const char *const time_members[] = {"Created",    "CheckpointedAt", "FinishedAt",
					   "RestoredAt", "StartedAt",      "created",
					   NULL};

/* "2026-11-24T10:00:00..." */
static bool is_time(const char *name, const char *text, size_t len)
{
	static const char form[] = "0000-00-00T00:00:00";

	if (!name || !strv_has((char *const *)time_members, name) || len < sizeof(form) ||
	    strlen(text) != len)
		return false;
	for (size_t i = 0; i < sizeof(form) - 1; i++)
		if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
			return false;
	return true;
}

static bool is_map_member(const char *name)
{
	return name && strv_has((char *const *)map_members, name);
}

struct tvalue tvalue_int(int64_t number)
{
	return (struct tvalue){.kind = TVALUE_INT,
			       .negative = number < 0,
			       .size = number < 0 ? -(uint64_t)number : (uint64_t)number};
}

struct tvalue tvalue_bool(bool b)
{
	return (struct tvalue){.kind = TVALUE_BOOL, .boolean = b};
}

struct tvalue tvalue_text(const char *text, size_t len)
{
	return (struct tvalue){.kind = TVALUE_TEXT, .text = text, .len = len};
}

static struct tvalue number_of_json(struct json_object *o)
{
	cleanup_error struct error other = ERROR_INIT;
	struct tvalue v = {.kind = TVALUE_INT};
	int64_t number;

	if (json_to_i64(o, "", &number, &other) == 0)
		return tvalue_int(number);
	if (json_to_u64(o, "", &v.size, &other) < 0)
		v.kind = TVALUE_NIL;
	return v;
}

struct tvalue tvalue_of_json(struct json_object *o, const char *name)
{
	cleanup_error struct error not_so = ERROR_INIT;
	struct tvalue v = {.kind = TVALUE_NIL};

	switch (json_object_get_type(o)) {
	case json_type_null:
		if (name)
			v.kind = is_map_member(name) ? TVALUE_MAP : TVALUE_LIST;
		return v;
	case json_type_boolean:
		v.kind = json_to_bool(o, "", &v.boolean, &not_so) < 0 ? TVALUE_NIL
								      : TVALUE_BOOL;
		return v;
	case json_type_int:
		return number_of_json(o);
	case json_type_double:
		v.kind = json_to_double(o, "", &v.real, &not_so) < 0 ? TVALUE_NIL
								     : TVALUE_FLOAT;
		return v;
	case json_type_string:
		v.kind = json_to_bytes(o, "", &v.text, &v.len, &not_so) < 0 ? TVALUE_NIL
									    : TVALUE_TEXT;
		v.is_time = v.kind == TVALUE_TEXT && is_time(name, v.text, v.len);
		return v;
	case json_type_array:
		return (struct tvalue){.kind = TVALUE_LIST, .o = o};
	case json_type_object:
		return (struct tvalue){
			.kind = is_map_member(name) ? TVALUE_MAP : TVALUE_STRUCT, .o = o};
	}
	return v;
}

bool tvalue_member(const struct tvalue *v, const char *name, struct tvalue *ret)
{
	struct json_object *member;

	if (!v->o || !json_object_object_get_ex(v->o, name, &member))
		return false;
	/* null in a map is a nil, in a struct an empty list: both print as in Go */
	*ret = tvalue_of_json(member, v->kind == TVALUE_MAP && !member ? NULL : name);
	if (v->kind == TVALUE_MAP && ret->kind == TVALUE_MAP)
		ret->kind = TVALUE_STRUCT;
	return true;
}

bool tvalue_is_true(const struct tvalue *v)
{
	switch (v->kind) {
	case TVALUE_NONE:
	case TVALUE_NIL:
		return false;
	case TVALUE_BOOL:
		return v->boolean;
	case TVALUE_INT:
		return v->size != 0;
	case TVALUE_FLOAT:
		return v->real != 0;
	case TVALUE_STRUCT:
		return true;
	case TVALUE_TEXT:
	case TVALUE_LIST:
	case TVALUE_MAP:
		break;
	}
	return tvalue_count(v) > 0;
}

size_t tvalue_count(const struct tvalue *v)
{
	switch (v->kind) {
	case TVALUE_TEXT:
		return v->len;
	case TVALUE_LIST:
		return v->o ? json_object_array_length(v->o) : 0;
	case TVALUE_MAP:
	case TVALUE_STRUCT:
		return v->o ? (size_t)json_object_object_length(v->o) : 0;
	case TVALUE_NONE:
	case TVALUE_NIL:
	case TVALUE_BOOL:
	case TVALUE_INT:
	case TVALUE_FLOAT:
		break;
	}
	return 0;
}

struct tvalue tvalue_element(const struct tvalue *v, size_t i)
{
	return tvalue_of_json(json_object_array_get_idx(v->o, i), NULL);
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char **tvalue_keys(const struct tvalue *v, bool sorted, struct arena *a)
{
	size_t n = 0;
	const char **keys = arena_alloc(a, (tvalue_count(v) + 1) * sizeof(*keys));

	if (!v->o)
		return keys;
	json_object_object_foreach (v->o, key, value) {
		(void)value;
		keys[n++] = key;
	}
	if (sorted)
		qsort(keys, n, sizeof(*keys), compare_keys);
	return keys;
}

const char *tvalue_type(const struct tvalue *v)
{
	static const char *const words[] = {
		[TVALUE_NONE] = "<nil>",
		[TVALUE_NIL] = "<nil>",
		[TVALUE_BOOL] = "bool",
		[TVALUE_INT] = "int",
		[TVALUE_FLOAT] = "float64",
		[TVALUE_TEXT] = "string",
		[TVALUE_LIST] = "[]interface {}",
		[TVALUE_MAP] = "map[string]interface {}",
		[TVALUE_STRUCT] = "struct {}",
	};
	return words[v->kind];
}

int64_t tvalue_index(const struct tvalue *v)
{
	if (v->kind != TVALUE_INT || (v->negative && v->size) || v->size > INT64_MAX)
		return -1;
	return (int64_t)v->size;
}

bool tvalue_is_untyped(const struct tvalue *v)
{
	return v->kind == TVALUE_NONE || v->kind == TVALUE_NIL;
}
