/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/cubby.h"
#include "cli/pod_select.h"
#include "cli/select.h"
#include "engine/top.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/str.h"
#include "util/table.h"

#define PS_OUTPUT_MAX   (4 << 20)
#define STATUS_NO_SUCH  127
#define STATUS_CANNOT   126
#define DEFAULT_COLUMNS "user,pid,ppid,pcpu,etime,tty,time,args"

struct top_values {
	struct select_options select;
};

static const struct option_spec options[] = {
	OPT_INCLUDE_AT(struct top_values, select, latest_table),
	OPT_END,
};

/* "pid user", "pid,user": one word for each column. */
static char **split_words(char *const *args)
{
	char **words = NULL;

	strv_foreach (arg, args) {
		cleanup_strv char **parts = str_split(*arg, ',');

		strv_foreach (part, parts)
			if (**part)
				strv_add(&words, *part);
	}
	if (!words)
		words = str_split(DEFAULT_COLUMNS, ',');
	return words;
}

static bool all_known(char *const *words)
{
	strv_foreach (word, words)
		if (!top_column_find(*word))
			return false;
	return true;
}

static struct table *new_table(char *const *words)
{
	size_t n = strv_len(words);
	cleanup_free const char **cells = xcalloc(n + 1, sizeof(*cells));

	for (size_t i = 0; i < n; i++)
		cells[i] = top_column_find(words[i])->heading;
	return table_new(cells, n);
}

static void add_rows(struct table *t, const struct top_view *v, char *const *words)
{
	size_t n = strv_len(words);

	for (size_t i = 0; i < v->processes.n; i++) {
		char **row = xcalloc(n + 1, sizeof(*row));

		for (size_t j = 0; j < n; j++)
			row[j] = top_column_find(words[j])->cell(v,
								 &v->processes.items[i]);
		table_add(t, (const char *const *)row);
		strv_free(row);
	}
}

static int end_table(struct table *t, struct error *err)
{
	int r = table_print(t, stdout, true);

	table_free(t);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write to stdout") : 0;
}

static int print_table(const struct top_view *v, char *const *words, struct error *err)
{
	struct table *t = new_table(words);

	add_rows(t, v, words);
	return end_table(t, err);
}

static int unknown(char *const *words, struct error *err)
{
	cleanup_free char *names = top_column_names();

	strv_foreach (word, words)
		if (!top_column_find(*word)) {
			error_set(err, ERR_INVALID, 0,
				  "unknown format descriptor \"%s\", and the container "
				  "has no ps to ask",
				  *word);
			break;
		}
	return error_hint(err, "Descriptors: %s", names);
}

/* What ps in the container says; it may say anything, so it is shown like other text. */
static int run_ps(const struct engine *e, const struct container *c, char *const *args,
		  struct error *err)
{
	static const char *const words[] = {"exec", NULL};
	struct engine quiet = *e;
	cleanup_strv char **argv = NULL;
	cleanup_free char *shown = NULL;
	cleanup_buf struct buf output = {0};
	int r;

	quiet.events = EVENT_BACKEND_NONE;
	argv = engine_self_command(&quiet, words);
	strv_add(&argv, c->record.id);
	strv_add(&argv, "ps");
	strv_foreach (arg, args)
		strv_add(&argv, *arg);
	buf_init(&output, PS_OUTPUT_MAX);
	r = proc_run(argv[0], argv, &output, err);
	if (r < 0)
		return r;
	if (r == STATUS_NO_SUCH || r == STATUS_CANNOT)
		return -ENOENT;
	shown = str_visible(output.data ? output.data : "", "\n\t");
	if (r == 0) {
		printf("%s%s", shown, str_ends(shown, "\n") ? "" : "\n");
		return 0;
	}
	shown[strcspn(shown, "\n")] = '\0';
	return error_set(err, ERR_INVALID, 0, "ps in container %s: %s", c->record.name,
			 shown);
}

static int run(const struct command_call *call, struct error *err)
{
	const struct top_values *v = call->values;
	cleanup_container struct container c = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	cleanup_top_view struct top_view view = {0};
	char *const *args =
		v->select.latest || !call->n_args ? call->args : call->args + 1;
	cleanup_strv char **words = split_words(args);
	int r = cubby_open(call, &e, err);

	if (r >= 0)
		r = select_one(call, &e, v->select.latest, &c, err);
	if (r >= 0)
		r = top_view_read(&c, &view, err);
	if (r < 0)
		return r;
	if (all_known(words))
		return print_table(&view, words, err);
	r = run_ps(&e, &c, args, err);
	return r == -ENOENT && !error_is_set(err) ? unknown(words, err) : r;
}

const struct command cmd_top = {
	.name = "top",
	.group = "Containers",
	.arguments = ARGUMENTS_CONTAINERS_RUNNING,
	.usage = "[options] CONTAINER [DESCRIPTOR...]",
	.summary = "show the processes of a container",
	.description =
		"Descriptors are those of ps and podman, such as pid, user, args, pcpu, seccomp, "
		"capeff; hpid, huser and hgroup are the host's. With others, and with options "
		"of ps, ps is run in the container.",
	.examples = "cubby top web\n"
		    "cubby top web pid,user,args,hpid,huser\n"
		    "cubby top web capeff seccomp comm\n"
		    "cubby top web -ef",
	.options = options,
	.values_size = sizeof(struct top_values),
	.max_args = COMMAND_ANY,
	.stop_at_first = true,
	.run = run,
};

static int add_members(struct table *t, const struct pod *p, char *const *words,
		       struct error *err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < p->members.n; i++) {
		cleanup_top_view struct top_view view = {0};

		if (!status_is_up(p->members.items[i].status))
			continue;
		r = top_view_read(&p->members.items[i], &view, err);
		if (r >= 0)
			add_rows(t, &view, words);
	}
	return r;
}

static int run_of_pod(const struct command_call *call, struct error *err)
{
	const struct top_values *v = call->values;
	cleanup_engine struct engine e = ENGINE_INIT;
	cleanup_pod struct pod p = {0};
	char *const *args =
		v->select.latest || !call->n_args ? call->args : call->args + 1;
	cleanup_strv char **words = split_words(args);
	struct table *t;
	int r = cubby_open(call, &e, err);

	if (r >= 0)
		r = pod_select_one(call, &e, v->select.latest, &p, err);
	if (r >= 0 && !all_known(words))
		r = unknown(words, err);
	if (r >= 0 && p.status != POD_RUNNING && p.status != POD_DEGRADED)
		r = error_set(
			err, ERR_CONFLICT, 0,
			"pod top can only be used on pods with at least one running container");
	if (r < 0)
		return r;
	t = new_table(words);
	r = add_members(t, &p, words, err);
	if (r >= 0)
		return end_table(t, err);
	table_free(t);
	return r;
}

static const struct option_spec pod_options[] = {
	OPT_BOOL(struct top_values, select.latest, "latest", 'l', "the pod made last"),
	OPT_END,
};

const struct command cmd_pod_top = {
	.name = "top",
	.group = "Pods",
	.usage = "[options] POD [DESCRIPTOR...]",
	.summary = "show the processes of a pod's containers",
	.examples = "cubby pod top shop\n"
		    "cubby pod top shop pid,user,args,hpid",
	.options = pod_options,
	.values_size = sizeof(struct top_values),
	.max_args = COMMAND_ANY,
	.stop_at_first = true,
	.run = run_of_pod,
};
