/* SPDX-License-Identifier: Apache-2.0 */
/* network ls, network inspect */
#include <stdio.h>

#include "cli/cubby.h"
#include "cli/format.h"
#include "engine/names.h"
#include "engine/network_filter.h"
#include "engine/network_remove.h"
#include "engine/network_store.h"
#include "engine/network_view.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

struct ls_values {
	bool quiet, no_heading, no_trunc;
	const char *format;
	char **filters;
};

static const struct option_spec ls_options[] = {
	OPT_LIST(struct ls_values, filters, "filter", 'f', "KEY=VALUE",
		 "show those only that match: dangling, driver, id, label, name, until"),
	OPT_STRING(struct ls_values, format, "format", 0, "FORMAT",
		   "json, or a template such as '{{.Name}} {{.Driver}}'"),
	OPT_BOOL(struct ls_values, no_trunc, "no-trunc", 0, "show whole IDs"),
	OPT_BOOL(struct ls_values, no_heading, "noheading", 'n',
		 "leave out the headings"),
	OPT_BOOL(struct ls_values, quiet, "quiet", 'q', "print names only"),
	OPT_END,
};

static const struct template_heading headings[] = {
	{"ID", "NETWORK ID"},
	{NULL, NULL},
};

static bool asks_for_users(char *const *filters)
{
	strv_foreach (one, filters)
		if (str_starts(*one, "dangling"))
			return true;
	return false;
}

static int add_row(const struct engine *e, const struct ls_values *v,
		   const struct network *n, struct json_object *rows, struct error *err)
{
	const bool json = format_is_json(v->format);
	cleanup_strv char **users = NULL;
	struct json_object *row;
	int r = asks_for_users(v->filters) ? network_users(e, n, &users, err) : 0;

	if (r < 0 || !network_filter_matches(v->filters, n, users != NULL))
		return r;
	row = network_view(e, n, !json, false);
	if (!json && !v->no_trunc) {
		cleanup_free char *id = xstrndup(n->id, SHORT_ID_LEN);

		json_add_str(row, "ID", id);
	}
	json_object_array_add(rows, row);
	return 0;
}

static int run_ls(const struct command_call *call, struct error *err)
{
	const struct ls_values *v = call->values;
	const struct format_list list = {
		.format = v->quiet ? "{{.Name}}" : v->format,
		.table = "{{.ID}}\t{{.Name}}\t{{.Driver}}",
		.headings = headings,
		.no_heading = v->no_heading,
		.whole = v->no_trunc,
	};
	cleanup_networks struct networks all = {0};
	cleanup_json struct json_object *rows = json_object_new_array();
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = network_filter_check(v->filters, false, err);

	if (r >= 0)
		r = cubby_open(call, &e, err);
	if (r >= 0)
		r = network_list(&e, &all, err);
	for (size_t i = 0; r >= 0 && i < all.n; i++)
		r = add_row(&e, v, &all.items[i], rows, err);
	if (r < 0)
		return r;
	return format_is_json(list.format) ? format_print_json(rows, err)
					   : format_print_list(&list, rows, err);
}

static const char *const ls_aliases[] = {"list", NULL};

const struct command cmd_network_ls = {
	.name = "ls",
	.aliases = ls_aliases,
	.group = "Networks",
	.usage = "[options]",
	.summary = "list networks",
	.examples =
		"cubby network ls\n"
		"cubby network ls -q --filter dangling=true\n"
		"cubby network ls --format '{{.Name}}: {{range .Subnets}}{{.Subnet}} {{end}}'",
	.options = ls_options,
	.values_size = sizeof(struct ls_values),
	.run = run_ls,
};

struct inspect_values {
	const char *format;
};

static const struct option_spec inspect_options[] = {
	OPT_STRING(struct inspect_values, format, "format", 'f', "FORMAT",
		   "json, or a template such as '{{range .Subnets}}{{.Subnet}}{{end}}'"),
	OPT_END,
};

/* What was found is shown although something else was not. */
static int run_inspect(const struct command_call *call, struct error *err)
{
	const struct inspect_values *v = call->values;
	const bool json = !v->format || format_is_json(v->format);
	cleanup_json struct json_object *list = json_object_new_array();
	cleanup_error struct error unprinted = ERROR_INIT;
	cleanup_engine struct engine e = ENGINE_INIT;
	int k = 0, r = cubby_open(call, &e, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < call->n_args; i++) {
		cleanup_network struct network n = {0};
		cleanup_json struct json_object *o = NULL;
		cleanup_error struct error failure = ERROR_INIT;

		r = network_find(&e, call->args[i], &n, &failure);
		if (r >= 0)
			o = network_view(&e, &n, !json, true);
		if (r >= 0 && !json)
			r = format_print_object(v->format, o, &failure);
		if (r >= 0) {
			json_object_array_add(list, TAKE_PTR(o));
			continue;
		}
		if (error_is_set(err))
			cli_print_error(stderr, err);
		error_move(err, &failure);
	}
	r = error_is_set(err) ? (err->code ? -err->code : -EINVAL) : 0;
	if (json)
		k = format_print_json(list, r < 0 ? &unprinted : err);
	return r < 0 ? r : k;
}

const struct command cmd_network_inspect = {
	.name = "inspect",
	.group = "Networks",
	.usage = "[options] NETWORK [NETWORK...]",
	.summary = "show what is known of networks, and who is at them",
	.examples =
		"cubby network inspect app\n"
		"cubby network inspect -f '{{range .Subnets}}{{.Subnet}}{{end}}' bridge",
	.options = inspect_options,
	.values_size = sizeof(struct inspect_values),
	.min_args = 1,
	.max_args = COMMAND_ANY,
	.run = run_inspect,
};
