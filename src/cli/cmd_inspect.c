/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/cubby.h"
#include "cli/format.h"
#include "cli/select.h"
#include "engine/inspect.h"
#include "util/json.h"
#include "util/str.h"

enum inspect_type { TYPE_CONTAINER, TYPE_ALL };
static const char *const types[] = {"container", "all", NULL};

struct inspect_values {
	struct select_options select;
	const char *format;
	int type;
};

static const struct option_spec options[] = {
	OPT_STRING(struct inspect_values, format, "format", 'f', "FORMAT",
		   "json, or a template such as '{{.State.Pid}}'"),
	OPT_WORD(struct inspect_values, type, "type", 't', types,
		 "what kind of object is meant"),
	OPT_INCLUDE_AT(struct inspect_values, select, latest_table),
	OPT_NOT_YET("size", 's'),
	OPT_END,
};

struct output {
	const char *format; /* NULL: all as one JSON array */
	struct json_object *list;
};

static int inspect(const struct engine *e, const struct container *c, const char *typed,
		   void *data, struct error *err)
{
	struct output *output = data;
	cleanup_json struct json_object *o = NULL;
	int r;

	(void)typed;
	r = container_inspect(e, c, &o, err);
	if (r < 0)
		return r;
	if (output->format)
		return format_print_object(output->format, o, err);
	json_object_array_add(output->list, TAKE_PTR(o));
	return 0;
}

static int run(const struct command_call *call, struct error *err)
{
	const struct inspect_values *v = call->values;
	cleanup_engine struct engine e = ENGINE_INIT;
	cleanup_json struct json_object *list = json_object_new_array();
	struct output output = {.list = list};
	const struct select_job job = {
		.options = &v->select, .act = inspect, .data = &output};
	int r, printed;

	if (v->format && !format_is_json(v->format))
		output.format = v->format;
	r = cubby_open(call, &e, err);
	if (r < 0)
		return r;
	r = select_each(call, &e, &job, err);
	/* what was found is shown although something else was not, as podman does */
	if (!output.format && (r >= 0 || call->n_args > 0)) {
		cleanup_error struct error other = ERROR_INIT;

		printed = format_print_json(list, &other);
		if (printed < 0 && r >= 0)
			return error_move(err, &other);
	}
	return r;
}

const struct command cmd_inspect = {
	.name = "inspect",
	.group = "Containers",
	.usage = "[options] CONTAINER [CONTAINER...]",
	.summary = "show all about containers as JSON",
	.examples = "cubby inspect web\n"
		    "cubby inspect -f '{{.State.Pid}}' web",
	.options = options,
	.values_size = sizeof(struct inspect_values),
	.max_args = COMMAND_ANY,
	.run = run,
};
