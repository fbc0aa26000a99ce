/* SPDX-License-Identifier: Apache-2.0 */
/* The name server's process: its loop, and what becomes of a question. */
#pragma once

#include "network/names_state.h"

/* names_server_run() - until control_fd is closed. The process is confined by now. */
int names_server_run(int control_fd, const char *resolv_conf,
		     struct error *err) _must_check_;
