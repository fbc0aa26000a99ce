/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/runtime/rt.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/table.h"

enum { LIST_TABLE, LIST_JSON };

struct list_values {
	int format;
	bool quiet;
};

static const char *const formats[] = {"table", "json", NULL};

static const struct option_spec options[] = {
	OPT_WORD(struct list_values, format, "format", 'f', formats,
		 "form of the output"),
	OPT_BOOL(struct list_values, quiet, "quiet", 'q', "ids only"),
	OPT_END,
};

static const char *text_of(struct json_object *o, const char *key)
{
	struct json_object *member = json_get(o, key);

	return member ? json_object_get_string(member) : "";
}

static int print_table(struct json_object *all, struct error *err)
{
	static const char *const headings[] = {"ID",      "PID",   "STATUS", "BUNDLE",
					       "CREATED", "OWNER", NULL};
	struct table *t = table_new(headings, 6);
	int r;

	for (size_t i = 0; i < json_object_array_length(all); i++) {
		struct json_object *o = json_object_array_get_idx(all, i);
		const char *cells[] = {text_of(o, "id"),      text_of(o, "pid"),
				       text_of(o, "status"),  text_of(o, "bundle"),
				       text_of(o, "created"), text_of(o, "owner")};

		table_add(t, cells);
	}
	r = table_print(t, stdout, true);
	table_free(t);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write to standard output") : 0;
}

/* One that vanishes meanwhile is not there; one that can't be read must not hide the
 * others. */
static void add_container(const struct command_call *call, const char *id,
			  struct json_object *all)
{
	cleanup_rt_container struct rt_container c = RT_CONTAINER_INIT;
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *message = NULL;

	if (rt_container_open(call, id, false, &c, &err) == 0) {
		json_object_array_add(all, rt_state_document(&c));
		return;
	}
	if (err.kind == ERR_NOT_FOUND)
		return;
	message = error_message(&err);
	rt_warn("%s", message);
}

static int run(const struct command_call *call, struct error *err)
{
	const struct list_values *v = call->values;
	cleanup_json struct json_object *all = json_object_new_array();
	cleanup_strv char **ids = NULL;
	int r = state_list(rt_globals(call)->root_path, &ids, err);

	if (r < 0)
		return r;
	strv_foreach (id, ids) {
		if (v->quiet)
			printf("%s\n", *id);
		else
			add_container(call, *id, all);
	}
	if (v->quiet)
		return 0;
	return v->format == LIST_JSON ? rt_print_json(all, false, err)
				      : print_table(all, err);
}

const struct command rt_list = {
	.name = "list",
	.group = "Looking at containers",
	.usage = "[options]",
	.summary = "list the containers below --root",
	.options = options,
	.values_size = sizeof(struct list_values),
	.run = run,
};
