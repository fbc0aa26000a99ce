/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A build on a terminal: a line for each step that is at work, with its clock and what its program said last below it; a step that is done
 * is one line above them, and stays. Pure: times are given, nothing is written.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "build/event.h"
#include "cli/build_tail.h"
#include "cli/progress_view.h"
#include "util/buf.h"
#include "util/cleanup.h"

struct build_scene_style {
	bool utf8, colors;
	size_t columns, rows; /* that may be used */
};

/* The step that a stage is at. */
struct build_scene_step {
	bool at_work;
	size_t stage, n_stages, step, n_steps;
	char *stage_name, *text; /* owned; the former may be NULL */
	int64_t begun_usec;
	struct build_tail tail;
	char *progress; /* owned; NULL: nothing is known */
	int64_t done, total;
	struct progress_view layers; /* of an image on its way */
};

struct build_scene {
	struct build_scene_step
		*steps; /* one a stage, in the order in which they began */
	size_t n;
	char **names; /* strv, that the image gets */
	int64_t begun_usec;
};
void build_scene_release(struct build_scene *s);
#define cleanup_build_scene cleanup(build_scene_release)

/* build_scene_event() - lines that stay go to `above`, each ended by '\n'. Return: whether something is to be seen of it. */
bool build_scene_event(struct build_scene *s, const struct build_event *e,
		       const struct build_scene_style *style, struct buf *above);

/* build_scene_render() - the lines that move, none wider than style->columns and not more than style->rows. Return: how many. */
size_t build_scene_render(const struct build_scene *s, int64_t now_usec,
			  const struct build_scene_style *style, struct buf *out);
