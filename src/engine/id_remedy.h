/* SPDX-License-Identifier: Apache-2.0 */
/* The commands that change what id_explain.h says. Whoever reads one types it: it must be whole, and do no harm. Pure. */
#pragma once

#include "engine/id_facts.h"

/* id_remedy_add() - takes both texts. takes_root: an ordinary user may not have the power for the command. */
void id_remedy_add(struct id_answer *a, bool takes_root, char *purpose, char *command);

/* id_remedy_chown() - gives a path to these ids of the host, user and group (IDMAP_NONE: as it is). `now`: the file
 * as it is, if it is known. Caller frees. */
char *id_remedy_chown(const struct container_ids *ids, const struct id_file *now,
		      const uint32_t to[static 2], const char *path,
		      bool *ret_takes_root);

/* id_remedy_of_file() - all that helps. */
void id_remedy_of_file(const struct id_explain *x, const struct id_file *f,
		       struct id_answer *ret);
