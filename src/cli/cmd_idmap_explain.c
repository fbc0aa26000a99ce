/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an argument means is decided by its form alone: uid:N and gid:N, a number (a uid), CONTAINER:/PATH (as `cp` has
 * it), everything else is a path of the host's.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cubby.h"
#include "cli/format.h"
#include "cli/wrap.h"
#include "engine/container.h"
#include "engine/container_ids.h"
#include "engine/id_explain.h"
#include "engine/id_file.h"
#include "engine/user_lookup.h"
#include "engine/volume_option.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/table.h"

#define SENTENCE_COLUMNS 100
#define OUTPUT_MAX       (16 << 20)

struct explain_values {
	const char *user, *format;
};

static const struct option_spec options[] = {
	OPT_STRING(struct explain_values, format, "format", 0, "FORMAT",
		   "json, or a template such as '{{json .Answers}}'"),
	OPT_STRING(struct explain_values, user, "user", 'u', "USER[:GROUP]",
		   "as if the program ran as this one"),
	OPT_END,
};

static int parse_id(const struct container_ids *ids, enum subid_kind kind,
		    const char *text, uint32_t *ret, struct error *err)
{
	const struct user_files files = {ids->passwd, ids->group};
	cleanup_user_identity struct user_identity found = {0};
	cleanup_free char *spec = NULL;
	int r;

	if (str_to_u32(text, ret) == 0 && *ret != IDMAP_NONE)
		return 0;
	spec = kind == SUBID_UID ? xstrdup(text) : xasprintf("0:%s", text);
	r = user_lookup_text(&files, spec, NULL, &found, err);
	*ret = kind == SUBID_UID ? found.uid : found.gid;
	return r;
}

/* "web:/data", with the container as it was typed. NULL: it is not of that form. */
static const char *path_of_container(const char *container, const char *text)
{
	size_t len = strlen(container);

	if (!str_starts(text, container) || text[len] != ':' || text[len + 1] != '/')
		return NULL;
	return text + len + 1;
}

static int answer(const struct command_call *call, const struct id_explain *x,
		  const char *text, struct id_answer *ret, struct error *err)
{
	cleanup_id_found_file struct id_found_file found = {0};
	const char *inside = path_of_container(call->args[0], text);
	enum subid_kind kind = str_starts(text, "gid:") ? SUBID_GID : SUBID_UID;
	bool is_id = str_starts(text, "uid:") || kind == SUBID_GID;
	uint32_t id;
	int r;

	if (is_id || (*text && !text[strspn(text, "0123456789")])) {
		r = parse_id(x->ids, kind, is_id ? text + strlen("uid:") : text, &id,
			     err);
		if (r >= 0)
			id_explain_id(x, kind, id, ret);
		return r;
	}
	r = inside ? id_file_in_container(x->ids, inside, &found, err)
		   : id_file_on_host(x->ids, text, &found, err);
	if (r >= 0)
		id_explain_file(x, &found.file, ret);
	return r;
}

static void add_answer(struct buf *out, const struct id_answer *a, size_t columns,
		       bool has_subject)
{
	const struct wrap w = {.columns = columns,
			       .first = has_subject ? "  " : "",
			       .next = has_subject ? "  " : ""};
	cleanup_free char *subject = str_visible(a->subject, "");

	if (has_subject)
		(void)!buf_printf(out, "%s\n", subject);
	strv_foreach (sentence, a->sentences) {
		cleanup_free char *text = str_visible(*sentence, "");

		wrap_add(out, &w, text);
	}
	for (size_t i = 0; i < a->n_remedies; i++) {
		cleanup_free char *command = str_visible(a->remedies[i].command, "");

		(void)!buf_printf(out, "%s  %s:\n      %s\n", i ? "" : "\n",
				  a->remedies[i].purpose, command);
	}
}

static struct json_object *answer_json(const struct id_answer *a)
{
	struct json_object *o = json_object_new_object();
	struct json_object *remedies = json_object_new_array();

	for (size_t i = 0; i < a->n_remedies; i++) {
		struct json_object *remedy = json_object_new_object();

		json_add_str(remedy, "Purpose", a->remedies[i].purpose);
		json_add_str(remedy, "Command", a->remedies[i].command);
		json_object_array_add(remedies, remedy);
	}
	json_add_str(o, "Subject", a->subject);
	json_add_strv(o, "Sentences", a->sentences);
	json_add(o, "Remedies", remedies);
	return o;
}

