/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/id_facts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/str.h"

void id_answer_release(struct id_answer *a)
{
	free(a->subject);
	strv_free(a->sentences);
	for (size_t i = 0; i < a->n_remedies; i++) {
		free(a->remedies[i].purpose);
		free(a->remedies[i].command);
	}
	free(a->remedies);
	*a = (struct id_answer){0};
}

static char *name_inside(enum subid_kind kind, uint32_t id, void *data)
{
	const struct container_ids *ids = data;

	return user_lookup_name(kind == SUBID_UID ? ids->passwd : ids->group, id);
}

struct id_names id_facts_names(const struct container_ids *ids)
{
	return (struct id_names){.name = name_inside, .data = (void *)ids};
}

char *id_facts_quote(const char *word)
{
	struct buf text;

	if (*word &&
	    !word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "0123456789/._-+:@%,=")])
		return xstrdup(word);
	buf_init(&text, 2 + 4 * strlen(word));
	(void)!buf_add_str(&text, "'");
	for (; *word; word++)
		(void)!(*word == '\'' ? buf_add_str(&text, "'\\''")
				      : buf_add(&text, word, 1));
	(void)!buf_add_str(&text, "'");
	return buf_take(&text);
}

const struct idmap *id_facts_map(const struct container_ids *ids, enum subid_kind kind)
{
	return kind == SUBID_UID ? &ids->uids : &ids->gids;
}

char *id_facts_inside(const struct id_explain *x, enum subid_kind kind, uint32_t id)
{
	struct id_names names = id_facts_names(x->ids);

	return id_words_id(kind, id, &names);
}

/* Its owner as the container's mount has it, in ids of the host; IDMAP_NONE: an idmapped mount has no id for it. */
uint32_t id_facts_shown(const struct id_file *f, enum subid_kind kind)
{
	uint32_t on_disk = kind == SUBID_UID ? f->uid : f->gid;

	if (!f->bind || !f->bind->is_mapped || !f->host_path)
		return on_disk;
	return idmap_to_outside(kind == SUBID_UID ? &f->bind->uids : &f->bind->gids,
				on_disk);
}

static bool in_group(const struct container_ids *ids, uint32_t host_gid)
{
	if (idmap_to_outside(&ids->gids, ids->user.gid) == host_gid)
		return true;
	for (size_t i = 0; i < ids->user.n_groups; i++)
		if (idmap_to_outside(&ids->gids, ids->user.groups[i]) == host_gid)
			return true;
	for (size_t i = 0; i < ids->n_kept_groups; i++)
		if (ids->kept_groups[i] == host_gid)
			return true;
	return false;
}

/* Which of the three sets of permissions counts; inode(7). */
enum id_class id_facts_class(const struct container_ids *ids, const struct id_file *f)
{
	uint32_t uid = id_facts_shown(f, SUBID_UID), gid = id_facts_shown(f, SUBID_GID);

	if (uid != IDMAP_NONE && idmap_to_outside(&ids->uids, ids->user.uid) == uid)
		return CLASS_OWNER;
	return gid != IDMAP_NONE && in_group(ids, gid) ? CLASS_GROUP : CLASS_OTHER;
}

bool id_facts_mode_allows(const struct id_file *f, enum id_class whose)
{
	uint32_t wanted = S_ISDIR(f->mode) ? 3 : 2, shift = 3 * (2 - (uint32_t)whose);

	return ((f->mode >> shift) & wanted) == wanted;
}

/* A capability counts for files whose owner and group have ids in the namespace; capabilities(7). */
bool id_facts_overrides(const struct container_ids *ids, const struct id_file *f)
{
	uint32_t uid = id_facts_shown(f, SUBID_UID), gid = id_facts_shown(f, SUBID_GID);

	return ids->overrides && uid != IDMAP_NONE && gid != IDMAP_NONE &&
	       idmap_to_inside(&ids->uids, uid) != IDMAP_NONE &&
	       idmap_to_inside(&ids->gids, gid) != IDMAP_NONE;
}

bool id_facts_can_write(const struct container_ids *ids, const struct id_file *f)
{
	if (f->bind && f->bind->read_only)
		return false;
	return id_facts_overrides(ids, f) ||
	       id_facts_mode_allows(f, id_facts_class(ids, f));
}
