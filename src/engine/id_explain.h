/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers to "who is that?", "why nobody?" and "why can't it write there?" in sentences, with the commands that change
 * it. Pure.
 */
#pragma once

#include <stdint.h>

#include "engine/id_facts.h"

/* id_explain_id() - one number, as an id of the host and as one of the container. */
void id_explain_id(const struct id_explain *x, enum subid_kind kind, uint32_t id,
		   struct id_answer *ret);

/* id_explain_file() - whose it is outside and inside, and whether the container's user can write to it. */
void id_explain_file(const struct id_explain *x, const struct id_file *f,
		     struct id_answer *ret);

/* id_explain_user() - who the container's program is, inside and outside. */
void id_explain_user(const struct id_explain *x, struct id_answer *ret);
