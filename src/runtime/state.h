/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state directory of cubby-runtime: <root>/<id>/ with state.json, config.json (the
 * checked copy), the start socket and a lock. (The engine keeps its records in its own
 * store and does not use this.) What the file says about liveness is never believed:
 * status is derived from the process.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"
#include "util/proc.h"

struct spec;

#define STATE_START_SOCKET "start" /* in the directory: where a created init waits */

enum state_status {
	STATE_CREATING,
	STATE_CREATED,
	STATE_RUNNING,
	STATE_PAUSED,
	STATE_STOPPED
};

struct state {
	/* owned; cgroup_path NULL: none; owner: user name */
	char *id, *bundle, *rootfs, *cgroup_path, *owner;
	struct proc_id init; /* pid 0: not made yet */
	int64_t created_usec;
	bool started; /* `start` let it go */
	bool terminal;
};
void state_release(struct state *s);
#define cleanup_state cleanup(state_release)

/* state_id_check() - [A-Za-z0-9_+-][A-Za-z0-9_+.-]*, at most 1024 bytes, ERR_INVALID
 * otherwise. */
int state_id_check(const char *id, struct error *err) _must_check_;

/* state_dir_create() - <root>/<id>, locked; ERR_CONFLICT if it exists. Return: directory
 * fd (lock is held by it). */
int state_dir_create(const char *root, const char *id, struct error *err) _must_check_;
/* state_dir_open() - existing one, locked exclusively; ERR_NOT_FOUND 'container "x" does
 * not exist'. */
int state_dir_open(const char *root, const char *id, struct error *err) _must_check_;
/* state_dir_view() - the same without the lock, for those who only read (a hook may ask
 * for the state of the container that is being started). state_read() sees a whole file
 * all the same. What a killed `create` left is removed here as well, and not found. */
int state_dir_view(const char *root, const char *id, struct error *err) _must_check_;
/* state_dir_remove() - the caller holds the lock. */
int state_dir_remove(const char *root, const char *id, struct error *err) _must_check_;

int state_write(int dirfd, const struct state *s, struct error *err) _must_check_;
int state_read(int dirfd, struct state *ret, struct error *err) _must_check_;

/* state_status() - of now: asked of the process (and the freezer), never of the file. */
enum state_status state_status(const struct state *s);
const char *state_status_word(enum state_status status);

/* state_list() - ids below root; strv. A half-made directory (killed `create`) is removed
 * when its lock is free. */
int state_list(const char *root, char ***ret_ids, struct error *err) _must_check_;
