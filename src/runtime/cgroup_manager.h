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
 * Layout of a scope:   NAME.scope/monitor     the calling process and what it becomes; who comes by exec from elsewhere, in passing
 *                      NAME.scope/container   the container; the limits are exact here
 * The scope has the limits as properties too: weights count there, as its neighbours are other scopes; memory, tasks and time of
 * processors have headroom for the monitor and health checks. With CGROUP_NO_CONMON (and the OCI runtime) the caller stays outside.
 * CGROUP_SPLIT: "monitor" and NAME are made below our own cgroup, which a service manager has delegated (Delegate=yes), and no bus
 * is asked.
 *
 * Source: cgroups(7), systemd.scope(5), systemd.resource-control(5), org.freedesktop.systemd1(5),
 * https://systemd.io/CGROUP_DELEGATION, Documentation/admin-guide/cgroup-v2.rst.
 */
#pragma once

#include "runtime/cgroup.h"
#include "runtime/cgroup_place.h"
#include "util/error.h"

struct spec_resources;

/* cgroup_place_find() - makes nothing, and asks no bus as long as the sockets say enough. A manager that was asked for by name and
 * can't be had is ERR_UNSUPPORTED; with ANY the manager is NONE then. */
int cgroup_place_find(const struct cgroup_wish *wish, struct cgroup_place *ret,
		      struct error *err) _must_check_;

/* cgroup_place_path() - where cgroup_make() will put the container's cgroup, so that it can be on record before it is made.
 * Caller frees; NULL with manager NONE. */
char *cgroup_place_path(const struct cgroup_place *p, const char *name);

/*
 * cgroup_make() - called by the process that becomes the monitor; where the mode has it in the scope it is moved there.
 * On success group.fd is where the container's first process is to be cloned into (CLONE_INTO_CGROUP); -EBADF with manager NONE.
 * On failure no limit and no container is left; the caller may be in the scope, which ends with it.
 */
int cgroup_make(const struct cgroup_request *request, struct cgroup *ret,
		struct error *err) _must_check_;

/* cgroup_enter() - the calling process moves to where it may clone into the container's cgroup `path`: an ordinary user may do so
 * only from below the same delegation. Does nothing where it may already. */
int cgroup_enter(const char *path, struct error *err) _must_check_;

/* cgroup_attach() - a process of ours into the container's cgroup `path` (or one below it), by its manager: for who may not
 * move it there. It must have made no cgroup namespace yet. */
int cgroup_attach(const char *path, pid_t pid, struct error *err) _must_check_;

/* cgroup_change() - limits of a running one: its files, and the properties of its scope (cgroup_update() does files alone). */
int cgroup_change(const struct cgroup *c, const struct spec_resources *resources,
		  struct error *err) _must_check_;

/* cgroup_unmake() - end what is left in the container's cgroup `path` and remove it; gone already is fine. The caller may be in the scope itself (as the monitor is): it ends with it. */
int cgroup_unmake(const char *path, struct error *err) _must_check_;
