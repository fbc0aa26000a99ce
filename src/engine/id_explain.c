/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/id_explain.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/id_remedy.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/str.h"

#define SEEN_AS_NOBODY "65534 (nobody)" /* the overflow ids; proc_sys_fs(5) */

/* The line that holds an id outside, as the map has it. */
static char *line_words(const struct id_explain *x, enum subid_kind kind,
			const struct idmap *map, uint32_t outside)
{
	for (size_t i = 0; i < map->n_lines; i++) {
		struct idmap one = {.lines = &map->lines[i], .n_lines = 1};
		cleanup_strv char **words = NULL;

		if (idmap_to_inside(&one, outside) == IDMAP_NONE)
			continue;
		words = id_words_map(kind, &one, x->host);
		return xstrdup(words[0]);
	}
	return xstrdup("");
}

/* "0-65536, 70000" */
static char *ids_held(const struct idmap *map)
{
	cleanup_idmap struct idmap sorted = {0};
	cleanup_strv char **words = NULL;

	for (size_t i = 0; i < map->n_lines; i++)
		idmap_add(&sorted, map->lines[i].inside, map->lines[i].inside,
			  map->lines[i].count);
	idmap_normalize(&sorted);
	for (size_t i = 0; i < sorted.n_lines; i++)
		strv_add_take(&words, id_words_range(sorted.lines[i].inside,
						     sorted.lines[i].count));
	return words ? strv_join(words, ", ") : xstrdup("none");
}

static const char *const kind_words[] = {"user", "group"};

static char *from_host(const struct id_explain *x, enum subid_kind kind, uint32_t id)
{
	const struct idmap *map = id_facts_map(x->ids, kind);
	uint32_t inside = idmap_to_inside(map, id);
	cleanup_free char *host = id_words_id(kind, id, x->host), *in = NULL,
			  *line = NULL;

	if (inside == IDMAP_NONE)
		return xasprintf(
			"On the host, %s %s is nobody in %s: what it owns is seen there as %s.",
			kind_words[kind], host, x->ids->name, SEEN_AS_NOBODY);
	in = id_facts_inside(x, kind, inside);
	line = line_words(x, kind, map, id);
	return xasprintf("On the host, %s %s is %s in %s, because its map says %s.",
			 kind_words[kind], host, in, x->ids->name, line);
}

static char *from_container(const struct id_explain *x, enum subid_kind kind, uint32_t id)
{
	const struct idmap *map = id_facts_map(x->ids, kind);
	uint32_t outside = idmap_to_outside(map, id);
	cleanup_free char *in = id_facts_inside(x, kind, id), *host = NULL, *line = NULL;

	if (outside == IDMAP_NONE) {
		cleanup_free char *held = ids_held(map);

		return xasprintf("In %s there is no %s %s: it has %s.", x->ids->name,
				 kind_words[kind], in, held);
	}
	host = id_words_id(kind, outside, x->host);
	line = line_words(x, kind, map, outside);
	return xasprintf("In %s, %s %s is %s on the host, because its map says %s.",
			 x->ids->name, kind_words[kind], in, host, line);
}

void id_explain_id(const struct id_explain *x, enum subid_kind kind, uint32_t id,
		   struct id_answer *ret)
{
	uint32_t outside = idmap_to_outside(id_facts_map(x->ids, kind), id);
	uint32_t to[] = {IDMAP_NONE, IDMAP_NONE};
	bool takes_root;
	char *command;

	*ret = (struct id_answer){.subject = xasprintf("%s %u", kind_words[kind], id)};
	if (!x->ids->has_userns) {
		cleanup_free char *in = id_facts_inside(x, kind, id);
		cleanup_free char *host = id_words_id(kind, id, x->host);

		strv_addf(
			&ret->sentences,
			"%s has no user namespace of its own: %s there is %s of the host.",
			x->ids->name, in, host);
		return;
	}
	strv_add_take(&ret->sentences, from_host(x, kind, id));
	strv_add_take(&ret->sentences, from_container(x, kind, id));
	if (id == IDMAP_NOBODY)
		strv_addf(
			&ret->sentences,
			"But what shows as %s in a container is mostly something whose owner has no id in "
			"its map. Ask for the file itself: cubby idmap explain %s PATH.",
			SEEN_AS_NOBODY, x->ids->name);
	if (outside == IDMAP_NONE)
		return;
	to[kind] = outside;
	command = id_remedy_chown(x->ids, NULL, to, "DIRECTORY", &takes_root);
	id_remedy_add(ret, takes_root,
		      xasprintf("Give a directory to %s %u of %s", kind_words[kind], id,
				x->ids->name),
		      command);
}

