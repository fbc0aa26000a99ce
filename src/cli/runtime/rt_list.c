/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/runtime/rt.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/table.h"
#include "util/time.h"

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

static void add_row(const struct rt_container *c, struct table *t)
{
	enum state_status status = state_status(&c->state);
	cleanup_free char *pid =
		xasprintf("%d", status == STATE_STOPPED ? 0 : c->state.init.pid);
	char created[TIME_TEXT_MAX];
	const char *cells[] = {c->state.id,
			       pid,
			       state_status_word(status),
			       c->state.bundle,
			       time_rfc3339(c->state.created_usec, created),
			       c->state.owner};

	table_add(t, cells);
}

/* One that vanishes meanwhile is not there; one that can't be read must not hide the
 * others. */
static bool open_listed(const struct command_call *call, const char *id,
			struct rt_container *ret)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *message = NULL;

	if (rt_container_open(call, id, false, ret, &err) == 0)
		return true;
	if (err.kind != ERR_NOT_FOUND) {
		message = error_message(&err);
		rt_warn("%s", message);
	}
	return false;
}

static int print_table(const struct command_call *call, char *const *ids,
		       struct error *err)
{
	static const char *const headings[] = {"ID",     "PID",     "STATUS",
					       "BUNDLE", "CREATED", "OWNER"};
	struct table *t = table_new(headings, ARRAY_SIZE(headings));
	int r;

	strv_foreach (id, ids) {
		cleanup_rt_container struct rt_container c = RT_CONTAINER_INIT;

		if (open_listed(call, *id, &c))
			add_row(&c, t);
	}
	r = table_print(t, stdout, true);
	table_free(t);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write to standard output") : 0;
}

static int print_json(const struct command_call *call, char *const *ids,
		      struct error *err)
{
	cleanup_json struct json_object *all = json_object_new_array();

	strv_foreach (id, ids) {
		cleanup_rt_container struct rt_container c = RT_CONTAINER_INIT;

		if (open_listed(call, *id, &c))
			json_object_array_add(all, rt_state_document(&c));
	}
	return rt_print_json(all, false, err);
}

static int run(const struct command_call *call, struct error *err)
{
	const struct list_values *v = call->values;
	cleanup_strv char **ids = NULL;
	int r = state_list(rt_globals(call)->root_path, &ids, err);

	if (r < 0)
		return r;
	if (!v->quiet)
		return v->format == LIST_JSON ? print_json(call, ids, err)
					      : print_table(call, ids, err);
	strv_foreach (id, ids)
		printf("%s\n", *id);
	return 0;
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
