/* SPDX-License-Identifier: Apache-2.0 */
/* Where a container's cgroup goes, and who makes it: the words of cgroup_manager.h. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/cleanup.h"
#include "util/error.h"

struct spec_resources;

#define CGROUP_MONITOR_MEMORY (64 << 20) /* bytes */
#define CGROUP_MONITOR_TASKS  64
#define CGROUP_MONITOR_CPU    100000 /* microseconds of a second */

/* How an ordinary user comes to have every controller; printf's arguments: the uid. */
#define CGROUP_DELEGATE_REMEDY                                                              \
	"as root, put the lines [Service] and \"Delegate=cpu cpuset io memory pids\" into " \
	"/etc/systemd/system/user@.service.d/delegate.conf, then: systemctl daemon-reload " \
	"&& systemctl restart user@%u.service (ends all that the user runs)"

enum cgroup_manager {
	CGROUP_MANAGER_ANY, /* systemd if it answers, else cgroupfs, else none */
	CGROUP_MANAGER_SYSTEMD,
	CGROUP_MANAGER_CGROUPFS,
	CGROUP_MANAGER_NONE,
};

/* In the order of cgroup_mode_words: podman's --cgroups. */
enum cgroup_mode {
	CGROUP_ENABLED,   /* container and monitor in a scope of their own */
	CGROUP_DISABLED,  /* none; limits are refused */
	CGROUP_NO_CONMON, /* the monitor stays where its caller is */
	CGROUP_SPLIT,     /* both below the caller's own cgroup */
};
extern const char *const cgroup_mode_words[]; /* NULL-terminated */

struct cgroup_wish {
	enum cgroup_manager manager;
	enum cgroup_mode mode;
	const char *
		parent; /* a slice ("a-b.slice") or the path of a cgroup; NULL: the manager's own choice */
	bool user_manager; /* ask the user's service manager, not the system's */
};

struct cgroup_place {
	enum cgroup_manager manager; /* never ANY */
	enum cgroup_mode mode;
	bool user_manager;
	char *slice; /* owned; systemd: "user.slice" */
	char *parent; /* owned; path of the cgroup below which it goes; of systemd: the manager's own */
	char **controllers; /* owned strv: what a container's cgroup has there */
	char *why, *remedy; /* owned; with NONE or few controllers: sentences, or NULL */
};
void cgroup_place_release(struct cgroup_place *p);
#define cleanup_cgroup_place cleanup(cgroup_place_release)

/*
 * cgroup_place_check() - ERR_UNSUPPORTED, naming the first limit that can't be kept (*ret_option: "memory.limit", a constant;
 * may be NULL) with the controller and, as hint, the drop-in file that delegates it. Values that make no sense are ERR_INVALID.
 */
int cgroup_place_check(const struct cgroup_place *p,
		       const struct spec_resources *resources, const char **ret_option,
		       struct error *err) _must_check_;

struct cgroup_request {
	const struct cgroup_place *place;
	const char *name;        /* "cubby-ID": of scope or directory, without ".scope" */
	const char *description; /* of the scope, for people; NULL: the name */
	const struct spec_resources *resources; /* may be NULL */
	int64_t stop_timeout_usec; /* of the scope; 0: the manager's default */
	int stop_signal; /* that `systemctl stop` sends to all of the scope's processes; 0: SIGTERM */
};
