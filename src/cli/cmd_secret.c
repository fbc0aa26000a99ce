/* SPDX-License-Identifier: Apache-2.0 */
/* `cubby secret ...`, and those of its commands that only look or remove. */
#include <stdio.h>
#include <string.h>

#include "cli/cubby.h"
#include "cli/format.h"
#include "cli/human.h"
#include "engine/secret.h"
#include "engine/secret_filter.h"
#include "util/json.h"
#include "util/str.h"
#include "util/time.h"

#define STATUS_MISSING 1

struct ls_values {
	bool quiet, no_heading;
	const char *format;
	char **filters;
};

static const struct option_spec ls_options[] = {
	OPT_LIST(struct ls_values, filters, "filter", 'f', "KEY=VALUE",
		 "show those only that match: name (a regular expression), id"),
	OPT_STRING(struct ls_values, format, "format", 0, "FORMAT",
		   "json, or a template such as '{{.Name}}'"),
	OPT_BOOL(struct ls_values, no_heading, "noheading", 'n',
		 "leave out the headings"),
	OPT_BOOL(struct ls_values, quiet, "quiet", 'q', "print IDs only"),
	OPT_END,
};

static struct json_object *row(const struct engine *e, const struct secret_record *r)
{
	struct json_object *o = secret_summary(e, r);
	char text[HUMAN_TEXT_MAX];
	int64_t now = time_now_usec();

	json_add_str(o, "Name", r->name);
	json_add_str(o, "Driver", r->driver);
	json_add_str(o, "CreatedAt", human_ago(r->created_usec, now, text));
	json_add_str(o, "UpdatedAt", human_ago(r->updated_usec, now, text));
	return o;
}

static const struct template_heading headings[] = {
	{"CreatedAt", "CREATED"},
	{"UpdatedAt", "UPDATED"},
	{NULL, NULL},
};

static int print_ls(const struct ls_values *v, struct json_object *rows,
		    struct error *err)
{
	const struct format_list list = {
		.format = v->quiet ? "{{.ID}}" : v->format,
		.table =
			"{{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.CreatedAt}}\t{{.UpdatedAt}}",
		.headings = headings,
		.no_heading = v->no_heading,
	};

	return format_is_json(list.format) ? format_print_json(rows, err)
					   : format_print_list(&list, rows, err);
}

static int run_ls(const struct command_call *call, struct error *err)
{
	const struct ls_values *v = call->values;
	cleanup_secret_records struct secret_records all = {0};
	cleanup_json struct json_object *rows = json_object_new_array();
	cleanup_engine struct engine e = ENGINE_INIT;
	bool json = format_is_json(v->format) && !v->quiet;
	int r = secret_filter_check(v->filters, err);

	if (r >= 0)
		r = cubby_open(call, &e, err);
	if (r >= 0)
		r = secret_record_list(e.store, &all, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < all.n; i++)
		if (secret_filter_matches(v->filters, &all.items[i]))
			json_object_array_add(rows,
					      json ? secret_summary(&e, &all.items[i])
						   : row(&e, &all.items[i]));
	return print_ls(v, rows, err);
}

static const char *const ls_aliases[] = {"list", NULL};

const struct command cmd_secret_ls = {
	.name = "ls",
	.aliases = ls_aliases,
	.group = "Secrets",
	.usage = "[options]",
	.summary = "list secrets",
	.examples = "cubby secret ls\n"
		    "cubby secret ls -q --filter name=^db\n"
		    "cubby secret ls --format '{{.Name}}'",
	.options = ls_options,
	.values_size = sizeof(struct ls_values),
	.run = run_ls,
};

struct inspect_values {
	const char *format;
	bool pretty, show;
};

static const struct option_spec inspect_options[] = {
	OPT_STRING(struct inspect_values, format, "format", 'f', "FORMAT",
		   "json, or a template such as '{{.Spec.Name}}'"),
	OPT_BOOL(struct inspect_values, pretty, "pretty", 0, "for people"),
	OPT_BOOL(struct inspect_values, show, "showsecret", 0, "the secret itself too"),
	OPT_END,
};

static int get(const struct engine *e, const struct inspect_values *v,
	       const struct secret_record *rec, struct json_object **ret,
	       struct error *err)
{
	cleanup_buf struct buf data = {0};
	struct json_object *o = secret_summary(e, rec);
	int r = 0;

	buf_init(&data, SECRET_DATA_MAX);
	if (v->show)
		r = secret_read(e, rec->id, &data, err);
	if (v->show && r >= 0)
		json_add_str(o, "SecretData", data.data ? data.data : "");
	*ret = o;
	return r;
}

static void print_pretty(const struct secret_record *rec)
{
	char time[HUMAN_TEXT_MAX];

	printf("ID:              %s\n", rec->id);
	printf("Name:              %s\n", rec->name);
	printf("Driver:            %s\n", rec->driver);
	printf("Created at:        %s\n", human_go_time(rec->created_usec, time));
	printf("Updated at:        %s\n", human_go_time(rec->updated_usec, time));
}

/* What was found is shown although something else was not. */
static int inspect_each(const struct command_call *call, const struct engine *e,
			struct json_object *list, struct error *err)
{
	const struct inspect_values *v = call->values;