static void say_owner(const struct id_explain *x, const struct id_file *f, char ***to)
{
	cleanup_free char *uid = id_words_id(SUBID_UID, f->uid, x->host);
	cleanup_free char *gid = id_words_id(SUBID_GID, f->gid, x->host);

	strv_addf(to, "It belongs to %s, group %s on the host, and its mode is %04o.",
		  uid, gid, f->mode & 07777);
}

static void say_place(const struct id_explain *x, const struct id_file *f, char ***to)
{
	const char *name = x->ids->name;

	if (!f->container_path)
		strv_addf(
			to,
			"%s does not have it: it is in none of the directories that are mounted there.",
			name);
	else if (f->host_path)
		strv_addf(to, "%s has it as %s%s%s.", name, f->container_path,
			  f->bind && f->bind->read_only ? ", read-only" : "",
			  f->bind && f->bind->is_mapped
				  ? ", with its owners mapped (idmap)"
				  : "");
}

/* An owner or a group of the file, in the container. */
struct seen {
	uint32_t inside; /* IDMAP_NONE: there is none */
	char *host, *in, *line;
	bool is_mapped; /* by the mount */
};

static void seen_release(struct seen *s)
{
	free(s->host);
	free(s->in);
	free(s->line);
}

static void see(const struct id_explain *x, const struct id_file *f, enum subid_kind kind,
		struct seen *ret)
{
	const struct idmap *map = id_facts_map(x->ids, kind);
	uint32_t on_disk = kind == SUBID_UID ? f->uid : f->gid;
	uint32_t shown = id_facts_shown(f, kind);

	*ret = (struct seen){.inside = IDMAP_NONE, .is_mapped = shown != on_disk};
	ret->host = id_words_id(kind, on_disk, x->host);
	if (shown != IDMAP_NONE)
		ret->inside = idmap_to_inside(map, shown);
	if (ret->inside == IDMAP_NONE)
		return;
	ret->in = id_facts_inside(x, kind, ret->inside);
	ret->line = ret->is_mapped ? xasprintf("the mount shows %s on disk as %s",
					       ret->host, ret->in)
				   : line_words(x, kind, map, shown);
}

static void say_seen(const struct id_explain *x, const struct seen *s, const char *what,
		     char ***to)
{
	if (s->inside == IDMAP_NONE)
		strv_addf(
			to,
			"In %s the %s is seen as %s: its map has no id for %s of the host, so not "
			"even its root can change that.",
			x->ids->name, what, SEEN_AS_NOBODY, s->host);
	else
		strv_addf(to, "In %s the %s is %s, because %s%s.", x->ids->name, what,
			  s->in, s->is_mapped ? "" : "its map says ", s->line);
}

/* Owner and group there, with the reason: in one sentence where it is the same. */
static void say_inside(const struct id_explain *x, const struct id_file *f, char ***to)
{
	cleanup(seen_release) struct seen uid = {0}, gid = {0};
	const char *name = x->ids->name;

	see(x, f, SUBID_UID, &uid);
	see(x, f, SUBID_GID, &gid);
	if (!x->ids->has_userns) {
		strv_addf(
			to,
			"In %s that is %s, group %s: it has no user namespace of its own.",
			name, uid.in ? uid.in : SEEN_AS_NOBODY,
			gid.in ? gid.in : SEEN_AS_NOBODY);
	} else if (uid.inside == IDMAP_NONE && gid.inside == IDMAP_NONE) {
		strv_addf(
			to,
			"In %s owner and group are seen as %s: its map has no ids for %s and group "
			"%s of the host, so not even its root can change that.",
			name, SEEN_AS_NOBODY, uid.host, gid.host);
	} else if (!uid.is_mapped && !gid.is_mapped && str_eq(uid.line, gid.line)) {
		strv_addf(to, "In %s that is %s, group %s, because its map says %s.",
			  name, uid.in, gid.in, uid.line);
	} else {
		say_seen(x, &uid, "owner", to);
		say_seen(x, &gid, "group", to);
	}
}

