/* SPDX-License-Identifier: Apache-2.0 */
/* `cubby userns ...`: tree, and the group. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cubby.h"
#include "cli/format.h"
#include "cli/userns_view.h"
#include "cli/wrap.h"
#include "engine/container.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define OUTPUT_MAX (64 << 20)

struct tree_values {
	bool pids;
	const char *format;
};

static const struct option_spec tree_options[] = {
	OPT_STRING(struct tree_values, format, "format", 0, "FORMAT",
		   "json, or a template such as '{{.ID}} {{.Owner}} {{.UIDMap}}'"),
	OPT_BOOL(struct tree_values, pids, "pids", 'p', "show all processes"),
	OPT_END,
};

/* For each namespace the names of the containers in it. */
struct labels {
	char ***names;
	size_t n;
};

static void labels_release(struct labels *l)
{
	for (size_t i = 0; i < l->n; i++)
		strv_free(l->names[i]);
	free(l->names);
}

/* A container is where its first process is. */
static int find_containers(const struct engine *e, const struct userns_list *list,
			   char ***names, struct error *err)
{
	cleanup_containers struct containers containers = {0};
	int r = container_list(e, &containers, err);

	for (size_t i = 0; r >= 0 && i < containers.n; i++) {
		const struct container *c = &containers.items[i];
		size_t at =
			c->init.pid > 0 ? userns_of_process(list, c->init.pid) : SIZE_MAX;

		if (at != SIZE_MAX)
			strv_add(&names[at], c->record.name);
	}
	return r;
}

static int print(const struct tree_values *v, const struct userns_view *view,
		 struct error *err)
{
	cleanup_json struct json_object *rows = NULL;
	const struct format_list list = {.format = v->format};
	cleanup_buf struct buf text = {0};
	size_t n;

	if (v->format) {
		rows = userns_view_json(view);
		return format_is_json(v->format) ? format_print_json(rows, err)
						 : format_print_list(&list, rows, err);
	}
	buf_init(&text, OUTPUT_MAX);
	userns_view_text(view, &text);
	fputs(text.data, stdout);
	n = view->list->n_unseen;
	if (n && geteuid() != 0)
		fprintf(stderr,
			"%zu process%s of others may not be looked into; root sees them all.\n",
			n, n == 1 ? "" : "es");
	return 0;
}

static int run_tree(const struct command_call *call, struct error *err)
{
	const struct tree_values *v = call->values;
	cleanup_userns_list struct userns_list list = {0};
	cleanup(labels_release) struct labels labels = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	struct userns_view view = {
		.list = &list,
		.names = &id_names_host,
		.columns = wrap_columns(STDOUT_FILENO, 0),
		.ascii = !userns_view_is_utf8(getenv("LC_ALL"), getenv("LC_CTYPE"),
					      getenv("LANG")),
		.all_processes = v->pids,
	};
	int r = cubby_open(call, &e, err);

	if (r >= 0)
		r = userns_scan(&list, err);
	if (r < 0)
		return r;
	labels.n = list.n;
	labels.names = xcalloc(list.n, sizeof(*labels.names));
	r = find_containers(&e, &list, labels.names, err);
	view.containers = labels.names;
	view.is_host = list.items[0].ino == USERNS_HOST_INO;
	return r < 0 ? r : print(v, &view, err);
}

static const struct command tree = {
	.name = "tree",
	.group = "Cubby itself",
	.usage = "[options]",
	.summary = "draw the user namespaces of this host that you may see",
	.description =
		"For each: the containers in it, its owner, its map (its ids -> ids of the namespace where you "
		"are), its processes. Ordinary users see those of their own processes, root sees all. Namespaces "
		"that no process is in are shown where others are inside of them.",
	.examples = "cubby userns tree\n"
		    "sudo cubby userns tree --pids\n"
		    "cubby userns tree --format '{{.ID}} {{.Owner}} {{.UIDMap}}'",
	.options = tree_options,
	.values_size = sizeof(struct tree_values),
	.run = run_tree,
};

static const struct command *const commands[] = {
	&tree,
	NULL,
};

const struct command cmd_userns = {
	.name = "userns",
	.group = "Cubby itself",
	.usage = "COMMAND",
	.summary = "user namespaces: userns tree",
	.examples = "cubby userns tree\n"
		    "sudo cubby userns tree --pids",
	.commands = commands,
};
