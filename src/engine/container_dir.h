/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container's two directories.
 *
 * run/containers/ID: its lock (flock of the directory itself), "init" and "monitor"
 * (proc_id texts), the monitor's "exit" and "attach", the files that are mounted into the
 * container, and config.json if it is a --rm container.
 *
 * data/containers/ID: config.json otherwise, log, log.1 ...
 *
 * The run directory is made and locked before the record exists and removed last, so
 * whoever meets a directory without a record and can lock it has found rubbish.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/engine.h"
#include "monitor/protocol.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/proc.h"

#define INIT_FILE    "init"
#define MONITOR_FILE "monitor"
#define PAUSED_FILE  "paused" /* the init that was paused */
#define START_SOCKET "start"  /* where an init waits to be started, or waited */
#define LOG_FILE     "log"
#define CONFIG_FILE  "config.json"
#define CONTAINER_COPY_DIR \
	"image" /* in the data directory: the image's files, where they had to be copied */
#define SERVICE_PIDFILE "monitor.pid" /* the monitor's pid, where systemd looks for it */
#define WAITED_FILE \
	"waited" /* in the run directory: somebody waits for the exit status */

enum container_dir_lock_flags {
	DIR_LOCK_CREATE = 1 << 0, /* make the directory if it is missing */
	DIR_LOCK_TRY = 1 << 1,    /* do not wait: ERR_UNAVAILABLE if somebody has it */
};

/*
 * container_dir_lock() - open the run directory and take its lock; closing the fd (in
 * this process and in those that inherited it) gives the lock back. Missing without
 * CREATE is ERR_NOT_FOUND.
 */
int container_dir_lock(const struct engine *e, const char *id,
		       enum container_dir_lock_flags flags,
		       struct error *err) _must_check_;

/* container_dir_open() - the run directory without its lock, -ENOENT (no *err needed) if
 * missing. */
int container_dir_open(const struct engine *e, const char *id);

/* container_dir_write_process() - "init" or "monitor" := identity of pid. */
int container_dir_write_process(int dirfd, const char *file, pid_t pid,
				struct error *err) _must_check_;

/* container_dir_read_process() - 0; -ENOENT: no such file; -EBADMSG: not what we write.
 */
int container_dir_read_process(int dirfd, const char *file, struct proc_id *ret,
			       int64_t *ret_written_usec);

/* container_dir_read_exit() - the monitor's exit record: 0, -ENOENT, -EBADMSG. */
int container_dir_read_exit(int dirfd, struct monitor_exit *ret);

/* container_dir_spec() - the container's config.json. Caller owns *ret. */
struct spec;
int container_dir_spec(const struct engine *e, const char *id, struct spec **ret,
		       struct error *err) _must_check_;

/* container_dir_path() - path of a file in the run directory ("" for itself). Caller
 * frees. container_data_path() - the same in the data directory. */
char *container_dir_path(const struct engine *e, const char *id, const char *file);
char *container_data_path(const struct engine *e, const char *id, const char *file);

/* container_dir_remove_data(), container_dir_remove_run(): whole trees; missing is fine.
 * The lock must be held. */
int container_dir_remove_data(const struct engine *e, const char *id,
			      struct error *err) _must_check_;
int container_dir_remove_run(const struct engine *e, const char *id,
			     struct error *err) _must_check_;
/* container_dir_remove() - both, in this order. */
int container_dir_remove(const struct engine *e, const char *id,
			 struct error *err) _must_check_;
