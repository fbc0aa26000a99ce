/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the memory of a container that is still there, or has just ended, ran out. Of one that is cleaned up the record says it. */
#pragma once

#include <stdbool.h>

#include "engine/engine.h"
#include "runtime/cgroup_usage.h"

/* container_oom_look() - from its cgroup; false: it has none with a memory controller. id: whole. */
bool container_oom_look(const struct engine *e, const char *id, struct cgroup_oom *ret);

/* oom_words() - "killed: out of memory (limit 64 MiB). Give it more: --memory 128m"; NULL if it did not run out. Caller frees. Pure. */
char *oom_words(const struct cgroup_oom *oom, int exit_code);

/* container_oom_words() - both, for a program that ended with that status; 0 is not looked into. */
char *container_oom_words(const struct engine *e, const char *id, int exit_code);
