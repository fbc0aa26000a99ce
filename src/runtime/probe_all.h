/* SPDX-License-Identifier: Apache-2.0 */
/* All tries of a host. */
#pragma once

#include "runtime/probe.h"
#include "util/cleanup.h"
#include "util/error.h"

/* probe_all() - every try. Signals that end a process are held back meanwhile. */
int probe_all(const struct probe_host *host, struct probe ret[static N_PROBES],
	      struct error *err) _must_check_;
