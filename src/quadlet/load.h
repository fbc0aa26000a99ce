/* SPDX-License-Identifier: Apache-2.0 */
/* Quadlet files and their drop-ins, found and read. */
#pragma once

#include "quadlet/quadlet.h"

/*
 * load_directories() - where files are looked for, the most important first (strv). QUADLET_UNIT_DIRS, with : between, is instead of them. What is
 * podman's is left out where podman's own generator reads it (systemd.generator(7)): two services of one name would be made.
 */
char **load_directories(bool user);

/*
 * load_units() - all files below the directories, added to the set: subdirectories too, through links, a name only once. A file that
 * cannot be read or parsed is told and counts as failed. Never fails as a whole.
 */
void load_units(struct quadlet_set *s, char *const *directories);

/* load_drop_in_names() - the directories of drop-ins that a file has, the most special first: "a-b.container.d", "a-.container.d",
 * "container.d". Caller frees. */
char **load_drop_in_names(const char *name);
