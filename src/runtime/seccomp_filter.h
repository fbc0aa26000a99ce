/* SPDX-License-Identifier: Apache-2.0 */
/* A compiled filter: what seccomp_compile() makes, the cache keeps and the kernel loads. */
#pragma once

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>

#include "util/cleanup.h"

struct seccomp_filter {
	struct sock_filter *insns; /* owned */
	size_t n_insns;
	unsigned int
		flags; /* SECCOMP_FILTER_FLAG_* of seccomp(2), without NEW_LISTENER */
	bool notifies; /* some rule asks a listener */
};
void seccomp_filter_release(struct seccomp_filter *filter); /* safe on a zeroed struct */
#define cleanup_seccomp_filter cleanup(seccomp_filter_release)
