/* SPDX-License-Identifier: Apache-2.0 */
/* The lists that `manifest` works on: an OCI index under a name, in the store. */
#pragma once

#include <stdbool.h>

#include "cli/options.h"
#include "engine/engine.h"
#include "spec/image.h"
#include "util/cleanup.h"
#include "util/error.h"

struct manifest_list { /* owned */
	char *name;    /* canonical */
	struct image_index *index;
};
void manifest_list_release(struct manifest_list *l);
#define cleanup_manifest_list cleanup(manifest_list_release)

/* manifest_list_open() - by name as typed. ERR_NOT_FOUND. */
int manifest_list_open(const struct engine *e, const char *typed,
		       struct manifest_list *ret, struct error *err) _must_check_;

/* manifest_list_new() - empty, of this canonical name; nothing is stored yet. */
void manifest_list_new(const char *name, struct manifest_list *ret);

int manifest_list_save(const struct engine *e, const struct manifest_list *l,
		       struct error *err) _must_check_;

/* What is said about an entry instead of what its image says; strings borrowed. */
struct manifest_entry_values {
	const char *arch, *os, *os_version, *variant;
	char **annotations, **os_features;
};
/* Rows for OPT_INCLUDE_AT. */
extern const struct option_spec manifest_entry_table[];

/* manifest_list_add() - an image that is here; one that is in the list already is changed. */
int manifest_list_add(const struct engine *e, struct manifest_list *l, const char *typed,
		      const struct manifest_entry_values *v,
		      struct error *err) _must_check_;

/* manifest_list_find() - an entry by digest, or by an image that is here. ERR_NOT_FOUND. */
int manifest_list_find(const struct engine *e, const struct manifest_list *l,
		       const char *typed, struct image_descriptor **ret,
		       struct error *err) _must_check_;

/* manifest_list_change() - an entry of a list. */
int manifest_list_change(struct image_descriptor *entry,
			 const struct manifest_entry_values *v,
			 struct error *err) _must_check_;

/* manifest_list_remove() - entry is one of its own. */
void manifest_list_remove(struct manifest_list *l, struct image_descriptor *entry);
