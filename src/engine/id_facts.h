/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a container's ids and of a file that somebody asks about, and what follows from it. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/container_ids.h"
#include "engine/id_words.h"
#include "util/cleanup.h"

struct id_remedy {
	char *purpose, *command; /* owned */
};

struct id_answer {
	char *subject;
	char **sentences;
	struct id_remedy *remedies;
	size_t n_remedies;
};
void id_answer_release(struct id_answer *a);
#define cleanup_id_answer cleanup(id_answer_release)

/* Whom the answers are about, and where names come from. */
struct id_explain {
	const struct container_ids *ids;
	const struct id_names *host;
	/* what this build's -v takes besides */
	bool has_chown_option; /* "U" */
};

struct id_file {
	const char *host_path; /* absolute; NULL: none of the host's directories has it */
	const char *container_path; /* absolute; NULL: the container does not have it */
	const struct container_bind *bind; /* which has it in the container; NULL: none */
	uint32_t uid, gid; /* as stat(2) says on the host; with host_path: on disk */
	uint32_t mode;     /* type included */
	bool has_acl;      /* an access control list, which is not looked at */
};

enum id_class { CLASS_OWNER, CLASS_GROUP, CLASS_OTHER };

/* id_facts_map() - the container's map of users or groups. */
const struct idmap *id_facts_map(const struct container_ids *ids, enum subid_kind kind);

/* id_facts_inside() - an id of the container with its name there. Caller frees. */
char *id_facts_inside(const struct id_explain *x, enum subid_kind kind, uint32_t id);

/* id_facts_shown() - owner or group as the container's mount has it, in ids of the host; IDMAP_NONE: an idmapped
 * mount has no id for it. */
uint32_t id_facts_shown(const struct id_file *f, enum subid_kind kind);

/* id_facts_class() - which permissions count for the container's user; inode(7). */
enum id_class id_facts_class(const struct container_ids *ids, const struct id_file *f);

/* id_facts_mode_allows() - that class writes; for a directory: makes files in it. */
bool id_facts_mode_allows(const struct id_file *f, enum id_class whose);

/* id_facts_overrides() - whether its capabilities count there: owner and group have ids in the namespace;
 * capabilities(7). */
bool id_facts_overrides(const struct container_ids *ids, const struct id_file *f);

/* id_facts_can_write() - whether the container's user may, by owner, mode, and its capabilities (for a
 * directory: make files in it). Access control lists are not looked at. */
bool id_facts_can_write(const struct container_ids *ids, const struct id_file *f);

/* id_facts_names() - of the container's own users and groups. Points to ids. */
struct id_names id_facts_names(const struct container_ids *ids);

/* id_facts_quote() - a word as a shell takes it. Caller frees. */
char *id_facts_quote(const char *word);