/* The map as two columns, for users and groups at once where they are the same. */
static void add_map_rows(struct table *t, const struct container_ids *ids,
			 enum subid_kind kind, const char *what)
{
	const struct idmap *map = kind == SUBID_UID ? &ids->uids : &ids->gids;
	const struct id_names inside = id_facts_names(ids);

	for (size_t i = 0; i < map->n_lines; i++) {
		const struct idmap_line *l = &map->lines[i];
		cleanup_free char *in = l->count == 1
						? id_words_id(kind, l->inside, &inside)
						: id_words_range(l->inside, l->count);
		cleanup_free char *out =
			l->count == 1 ? id_words_id(kind, l->outside, &id_names_host)
				      : id_words_range(l->outside, l->count);
		const char *const cells[] = {i ? "" : what, in, out};

		table_add(t, cells);
	}
}

static int print_table(struct table *t, struct error *err)
{
	int r = table_print(t, stdout, true);

	table_free(t);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "write to stdout") : 0;
}

static int print_map(const struct container_ids *ids, struct error *err)
{
	static const char *const headings[] = {"IDS", "IN THE CONTAINER", "ON THE HOST",
					       NULL};
	struct table *t = table_new(headings, 3);

	if (idmap_equal(&ids->uids, &ids->gids)) {
		add_map_rows(t, ids, SUBID_UID, "users and groups");
	} else {
		add_map_rows(t, ids, SUBID_UID, "users");
		add_map_rows(t, ids, SUBID_GID, "groups");
	}
	return print_table(t, err);
}

static void add_volume_row(struct table *t, const struct id_explain *x,
			   const struct container_bind *b)
{
	cleanup_error struct error gone = ERROR_INIT;
	cleanup_id_found_file struct id_found_file found = {0};
	cleanup_free char *owner = NULL;

	if (id_file_on_host(x->ids, b->source, &found, &gone) < 0) {
		const char *const cells[] = {b->destination, b->source, "is not there",
					     ""};

		table_add(t, cells);
		error_drop(&gone, "the table says so");
		return;
	}
	owner = id_words_id(SUBID_UID, found.file.uid, &id_names_host);
	const char *const cells[] = {b->destination, b->source, owner,
				     id_facts_can_write(x->ids, &found.file) ? "yes"
									     : "no"};

	table_add(t, cells);
}

static int print_volumes(const struct id_explain *x, struct error *err)
{
	static const char *const headings[] = {"VOLUME", "ON THE HOST", "OWNER THERE",
					       "IT MAY WRITE", NULL};
	struct table *t = NULL;

	for (size_t i = 0; i < x->ids->n_binds; i++) {
		if (!x->ids->binds[i].is_volume)
			continue;
		if (!t)
			t = table_new(headings, 4);
		add_volume_row(t, x, &x->ids->binds[i]);
	}
	if (!t)
		return 0;
	printf("\n");
	return print_table(t, err);
}

/* Without a question: the map, the program's user, the volumes. */
static int print_whole(const struct id_explain *x, struct error *err)
{
	cleanup_id_answer struct id_answer a = {0};
	cleanup_buf struct buf out = {0};
	int r;

	printf("%s %s.\n\n", x->ids->name, x->ids->is_running ? "runs" : "does not run");
	r = x->ids->has_userns ? print_map(x->ids, err) : 0;
	if (r < 0)
		return r;
	id_explain_user(x, &a);
	buf_init(&out, OUTPUT_MAX);
	add_answer(&out, &a, wrap_columns(STDOUT_FILENO, SENTENCE_COLUMNS), false);
	printf("%s%s", x->ids->has_userns ? "\n" : "", out.data);
	return print_volumes(x, err);
}

static struct json_object *map_json(const struct idmap *map)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < map->n_lines; i++) {
		cleanup_free char *text =
			xasprintf("%u:%u:%u", map->lines[i].inside, map->lines[i].outside,
				  map->lines[i].count);

		json_object_array_add(list, json_object_new_string(text));
	}
	return list;
}

