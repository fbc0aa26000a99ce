/* SPDX-License-Identifier: Apache-2.0 */
/* One entry of a layer made in its directory, by its kind. See layer_unpack() for the rules. */
#pragma once

#include <stdbool.h>

#include "image/layer_ids.h"
#include "image/layer_name.h"
#include "image/layer_tree.h"
#include "image/tar_reader.h"

struct layer_entries {
	struct layer_tree *tree;
	struct tar_reader *reader;
	const struct layer_ids *ids; /* NULL: every owner becomes the own id */
};

int layer_entry_file(struct layer_entries *l, const struct tar_entry *e,
		     const struct layer_name *n, struct error *err) _must_check_;
int layer_entry_dir(struct layer_entries *l, const struct tar_entry *e,
		    const struct layer_name *n, struct error *err) _must_check_;
/* layer_entry_root() - the layer's directory itself. */
int layer_entry_root(struct layer_entries *l, const struct tar_entry *e,
		     const struct layer_name *n, struct error *err) _must_check_;
int layer_entry_symlink(struct layer_entries *l, const struct tar_entry *e,
			const struct layer_name *n, struct error *err) _must_check_;
int layer_entry_hardlink(struct layer_entries *l, const struct tar_entry *e,
			 const struct layer_name *n, struct error *err) _must_check_;
int layer_entry_fifo(struct layer_entries *l, const struct tar_entry *e,
		     const struct layer_name *n, struct error *err) _must_check_;
int layer_entry_whiteout(struct layer_entries *l, const struct layer_name *n,
			 struct error *err) _must_check_;
int layer_entry_opaque(struct layer_entries *l, const struct layer_name *n,
		       struct error *err) _must_check_;
/* layer_entry_vacate() - there shall be nothing of that name (a device that somebody else makes). */
int layer_entry_vacate(struct layer_entries *l, const struct layer_name *n,
		       struct error *err) _must_check_;
