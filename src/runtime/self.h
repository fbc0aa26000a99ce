/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protection of our own executable (CVE-2019-5736): whoever runs in a container can open
 * /proc/PID/exe of a process that enters it, and could overwrite the host's binary. A
 * binary that no id of any container of ours can write needs nothing: one that belongs to
 * root, while we are not root. Otherwise the program goes on from a sealed copy in
 * memory.
 */
#pragma once

#include "util/cleanup.h"
#include "util/error.h"

/*
 * self_protect() - call first in main() of a program that starts or enters containers,
 * before any fd is opened. Either returns 0 or replaces the process by its sealed copy,
 * with the same arguments and environment.
 */
int self_protect(char **argv, struct error *err) _must_check_;

/* self_path() - where the executable lies on disk, also when running from the copy.
 * Caller frees. */
char *self_path(void);

/*
 * self_helper() - path of a program of ours (monitor, init, ...): libexec/cubby beside
 * the bin directory of self_path(), else the build tree, else the configured libexec
 * directory. ERR_NOT_FOUND names what was tried.
 */
int self_helper(const char *name, char **ret, struct error *err) _must_check_;

/* self_data() - path of a file of the installation: share/cubby beside the bin directory, else the
 * build tree, else the configured data directory. */
int self_data(const char *name, char **ret, struct error *err) _must_check_;