static struct json_object *whole_json(const struct id_explain *x)
{
	const struct container_ids *ids = x->ids;
	struct json_object *o = json_object_new_object();

	json_add_str(o, "Container", ids->name);
	json_add_bool(o, "Running", ids->is_running);
	json_add_bool(o, "UserNamespace", ids->has_userns);
	json_add(o, "UIDMap", map_json(&ids->uids));
	json_add(o, "GIDMap", map_json(&ids->gids));
	json_add_u64(o, "UID", ids->user.uid);
	json_add_u64(o, "GID", ids->user.gid);
	json_add_u64(o, "HostUID", idmap_to_outside(&ids->uids, ids->user.uid));
	json_add_u64(o, "HostGID", idmap_to_outside(&ids->gids, ids->user.gid));
	return o;
}

/* All questions are answered before anything is printed. */
static int explain_all(const struct command_call *call, const struct id_explain *x,
		       struct buf *out, struct json_object *answers, struct error *err)
{
	size_t columns = wrap_columns(STDOUT_FILENO, SENTENCE_COLUMNS);

	for (size_t i = 1; i < call->n_args; i++) {
		cleanup_id_answer struct id_answer a = {0};
		int r = answer(call, x, call->args[i], &a, err);

		if (r < 0)
			return r;
		if (i > 1)
			(void)!buf_add_str(out, "\n");
		add_answer(out, &a, columns, true);
		json_object_array_add(answers, answer_json(&a));
	}
	return 0;
}

static int print(const struct command_call *call, const struct id_explain *x,
		 struct error *err)
{
	const struct explain_values *v = call->values;
	cleanup_json struct json_object *whole = whole_json(x);
	struct json_object *answers = json_object_new_array();
	cleanup_buf struct buf out = {0};
	int r;

	json_add(whole, "Answers", answers);
	buf_init(&out, OUTPUT_MAX);
	r = explain_all(call, x, &out, answers, err);
	if (r < 0)
		return r;
	if (format_is_json(v->format))
		return format_print_json(whole, err);
	if (v->format)
		return format_print_object(v->format, whole, err);
	if (call->n_args == 1)
		return print_whole(x, err);
	fputs(out.data, stdout);
	return 0;
}

/* Whether this build knows an option of -v. */
static bool knows_volume_option(const char *option)
{
	cleanup_error struct error no = ERROR_INIT;
	cleanup_volumes struct volumes list = {0};
	cleanup_free char *text = xasprintf("/a:/b:%s", option);
	int r = volume_parse(&list, text, &no);

	if (r < 0)
		error_drop(&no, "it is not advised");
	return r >= 0;
}

static int run(const struct command_call *call, struct error *err)
{
	const struct explain_values *v = call->values;
	cleanup_container_ids struct container_ids ids = CONTAINER_IDS_INIT;
	cleanup_container struct container c = {0};
	cleanup_engine struct engine e = ENGINE_INIT;
	const struct id_explain x = {.ids = &ids,
				     .host = &id_names_host,
				     .has_chown_option = knows_volume_option("U")};
	int r = cubby_open(call, &e, err);

	if (r >= 0)
		r = container_find(&e, call->args[0], &c, err);
	if (r >= 0)
		r = container_ids_get(&e, &c, v->user, &ids, err);
	return r < 0 ? r : print(call, &x, err);
}

const struct command cmd_idmap_explain = {
	.name = "explain",
	.group = "Cubby itself",
	.usage = "[options] CONTAINER [PATH|CONTAINER:PATH|UID|uid:USER|gid:GROUP ...]",
	.summary = "say who is who in a container and on the host, and how to change it",
	.description =
		"Of a number: whom it means on the host and in the container. Of a path of the host, or of "
		"the container as CONTAINER:/PATH: who owns it on both sides, whether the container's user can write "
		"to it, and the commands that change that. Without either: the whole map. A container that does not "
		"run will do.",
	.examples = "cubby idmap explain web\n"
		    "cubby idmap explain web 100999\n"
		    "cubby idmap explain web ./data\n"
		    "cubby idmap explain -u 1000 web web:/data\n"
		    "cubby idmap explain web gid:www-data",
	.options = options,
	.values_size = sizeof(struct explain_values),
	.min_args = 1,
	.max_args = COMMAND_ANY,
	.run = run,
};
