/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A draft as the file system that its step finds and writes: an overlay, attached nowhere, gone with the process that mounted it. It is a volatile
 * one: nothing waits for the disk, as a draft that a crash leaves behind is swept anyway. It could not be mounted twice with the mark that this
 * leaves, so the mark is removed.
 */
#pragma once

#include "engine/engine.h"
#include "engine/layer_draft.h"
#include "engine/user_ids.h"
#include "util/cleanup.h"
#include "util/error.h"

/* draft_view_ids() - whose process may do it: root of the user's whole map, or of the one id that there is. Root of the host gets a map too. */
int draft_view_ids(const struct engine *e, const struct layer_draft *draft,
		   struct user_ids *ret, struct error *err) _must_check_;

/* draft_view_mount() - as that root, in a mount namespace of one's own. *ret_upper_fd (caller closes): the upper directory. Return: fd of the
 * root. */
int draft_view_mount(const struct layer_draft *draft, int *ret_upper_fd,
		     struct error *err) _must_check_;