static void say_access(const struct id_explain *x, const struct id_file *f, char ***to)
{
	static const char *const whose[] = {"its owner", "its group", "others"};
	const struct container_ids *ids = x->ids;
	cleanup_free char *user = id_facts_inside(x, SUBID_UID, ids->user.uid);
	const char *verb = S_ISDIR(f->mode) ? "make files in it" : "write to it";
	enum id_class class = id_facts_class(ids, f);

	if (f->bind && f->bind->read_only)
		strv_addf(to, "%s, as %s, can't %s: it is mounted read-only.", ids->name,
			  user, verb);
	else if (id_facts_mode_allows(f, class))
		strv_addf(to, "%s, as %s, can %s: the mode lets %s.", ids->name, user,
			  verb, whose[class]);
	else if (id_facts_overrides(ids, f))
		strv_addf(
			to,
			"%s, as %s, can %s, whatever the mode: it has CAP_DAC_OVERRIDE over ids of its map.",
			ids->name, user, verb);
	else
		strv_addf(to, "%s, as %s, can't %s: mode %04o does not let %s.",
			  ids->name, user, verb, f->mode & 07777,
			  class == CLASS_OTHER
				  ? "those who are neither owner nor of the group"
				  : whose[class]);
}

void id_explain_file(const struct id_explain *x, const struct id_file *f,
		     struct id_answer *ret)
{
	*ret = (struct id_answer){
		.subject = f->host_path
				   ? xstrdup(f->host_path)
				   : xasprintf("%s:%s", x->ids->name, f->container_path)};
	say_owner(x, f, &ret->sentences);
	say_place(x, f, &ret->sentences);
	say_inside(x, f, &ret->sentences);
	if (f->container_path)
		say_access(x, f, &ret->sentences);
	if (f->container_path && f->has_acl)
		strv_add(
			&ret->sentences,
			"But it has an access control list, which may say something else.");
	id_remedy_of_file(x, f, ret);
}

void id_explain_user(const struct id_explain *x, struct id_answer *ret)
{
	const struct container_ids *ids = x->ids;
	cleanup_free char *user = id_facts_inside(x, SUBID_UID, ids->user.uid);
	cleanup_free char *group = id_facts_inside(x, SUBID_GID, ids->user.gid);
	uint32_t host_uid = idmap_to_outside(&ids->uids, ids->user.uid);
	uint32_t host_gid = idmap_to_outside(&ids->gids, ids->user.gid);
	uint32_t root = idmap_to_outside(&ids->uids, 0);
	cleanup_free char *host_user = id_words_id(SUBID_UID, host_uid, x->host);
	cleanup_free char *host_group = id_words_id(SUBID_GID, host_gid, x->host);

	*ret = (struct id_answer){.subject = xstrdup(ids->name)};
	strv_addf(&ret->sentences,
		  "%s as %s, group %s: on the host that is %s, group %s.",
		  ids->is_running ? "It runs" : "Its program runs", user, group,
		  host_user, host_group);
	if (ids->user.uid != 0 && root != IDMAP_NONE) {
		cleanup_free char *host_root = id_words_id(SUBID_UID, root, x->host);

		strv_addf(&ret->sentences, "Its root is %s on the host.", host_root);
	}
	if (!ids->has_userns)
		strv_add(
			&ret->sentences,
			"It has no user namespace of its own: ids are the same inside and outside.");
	else
		strv_addf(
			&ret->sentences,
			"Any other id of the host is seen in it as %s, and it has no other ids than these.",
			SEEN_AS_NOBODY);
}
