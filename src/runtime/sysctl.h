/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel parameters of the container's own namespaces (linux.sysctl). */
#pragma once

#include <stdbool.h>

#include "util/cleanup.h"
#include "util/error.h"

struct spec;

struct sysctl_scope { /* which namespaces are the container's own */
	bool user, network, ipc, uts;
};

/*
 * sysctl_check() - a key that belongs to a namespace which the container shares with the
 * host, or to none at all, is refused: it would change the host. Pure.
 */
int sysctl_check(const struct spec *spec, const struct sysctl_scope *scope,
		 struct error *err) _must_check_;

/* sysctl_apply() - write all of them below sys/ of the procfs that proc_fd is (opened by
 * us). */
int sysctl_apply(const struct spec *spec, int proc_fd, struct error *err) _must_check_;