	for (size_t i = 0; i < call->n_args; i++) {
		cleanup_secret_record struct secret_record rec = {0};
		cleanup_error struct error failure = ERROR_INIT;
		cleanup_json struct json_object *o = NULL;
		int r = secret_find(e, call->args[i], &rec, &failure);

		if (r >= 0)
			r = get(e, v, &rec, &o, &failure);
		if (r >= 0 && v->pretty)
			print_pretty(&rec);
		else if (r >= 0 && v->format && !format_is_json(v->format))
			r = format_print_object(v->format, o, &failure);
		else if (r >= 0)
			json_object_array_add(list, TAKE_PTR(o));
		if (r >= 0)
			continue;
		if (error_is_set(err))
			cli_print_error(stderr, err);
		error_move(err, &failure);
	}
	return error_is_set(err) ? (err->code ? -err->code : -EINVAL) : 0;
}

static int run_inspect(const struct command_call *call, struct error *err)
{
	const struct inspect_values *v = call->values;
	cleanup_json struct json_object *list = json_object_new_array();
	cleanup_error struct error unprinted = ERROR_INIT;
	cleanup_engine struct engine e = ENGINE_INIT;
	int k = 0, r = v->pretty && v->format
			       ? error_set(err, ERR_INVALID, 0,
					   "--pretty and --format exclude each other")
			       : cubby_open(call, &e, err);

	if (r < 0)
		return r;
	r = inspect_each(call, &e, list, err);
	if (!v->pretty && (!v->format || format_is_json(v->format)))
		k = format_print_json(list, r < 0 ? &unprinted : err);
	return r < 0 ? r : k;
}

const struct command cmd_secret_inspect = {
	.name = "inspect",
	.group = "Secrets",
	.usage = "[options] SECRET [SECRET...]",
	.summary = "show what is known of secrets, as JSON",
	.examples =
		"cubby secret inspect db-password\n"
		"cubby secret inspect --pretty db-password\n"
		"cubby secret inspect --showsecret --format '{{.SecretData}}' db-password",
	.options = inspect_options,
	.values_size = sizeof(struct inspect_values),
	.min_args = 1,
	.max_args = COMMAND_ANY,
	.run = run_inspect,
};

struct rm_values {
	bool all, ignore;
};

static const struct option_spec rm_options[] = {
	OPT_BOOL(struct rm_values, all, "all", 'a', "all secrets"),
	OPT_BOOL(struct rm_values, ignore, "ignore", 'i', "missing ones are no error"),
	OPT_END,
};

static int remove_one(const struct engine *e, const char *typed, bool ignore,
		      struct error *err)
{
	cleanup_secret_record struct secret_record rec = {0};
	int r = secret_find(e, typed, &rec, err);

	if (r < 0 && err->kind == ERR_NOT_FOUND && ignore) {
		error_drop(err, "it is gone, as wanted");
		return 0;
	}
	if (r >= 0)
		r = secret_remove(e, &rec, err);
	if (r >= 0)
		printf("%s\n", rec.id);
	return r;
}

static int run_rm(const struct command_call *call, struct error *err)
{
	const struct rm_values *v = call->values;
	cleanup_secret_records struct secret_records all = {0};
	cleanup_strv char **ids = NULL;
	cleanup_engine struct engine e = ENGINE_INIT;
	int r;

	if (v->all == (call->n_args > 0))
		return error_set(
			err, ERR_INVALID, 0,
			v->all ? "--all takes no names"
			       : "`secret rm` requires at least one argument or --all");
	r = cubby_open(call, &e, err);
	if (r >= 0 && v->all)
		r = secret_record_list(e.store, &all, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < all.n; i++)
		strv_add(&ids, all.items[i].id);
	strv_foreach (name, v->all ? ids : call->args) {
		cleanup_error struct error failure = ERROR_INIT;

		if (remove_one(&e, *name, v->ignore, &failure) >= 0)
			continue;
		if (error_is_set(err))
			cli_print_error(stderr, err);
		error_move(err, &failure);
	}
	return error_is_set(err) ? (err->code ? -err->code : -EINVAL) : 0;
}

const struct command cmd_secret_rm = {
	.name = "rm",
	.group = "Secrets",
	.usage = "[options] SECRET [SECRET...]",
	.summary = "remove secrets; containers that have them keep theirs",
	.examples = "cubby secret rm db-password\n"
		    "cubby secret rm --all",
	.options = rm_options,
	.values_size = sizeof(struct rm_values),
	.max_args = COMMAND_ANY,
	.run = run_rm,
};

static int run_exists(const struct command_call *call, struct error *err)
{
	cleanup_secret_record struct secret_record rec = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	int r = cubby_open(call, &e, err);

	if (r >= 0)
		r = secret_record_find(e.store, call->args[0], &rec, err);
	if (r < 0)
		return r;
	return r > 0 ? 0 : STATUS_MISSING;
}

static const struct command exists_command = {
	.name = "exists",
	.group = "Secrets",
	.usage = "SECRET",
	.summary = "exit status 0 if there is such a secret, 1 if there is none",
	.examples =
		"cubby secret exists db-password || cubby secret create db-password -\n"
		"cubby secret exists tls && echo there",
	.min_args = 1,
	.max_args = 1,
	.run = run_exists,
};

static const struct command *const commands[] = {
	&cmd_secret_create, &cmd_secret_ls,  &cmd_secret_inspect,
	&cmd_secret_rm,     &exists_command, NULL,
};

const struct command cmd_secret = {
	.name = "secret",
	.group = "Pods, volumes, secrets",
	.usage = "COMMAND",
	.summary = "the commands for secrets: secret create, secret ls, secret rm ...",
	.examples = "cubby secret create password ./password.txt\n"
		    "cubby secret ls\n"
		    "cubby run --secret password debian cat /run/secrets/password",
	.commands = commands,
};
