/* SPDX-License-Identifier: Apache-2.0 */
/* volume ls, volume inspect */
#include <stdio.h>

#include "cli/cubby.h"
#include "cli/format.h"
#include "engine/volume_remove.h"
#include "engine/volume_view.h"
#include "util/json.h"
#include "util/str.h"

struct ls_values {
	bool quiet, no_heading;
	const char *format;
	char **filters;
};

static const struct option_spec ls_options[] = {
	OPT_LIST(
		struct ls_values, filters, "filter", 'f', "KEY=VALUE",
		"show those only that match: dangling, anonymous (true or false), driver, label, name, opt, scope, since, until"),
	OPT_STRING(struct ls_values, format, "format", 0, "FORMAT",
		   "json, or a template such as '{{.Name}} {{.Mountpoint}}'"),
	OPT_BOOL(struct ls_values, no_heading, "noheading", 'n',
		 "leave out the headings"),
	OPT_BOOL(struct ls_values, quiet, "quiet", 'q', "print names only"),
	OPT_END,
};

static const struct template_heading headings[] = {
	{"Name", "VOLUME NAME"},
	{NULL, NULL},
};

static int print_ls(const struct ls_values *v, struct json_object *rows,
		    struct error *err)
{
	const struct format_list list = {
		.format = v->format,
		.table = "{{.Driver}}\t{{.Name}}",
		.headings = headings,
		.no_heading = v->no_heading,
	};

	if (v->quiet) {
		for (size_t i = 0; i < json_object_array_length(rows); i++)
			printf("%s\n",
			       json_get_str(json_object_array_get_idx(rows, i), "Name"));
		return 0;
	}
	return format_is_json(v->format) ? format_print_json(rows, err)
					 : format_print_list(&list, rows, err);
}

static int run_ls(const struct command_call *call, struct error *err)
{
	const struct ls_values *v = call->values;
	cleanup_volume_filters struct volume_filters filters = {0};
	cleanup_volume_records struct volume_records all = {0};
	cleanup_json struct json_object *rows = json_object_new_array();
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = cubby_open(call, &e, err);

	if (r >= 0)
		r = volume_filters_prepare(v->filters, &filters, err);
	if (r >= 0)
		r = volume_record_list(e.store, &all, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < all.n; i++)
		if (volume_filters_match(&filters, &all.items[i]))
			json_object_array_add(rows, volume_summary(&e, &all.items[i]));
	return print_ls(v, rows, err);
}

static const char *const ls_aliases[] = {"list", NULL};

const struct command cmd_volume_ls = {
	.name = "ls",
	.aliases = ls_aliases,
	.group = "Volumes",
	.usage = "[options]",
	.summary = "list volumes",
	.examples = "cubby volume ls\n"
		    "cubby volume ls --filter dangling=true -q\n"
		    "cubby volume ls --format '{{.Name}} {{.Mountpoint}}'",
	.options = ls_options,
	.values_size = sizeof(struct ls_values),
	.run = run_ls,
};

struct inspect_values {
	bool all;
	const char *format;
};

static const struct option_spec inspect_options[] = {
	OPT_BOOL(struct inspect_values, all, "all", 'a', "all volumes"),
	OPT_STRING(struct inspect_values, format, "format", 'f', "FORMAT",
		   "json, or a template such as '{{.Mountpoint}}'"),
	OPT_END,
};

static int get_all(const struct engine *e, struct json_object *list, struct error *err)
{
	cleanup_volume_records struct volume_records all = {0};
	int r = volume_record_list(e->store, &all, err);

	for (size_t i = 0; i < all.n; i++)
		json_object_array_add(list, volume_summary(e, &all.items[i]));
	return r;
}

/* What was found is shown although something else was not. */
static int get_named(const struct command_call *call, const struct engine *e,
		     struct json_object *list, struct error *err)
{
	for (size_t i = 0; i < call->n_args; i++) {
		cleanup_volume_record struct volume_record rec = {0};
		cleanup_error struct error failure = ERROR_INIT;

		if (volume_find(e, call->args[i], &rec, &failure) >= 0) {
			json_object_array_add(list, volume_summary(e, &rec));
			continue;
		}
		if (error_is_set(err))
			cli_print_error(stderr, err);
		error_move(err, &failure);
	}
	return error_is_set(err) ? (err->code ? -err->code : -EINVAL) : 0;
}

static int print_inspect(const struct inspect_values *v, struct json_object *list,
			 struct error *err)
{
	int r = 0;

	if (!v->format || format_is_json(v->format))
		return format_print_json(list, err);
	for (size_t i = 0; r >= 0 && i < json_object_array_length(list); i++)
		r = format_print_object(v->format, json_object_array_get_idx(list, i),
					err);
	return r;
}

static int check_inspect(const struct command_call *call, struct error *err)
{
	const struct inspect_values *v = call->values;

	if (v->all != (call->n_args > 0))
		return 0;
	return error_set(err, ERR_INVALID, 0,
			 "provide one or more volume names, or use --all%s",
			 v->all ? ", not both" : "");
}

static int run_inspect(const struct command_call *call, struct error *err)
{
	const struct inspect_values *v = call->values;
	cleanup_json struct json_object *list = json_object_new_array();
	cleanup_error struct error unprinted = ERROR_INIT;
	cleanup_engine struct engine e = ENGINE_INIT;
	int k, r = check_inspect(call, err);

	if (r >= 0)
		r = cubby_open(call, &e, err);
	if (r < 0)
		return r;
	r = v->all ? get_all(&e, list, err) : get_named(call, &e, list, err);
	k = print_inspect(v, list, r < 0 ? &unprinted : err);
	return r < 0 ? r : k;
}

const struct command cmd_volume_inspect = {
	.name = "inspect",
	.group = "Volumes",
	.usage = "[options] VOLUME [VOLUME...]",
	.summary = "show what is known of volumes, as JSON",
	.examples = "cubby volume inspect data\n"
		    "cubby volume inspect --format '{{.Mountpoint}}' data\n"
		    "cubby volume inspect --all",
	.options = inspect_options,
	.values_size = sizeof(struct inspect_values),
	.max_args = COMMAND_ANY,
	.run = run_inspect,
};
