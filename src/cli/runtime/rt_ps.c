/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/runtime/rt.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/str.h"

#define PS_OUTPUT_MAX (64 * 1024 * 1024)

enum { PS_TABLE, PS_JSON };

struct ps_values {
	int format;
};

static const char *const formats[] = {"table", "json", NULL};

static const struct option_spec options[] = {
	OPT_WORD(struct ps_values, format, "format", 'f', formats, "form of the output"),
	OPT_END,
};

static int print_pids(const pid_t *pids, size_t n, struct error *err)
{
	cleanup_json struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < n; i++)
		json_object_array_add(list, json_object_new_int64(pids[i]));
	return rt_print_json(list, false, err);
}

/* Which column of the heading is the process id; -1 if none. */
static int pid_column(const char *heading)
{
	cleanup_free char *copy = xstrdup(heading);
	int column = 0;

	for (char *rest = copy, *word; (word = strsep(&rest, " \t"));) {
		if (!*word)
			continue;
		if (str_eq(word, "PID"))
			return column;
		column++;
	}
	return -1;
}

static bool line_is_of(const char *line, int column, const pid_t *pids, size_t n)
{
	cleanup_free char *copy = xstrdup(line);
	uint32_t pid = 0;

	for (char *rest = copy, *word; (word = strsep(&rest, " \t"));) {
		if (!*word || column-- > 0)
			continue;
		if (str_to_u32(word, &pid) < 0)
			return false;
		break;
	}
	for (size_t i = 0; i < n; i++)
		if ((uint32_t)pids[i] == pid)
			return true;
	return false;
}

static int filter_lines(char *text, const pid_t *pids, size_t n, struct error *err)
{
	char *rest = text, *heading = strsep(&rest, "\n"), *line;
	int column = pid_column(heading);

	if (column < 0)
		return error_set(err, ERR_INVALID, 0, "ps: the output has no PID column");
	printf("%s\n", heading);
	while ((line = strsep(&rest, "\n")))
		if (line_is_of(line, column, pids, n))
			printf("%s\n", line);
	return 0;
}

static int print_table(char *const *ps_options, const pid_t *pids, size_t n,
		       struct error *err)
{
	cleanup_buf struct buf output;
	cleanup_strv char **argv = NULL;
	cleanup_free char *text = NULL;
	int r;

	buf_init(&output, PS_OUTPUT_MAX);
	strv_add(&argv, "ps");
	if (!*ps_options)
		strv_add(&argv, "-ef");
	strv_foreach (option, ps_options)
		strv_add(&argv, *option);
	r = proc_run("ps", argv, &output, err);
	if (r < 0 && err->kind == ERR_NOT_FOUND)
		return error_hint(err, "apt-get install procps, or use --format json");
	if (r < 0)
		return r;
	text = buf_take(&output);
	if (r > 0)
		return error_set(err, ERR_SYSTEM, 0, "ps failed: %s", text);
	return filter_lines(text, pids, n, err);
}

static int run(const struct command_call *call, struct error *err)
{
	const struct ps_values *v = call->values;
	cleanup_rt_container struct rt_container c = RT_CONTAINER_INIT;
	cleanup_free pid_t *pids = NULL;
	size_t n = 0;
	int r = rt_container_open(call, call->args[0], false, &c, err);

	if (r == 0)
		r = rt_container_pids(&c, &pids, &n, err);
	if (r < 0)
		return r;
	return v->format == PS_JSON ? print_pids(pids, n, err)
				    : print_table(call->args + 1, pids, n, err);
}

const struct command rt_ps = {
	.name = "ps",
	.group = "Looking at containers",
	.usage = "[options] CONTAINER [PS OPTION...]",
	.summary = "list the processes of a container",
	.description = "Process ids are the host's. The options of ps(1) default to -ef.",
	.examples = "cubby-runtime ps web\ncubby-runtime ps web -o pid,rss,args\n"
		    "cubby-runtime ps --format json web",
	.options = options,
	.values_size = sizeof(struct ps_values),
	.min_args = 1,
	.max_args = COMMAND_ANY,
	.stop_at_first = true,
	.run = run,
};
