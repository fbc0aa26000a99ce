/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/userns_view.h"

#include <string.h>

#include "cli/wrap.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define SHOWN_PROCESSES 4

/* How branches are drawn. */
struct strokes {
	const char *branch, *last, *through, *none;
};
static const struct strokes line_strokes = {"├─ ", "└─ ", "│  ", "   "};
static const struct strokes ascii_strokes = {"|- ", "`- ", "|  ", "   "};

bool userns_view_is_utf8(const char *lc_all, const char *lc_ctype, const char *lang)
{
	const char *locale = !str_empty(lc_all)     ? lc_all
			     : !str_empty(lc_ctype) ? lc_ctype
						    : lang;

	return locale && (strcasestr(locale, "UTF-8") || strcasestr(locale, "UTF8"));
}

static bool has_child_after(const struct userns_list *list, size_t parent, size_t after)
{
	for (size_t i = after + 1; i < list->n; i++)
		if (list->items[i].parent == parent && i != parent)
			return true;
	return false;
}

static bool has_child(const struct userns_list *list, size_t parent)
{
	return list->items[0].parent == parent || has_child_after(list, parent, 0);
}

static char *head_of(const struct userns_view *v, size_t at)
{
	const struct userns *ns = &v->list->items[at];
	cleanup_free char *owner = NULL, *names = NULL;

	if (ns->is_own)
		return v->is_host ? xstrdup("this host")
				  : xasprintf("user namespace %llu, where you are",
					      (unsigned long long)ns->ino);
	owner = id_words_id(SUBID_UID, ns->owner, v->names);
	if (!v->containers[at])
		return xasprintf("user namespace %llu of %s", (unsigned long long)ns->ino,
				 owner);
	names = strv_join(v->containers[at], ", ");
	return xasprintf("container%s %s: user namespace %llu of %s",
			 v->containers[at][1] ? "s" : "", names,
			 (unsigned long long)ns->ino, owner);
}

static bool holds_containers(const struct userns_view *v, size_t at)
{
	for (size_t i = 0; i < v->list->n; i++)
		if (v->list->items[i].parent == at && v->containers[i])
			return true;
	return false;
}

static char *processes_of(const struct userns_view *v, size_t at)
{
	const struct userns *ns = &v->list->items[at];
	size_t shown = ns->n_processes;
	cleanup_strv char **words = NULL;
	cleanup_free char *list = NULL;

	if (!ns->n_processes)
		return xstrdup(
			holds_containers(v, at)
				? "no process: it has the ids that containers below share out"
				: "no process");
	/* one more takes no more room than to say that there is one */
	if (!v->all_processes && shown > SHOWN_PROCESSES + 1)
		shown = SHOWN_PROCESSES;
	for (size_t i = 0; i < shown; i++) {
		cleanup_free char *command = str_visible(ns->processes[i].command, "");

		strv_addf(&words, "%s %d", command, ns->processes[i].pid);
	}
	if (shown < ns->n_processes)
		strv_addf(&words, "and %zu more", ns->n_processes - shown);
	list = wrap_hold(words, ", ");
	return xasprintf("%zu process%s: %s", ns->n_processes,
			 ns->n_processes == 1 ? "" : "es", list);
}

static void add_map(const struct userns_view *v, struct buf *out, const struct wrap *w,
		    const struct idmap *map, enum subid_kind kind, const char *what)
{
	cleanup_strv char **words = id_words_map(kind, map, v->names);
	cleanup_free char *joined = wrap_hold(words, ", ");
	cleanup_free char *text = xasprintf("%s %s", what, joined);

	wrap_add(out, w, text);
}

static bool is_identity(const struct idmap *map)
{
	cleanup_idmap struct idmap all = {0};

	idmap_identity(&all);
	return idmap_equal(map, &all);
}

static void add_maps(const struct userns_view *v, struct buf *out, const struct wrap *w,
		     const struct userns *ns)
{
	if (!ns->has_maps) {
		wrap_add(out, w,
			 "its map can't be read: nobody is in it, and it is not yours");
	} else if (!ns->uids.n_lines && !ns->gids.n_lines) {
		wrap_add(out, w, "it has no map yet");
	} else if (is_identity(&ns->uids) && is_identity(&ns->gids)) {
		wrap_add(out, w, "all ids as they are");
	} else if (idmap_equal(&ns->uids, &ns->gids)) {
		add_map(v, out, w, &ns->uids, SUBID_UID, "ids");
	} else {
		add_map(v, out, w, &ns->uids, SUBID_UID, "uids");
		add_map(v, out, w, &ns->gids, SUBID_GID, "gids");
	}
}

