/* SPDX-License-Identifier: Apache-2.0 */
/* The monitor's life between set-up and clean-up. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "monitor/clients.h"
#include "monitor/health.h"
#include "monitor/log.h"
#include "monitor/notify.h"
#include "monitor/options.h"
#include "monitor/record.h"
#include "monitor/stream.h"
#include "util/cleanup.h"

enum monitor_phase {
	MONITOR_RUNNING,  /* the container runs */
	MONITOR_DRAINING, /* it has ended; what it has written is still on its way */
	MONITOR_ENDING,   /* all is logged and recorded; the clients are told */
};

/* All of it: the monitor has no other memory. Times are monotonic. */
struct monitor {
	enum monitor_phase phase;
	pid_t pid;
	bool keep_stdin, terminal;
	bool recorded, acknowledged;
	int signal_fd, listen_fd;
	int slave_fd;        /* keeps the terminal from hanging up while no process of the
				container has it open */
	int64_t listen_usec; /* do not accept before */
	int64_t kill_usec;   /* the container's time is over */
	int stop_signal;     /* when we are told to stop it... */
	int64_t stop_usec; /* ...how long it has then, CLOCK_NEVER: as long as it takes */
	bool stopping;
	int64_t record_usec; /* record the exit by then, drained or not */
	int64_t leave_usec;  /* wait for clients other than the owner until then */
	struct monitor_exit status;
	struct health health;
	struct notify notify;
	struct record record;
	struct stream streams[2];
	struct input input;
	struct clients clients;
	struct log log;
};

/* monitor_loop() - returns when the container has ended and all is told; clients are
 * closed. */
void monitor_loop(struct monitor *m);
