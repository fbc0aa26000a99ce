/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who makes the cgroups of containers, and where. Three steps, the first two of which make nothing:
 *
 *   cgroup_place_find()   which manager, below which cgroup, with which controllers
 *   cgroup_place_check()  whether each limit that was asked for can be kept there
 *   cgroup_make()         the cgroup itself, with the limits; the container's first process starts in it
 *
 * Managers:
 *   systemd    a transient scope NAME.scope in a slice, by the bus of the user's service manager (of the system's for
 *              root), Delegate=yes. It is found through its socket below the runtime directory, so no variable of the
 *              environment is needed. libsystemd is loaded when it is asked for, not before.
 *   cgroupfs   a directory below a cgroup that is ours to write in: --cgroup-parent; else the parent of our own cgroup
 *              where that may be written to; else our own, from which we (and, where it is the top of our cgroup
 *              namespace, those beside us) step aside into a leaf first, as no process may be in a cgroup that hands
 *              controllers down.
 *   none       no cgroup: only where no limit was asked for.
 *
 * Layout with a monitor (CGROUP_ENABLED):  NAME.scope/monitor    the calling process and what it becomes
 *                                          NAME.scope/container  the container; the limits are exact here
 * The scope has the limits as properties too: weights count there, as its neighbours are other scopes; memory and tasks
 * have CGROUP_MONITOR_MEMORY and CGROUP_MONITOR_TASKS added for the monitor and health checks. Without a monitor
 * (CGROUP_NO_CONMON, the OCI runtime) the container's cgroup is the scope itself. CGROUP_SPLIT: both are made below our
 * own cgroup, which a service manager has delegated (Delegate=yes), and no bus is asked.
 *
 * Source: cgroups(7), systemd.scope(5), systemd.resource-control(5), org.freedesktop.systemd1(5),
 * https://systemd.io/CGROUP_DELEGATION, Documentation/admin-guide/cgroup-v2.rst.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "runtime/cgroup.h"
#include "util/cleanup.h"
#include "util/error.h"

struct spec_resources;

#define CGROUP_MONITOR_MEMORY (64 << 20) /* bytes */
#define CGROUP_MONITOR_TASKS  64

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

/* cgroup_place_find() - makes nothing, and asks no bus as long as the sockets say enough. A manager that was asked for by name and
 * can't be had is ERR_UNSUPPORTED; with ANY the manager is NONE then. */
int cgroup_place_find(const struct cgroup_wish *wish, struct cgroup_place *ret,
		      struct error *err) _must_check_;

/*
 * cgroup_place_check() - ERR_UNSUPPORTED, naming the first limit that can't be kept (*ret_option: "memory.limit", a constant;
 * may be NULL) with the controller and, as hint, the drop-in file that delegates it. Values that make no sense are ERR_INVALID.
 */
int cgroup_place_check(const struct cgroup_place *p,
		       const struct spec_resources *resources, const char **ret_option,
		       struct error *err) _must_check_;

/* cgroup_place_path() - where cgroup_make() will put the container's cgroup, so that it can be on record before it is made.
 * Caller frees; NULL with manager NONE. */
char *cgroup_place_path(const struct cgroup_place *p, const char *name);

struct cgroup_request {
	const struct cgroup_place *place;
	const char *name;        /* "cubby-ID": of scope or directory, without ".scope" */
	const char *description; /* of the scope, for people; NULL: the name */
	const struct spec_resources *resources; /* may be NULL */
	int64_t stop_timeout_usec; /* of the scope; 0: the manager's default */
};

/*
 * cgroup_make() - called by the process that becomes the monitor; where the mode has it in the scope it is moved there.
 * On success group.fd is where the container's first process is to be cloned into (CLONE_INTO_CGROUP); -EBADF with manager NONE.
 * On failure nothing is left.
 */
int cgroup_make(const struct cgroup_request *request, struct cgroup *ret,
		struct error *err) _must_check_;

/* cgroup_enter() - the calling process moves to where it may clone into the container's cgroup `path`: an ordinary user may do so
 * only from below the same delegation. Does nothing where it may already. */
int cgroup_enter(const char *path, struct error *err) _must_check_;

/* cgroup_change() - limits of a running one: its files, and the properties of its scope (cgroup_update() does files alone). */
int cgroup_change(const struct cgroup *c, const struct spec_resources *resources,
		  struct error *err) _must_check_;

/* cgroup_unmake() - end what is left in the container's cgroup `path` and remove it, and the directory or slice part above that
 * cgroup_make() made for it; gone already is fine. The caller may be in the scope itself (as the monitor is): it ends with it. */
int cgroup_unmake(const char *path, struct error *err) _must_check_;
