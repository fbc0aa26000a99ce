/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The container that this process is in itself, if it is in one: what to do where that one does not
 * let it make others. Told by the files that engines leave: for messages, never for decisions.
 */
#pragma once

#include <stdbool.h>

#include "util/cleanup.h"
#include "util/error.h"

/* A procfs and a sysfs that nothing covers, as `cubby run --nested` puts them there: the kernel mounts
 * new ones only while such are in sight of the mount namespace. */
#define OUTER_CONTAINER_PROC "/dev/.cubby/proc"
#define OUTER_CONTAINER_SYS  "/dev/.cubby/sys"

/*
 * outer_container_hint() - in a container that was not started so that it can have containers: how to
 * start it again becomes the hint of *err (replacing another). Return: whether that is so.
 */
bool outer_container_hint(struct error *err);

/* outer_container_hint_ids() - the same, where it is ids that are missing: only --nested of ours brings some along. */
bool outer_container_hint_ids(struct error *err);

/* outer_container_remedy() - the same from the text of /run/.containerenv (NULL: none) and whether there
 * is /.dockerenv; NULL: no container, or one that may have containers (pure). */
const char *outer_container_remedy(const char *containerenv, bool has_dockerenv);
