/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --sdnotify: telling the service manager that started us ($NOTIFY_SOCKET) who the main
 * process of the unit is and when the container is ready. Source: sd_notify(3),
 * podman-run(1).
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "util/cleanup.h"
#include "util/error.h"

/* In the order of sdnotify_words. */
enum sdnotify_mode {
	SDNOTIFY_CONTAINER, /* its program says so, on a socket in the container */
	SDNOTIFY_CONMON,    /* when it has started */
	SDNOTIFY_HEALTHY,   /* after the first health check that succeeds */
	SDNOTIFY_IGNORE,
};
extern const char *const sdnotify_words[]; /* NULL-terminated */

/* sdnotify_is_service() - a service manager started this very process as (part of) a unit: then the monitor is to be
 * the unit's main process, and stays in its cgroup. Source: systemd.exec(5), $SYSTEMD_EXEC_PID. */
bool sdnotify_is_service(void);

/* sdnotify_is_due() - whether sdnotify_started() will have something to say. */
bool sdnotify_is_due(enum sdnotify_mode mode);

/* sdnotify_started() - a container's monitor runs: say what the mode asks for. Never fails;
 * without a service manager it does nothing. */
void sdnotify_started(enum sdnotify_mode mode, int monitor_pid);

/*
 * Who says that a container is healthy for the first time. A check enters the container's cgroup, and systemd only hears
 * those in the unit's: so a process is forked before that, which says it when it is told to.
 */
struct sdnotify_teller {
	int fd; /* owned; -EBADF: nobody would hear it */
	pid_t pid;
};
#define SDNOTIFY_TELLER_INIT ((struct sdnotify_teller){.fd = -EBADF})
/* sdnotify_teller_start() - nothing unless the mode is SDNOTIFY_HEALTHY and there is a service manager. Never fails. */
void sdnotify_teller_start(enum sdnotify_mode mode, struct sdnotify_teller *t);
/* sdnotify_teller_ready() - it is healthy; returns when that has been said. */
void sdnotify_teller_ready(struct sdnotify_teller *t);
/* sdnotify_teller_release() - it ends without a word. */
void sdnotify_teller_release(struct sdnotify_teller *t);
#define cleanup_sdnotify_teller cleanup(sdnotify_teller_release)

/*
 * The socket in the container, with mode SDNOTIFY_CONTAINER and a service manager. What
 * arrives there is for the monitor to pass on.
 */
struct spec;

struct sdnotify_proxy {
	int fd;         /* owned; -EBADF: none is needed */
	const char *to; /* of the environment; where it is passed on to */
};
#define SDNOTIFY_PROXY_INIT ((struct sdnotify_proxy){.fd = -EBADF})
void sdnotify_proxy_release(struct sdnotify_proxy *p);
#define cleanup_sdnotify_proxy cleanup(sdnotify_proxy_release)

/* sdnotify_proxy_open() - make it in the run directory and, in spec, its mount and
 * variable. */
int sdnotify_proxy_open(enum sdnotify_mode mode, const char *run_dir, int run_dirfd,
			struct spec *spec, struct sdnotify_proxy *ret,
			struct error *err) _must_check_;