static void add_lines(const struct userns_view *v, struct buf *out, const char *before,
		      size_t at)
{
	const struct userns *ns = &v->list->items[at];
	cleanup_free char *next = xasprintf("%s  ", before);
	cleanup_free char *processes = processes_of(v, at);
	const struct wrap w = {v->columns, before, next};

	if (!ns->is_own || !v->is_host)
		add_maps(v, out, &w, ns);
	if (ns->is_own && v->containers[at]) {
		cleanup_free char *names = strv_join(v->containers[at], ", ");
		cleanup_free char *text =
			xasprintf("containers without a user namespace: %s", names);

		wrap_add(out, &w, text);
	}
	wrap_add(out, &w, processes);
}

/* The kernel nests no deeper than 32 namespaces. */
static void add_branch(const struct userns_view *v, struct buf *out, const char *before,
		       size_t at, bool last)
{
	const struct strokes *strokes = v->ascii ? &ascii_strokes : &line_strokes;
	bool is_root = v->list->items[at].parent == USERNS_NO_PARENT;
	const char *stroke = last ? strokes->last : strokes->branch;
	const char *under = last ? strokes->none : strokes->through;
	cleanup_free char *head = head_of(v, at);
	cleanup_free char *first = xasprintf("%s%s", before, is_root ? "" : stroke);
	cleanup_free char *below = xasprintf("%s%s", before, is_root ? "" : under);
	cleanup_free char *lines = xasprintf(
		"%s%s", below, has_child(v->list, at) ? strokes->through : strokes->none);
	const struct wrap w = {v->columns, first, lines};

	wrap_add(out, &w, head);
	add_lines(v, out, lines, at);
	for (size_t i = 0; i < v->list->n; i++)
		if (v->list->items[i].parent == at)
			add_branch(v, out, below, i, !has_child_after(v->list, at, i));
}

void userns_view_text(const struct userns_view *v, struct buf *out)
{
	for (size_t i = 0; i < v->list->n; i++)
		if (v->list->items[i].parent == USERNS_NO_PARENT)
			add_branch(v, out, "", i, true);
}

static struct json_object *map_json(const struct idmap *map)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < map->n_lines; i++) {
		const struct idmap_line *l = &map->lines[i];
		cleanup_free char *text =
			xasprintf("%u:%u:%u", l->inside, l->outside, l->count);

		json_object_array_add(list, json_object_new_string(text));
	}
	return list;
}

static struct json_object *processes_json(const struct userns *ns)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < ns->n_processes; i++) {
		struct json_object *o = json_object_new_object();
		cleanup_free char *command = str_visible(ns->processes[i].command, "");

		json_add_i64(o, "PID", ns->processes[i].pid);
		json_add_str(o, "Command", command);
		json_object_array_add(list, o);
	}
	return list;
}

static void add_rows(const struct userns_view *v, struct json_object *rows, size_t at,
		     uint64_t depth)
{
	const struct userns *ns = &v->list->items[at];
	struct json_object *o = json_object_new_object();
	cleanup_free char *owner =
		v->names && v->names->name
			? v->names->name(SUBID_UID, ns->owner, v->names->data)
			: NULL;

	json_add_u64(o, "ID", ns->ino);
	json_add_u64(o, "Parent",
		     ns->parent == USERNS_NO_PARENT ? 0 : v->list->items[ns->parent].ino);
	json_add_u64(o, "Depth", depth);
	json_add_bool(o, "Own", ns->is_own);
	json_add_u64(o, "OwnerUID", ns->owner);
	json_add_str(o, "Owner", owner ? owner : "");
	json_add_strv(o, "Containers", v->containers[at]);
	json_add_bool(o, "MapKnown", ns->has_maps);
	json_add(o, "UIDMap", map_json(&ns->uids));
	json_add(o, "GIDMap", map_json(&ns->gids));
	json_add(o, "Processes", processes_json(ns));
	json_object_array_add(rows, o);
	for (size_t i = 0; i < v->list->n; i++)
		if (v->list->items[i].parent == at)
			add_rows(v, rows, i, depth + 1);
}

struct json_object *userns_view_json(const struct userns_view *v)
{
	struct json_object *rows = json_object_new_array();

	for (size_t i = 0; i < v->list->n; i++)
		if (v->list->items[i].parent == USERNS_NO_PARENT)
			add_rows(v, rows, i, 0);
	return rows;
}
