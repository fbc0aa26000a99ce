/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How an image's layers reach a container whose map is not that of their owners. A ladder: what the
 * kernel can do on this host is tried; that it works is remembered in the run directory.
 */
#pragma once

#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

/*
 * layer_way_bring() - see to it that a remapped container's layers can be shown with the owners that it
 * needs. Where that takes a copy it is made in CONTAINER_COPY_DIR (what an attempt that was killed has left
 * there goes first), and talk->warn says why.
 */
struct start_plan;
struct start_talk;
int layer_way_bring(const struct engine *e, struct start_plan *p,
		    const struct start_talk *talk, struct error *err) _must_check_;
