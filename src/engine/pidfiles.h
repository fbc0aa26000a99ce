/* SPDX-License-Identifier: Apache-2.0 */
/* --pidfile, --conmon-pidfile. */
#pragma once

#include "engine/start.h"
#include "util/cleanup.h"
#include "util/error.h"

/* pidfiles_write() - NULL: none. */
int pidfiles_write(const char *pidfile, const char *monitor_pidfile,
		   const struct started *started, struct error *err) _must_check_;
