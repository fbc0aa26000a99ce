/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a plan to what a container consists of while it has no processes: run directory
 * (locked), the files for its /etc, record, data directory, config.json.
 */
#pragma once

#include "engine/create_plan.h"
#include "engine/engine.h"
#include "engine/etc_files.h"
#include "engine/mount_prepare.h"
#include "engine/network_start.h"
#include "engine/start_plan.h"
#include "util/cleanup.h"
#include "util/error.h"

struct spec;

struct creation {
	const struct engine *engine;
	const char *id;    /* of the plan */
	int lock_fd;       /* the run directory, locked; owned */
	struct spec *spec; /* owned */
	struct start_plan start;
	struct mounts_hold mounts;    /* owned */
	struct network_start network; /* owned */
	char **gifts; /* owned; paths that the launch gives to the container's root */
	struct etc_fds
		etc_fds; /* owned; of the files for /etc, in case the name must change */
	bool renamed;    /* the name that it was to have was taken meanwhile */
	bool done;       /* keep it; otherwise creation_release() removes all traces */
};
#define CREATION_INIT                                     \
	((struct creation){.lock_fd = -EBADF,             \
			   .network = NETWORK_START_INIT, \
			   .etc_fds = ETC_FDS_INIT})

/*
 * container_create_begin() - what the launcher needs: run directory (locked), ids, spec, files
 * for /etc. No trace of it is seen by anybody yet.
 *
 * container_create_record() - the rest, while the launcher works already: record, data
 * directory, config.json. A name in use is ERR_CONFLICT; one held by a dead container
 * that only waited to be swept is taken over. With options->replace the holder is
 * removed.
 */
int container_create_begin(const struct engine *e, struct create_plan *p,
			   const struct start_talk *talk, struct creation *ret,
			   struct error *err) _must_check_;
int container_create_record(struct creation *c, struct create_plan *p,
			    struct error *err) _must_check_;

void creation_release(struct creation *c);
#define cleanup_creation cleanup(creation_release)
