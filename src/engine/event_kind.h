/* SPDX-License-Identifier: Apache-2.0 */
/* What can happen, in podman's words, and where it goes on record. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/cleanup.h"

/* file: in the run directory (engine/event_file.h); journald: engine/event_journal.h. */
enum event_backend { EVENT_BACKEND_FILE, EVENT_BACKEND_JOURNALD, EVENT_BACKEND_NONE };

enum event_type {
	EVENT_CONTAINER,
	EVENT_IMAGE,
	EVENT_NETWORK,
	EVENT_POD,
	EVENT_SECRET,
	EVENT_SYSTEM,
	EVENT_VOLUME,
};

enum event_status {
	EVENT_ATTACH,
	EVENT_AUTO_UPDATE,
	EVENT_BUILD,
	EVENT_CHECKPOINT,
	EVENT_CLEANUP,
	EVENT_COMMIT,
	EVENT_CONNECT,
	EVENT_COPY,
	EVENT_CREATE,
	EVENT_DIED,
	EVENT_DISCONNECT,
	EVENT_EXEC,
	EVENT_EXEC_DIED,
	EVENT_EXPORT,
	EVENT_HEALTH_STATUS,
	EVENT_IMPORT,
	EVENT_INIT,
	EVENT_KILL,
	EVENT_LOAD,
	EVENT_MOUNT,
	EVENT_OOM, /* a process of it was ended because memory ran out */
	EVENT_PAUSE,
	EVENT_PRUNE,
	EVENT_PULL,
	EVENT_PULL_ERROR,
	EVENT_PUSH,
	EVENT_REFRESH,
	EVENT_REFUSED, /* a limited container was not let somewhere */
	EVENT_REMOVE,
	EVENT_RENAME,
	EVENT_RENUMBER,
	EVENT_RESTART,
	EVENT_RESTORE,
	EVENT_ROTATE,
	EVENT_SAVE,
	EVENT_START,
	EVENT_STOP,
	EVENT_SYNC,
	EVENT_TAG,
	EVENT_UNMOUNT,
	EVENT_UNPAUSE,
	EVENT_UNTAG,
	EVENT_UPDATE,
};
#define EVENT_TYPES    (EVENT_VOLUME + 1)
#define EVENT_STATUSES (EVENT_UPDATE + 1)

/* What happened; everything is borrowed, what is NULL or 0 is not said. */
struct event {
	enum event_type type;
	enum event_status status;
	int64_t time_usec; /* 0: now */
	const char *id;    /* whole */
	const char *name;
	const char *image;         /* name of a container's image */
	const char *pod_id;        /* of a container in a pod */
	const char *health_status; /* "healthy", "unhealthy", "starting" */
	bool has_exit_code;        /* died, exec_died */
	int exit_code;
	char *const *attributes; /* strv of "key=value": labels and the like */
};

/* event_type_word(), event_status_word() - podman's words: "container", "loadfromarchive". */
const char *event_type_word(enum event_type type);
const char *event_status_word(enum event_status status);
/* Back: -EINVAL for a word that is none. */
int event_type_parse(const char *word, enum event_type *ret) _must_check_;
int event_status_parse(const char *word, enum event_status *ret) _must_check_;

/* event_backend_parse() - "file", "journald", "none". event_backend_word() - back. */
int event_backend_parse(const char *word, enum event_backend *ret) _must_check_;
const char *event_backend_word(enum event_backend backend);
