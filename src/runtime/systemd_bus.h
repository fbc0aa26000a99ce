/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is asked of systemd, of the user's manager or the system's, over D-Bus. The manager's own socket is preferred: no
 * message bus is in between, so a scope costs one call and the signal that it is there. The sockets are found below
 * /run (and $XDG_RUNTIME_DIR); no variable of D-Bus is needed. libsystemd is loaded when a connection is opened: programs
 * don't link it, and a host without it is told so.
 *
 * Source: sd-bus(3), org.freedesktop.systemd1(5), systemd.scope(5).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/cleanup.h"
#include "util/error.h"

struct systemd_bus;

/* systemd_bus_reachable() - whether there is a socket of that manager that we may use; connects to nothing. */
bool systemd_bus_reachable(bool user_manager);

/* systemd_bus_unreachable() - why there is none, as an error with its remedy. */
int systemd_bus_unreachable(bool user_manager, struct error *err);

/* systemd_bus_user() - the user whose manager that is: ours, seen from outside of a user namespace of one id. */
uid_t systemd_bus_user(void);

/*
 * systemd_bus_open() - ERR_UNSUPPORTED: no libsystemd on this host, or no such manager runs; ERR_UNAVAILABLE: it does not answer.
 * Each has a hint. A process that forks must not use the same one on both sides.
 */
int systemd_bus_open(bool user_manager, struct systemd_bus **ret,
		     struct error *err) _must_check_;
void systemd_bus_free(struct systemd_bus *bus);
DEFINE_CLEANUP(struct systemd_bus *, systemd_bus_free)
#define cleanup_systemd_bus cleanup(systemd_bus_freep)

/* systemd_manager_cgroup() - the manager's own cgroup ("/user.slice/user-1000.slice/user@1000.service"). Caller frees. */
int systemd_manager_cgroup(struct systemd_bus *bus, char **ret,
			   struct error *err) _must_check_;

enum systemd_type {
	SYSTEMD_BOOL,   /* number */
	SYSTEMD_INT,    /* number: int32 */
	SYSTEMD_U64,    /* number */
	SYSTEMD_TEXT,   /* text */
	SYSTEMD_BITS,   /* bytes: an array of bytes, least significant first */
	SYSTEMD_DEVICE, /* text (a path) and number: one entry of a(st) */
	SYSTEMD_PID,    /* number: an array of one process */
};

struct systemd_property {
	const char *name; /* a constant */
	enum systemd_type type;
	uint64_t number;
	char *text;     /* owned */
	uint8_t *bytes; /* owned */
	size_t n_bytes;
};

struct systemd_properties {
	struct systemd_property *list; /* owned */
	size_t n;
};
void systemd_properties_release(struct systemd_properties *p);
#define cleanup_systemd_properties cleanup(systemd_properties_release)

/* Append one. The pointer is valid until the next one. */
struct systemd_property *systemd_add(struct systemd_properties *p, const char *name,
				     enum systemd_type type, uint64_t number);
void systemd_add_text(struct systemd_properties *p, const char *name, const char *text);

/*
 * systemd_unit_make() - a transient unit (scope or slice), and wait until it is there. One of that name that is there already
 * is ERR_CONFLICT with code EEXIST.
 */
int systemd_unit_make(struct systemd_bus *bus, const char *unit,
		      const struct systemd_properties *p, struct error *err) _must_check_;

/* systemd_unit_change() - properties of a unit, until it ends. No such unit: ERR_NOT_FOUND. */
int systemd_unit_change(struct systemd_bus *bus, const char *unit,
			const struct systemd_properties *p,
			struct error *err) _must_check_;

/* systemd_unit_attach() - move a process into a unit's cgroup, `sub` ("/monitor") below it. A unit that is not there or has ended:
 * ERR_NOT_FOUND. */
int systemd_unit_attach(struct systemd_bus *bus, const char *unit, const char *sub,
			pid_t pid, struct error *err) _must_check_;

/*
 * systemd_unit_do() - a method of the manager that takes unit and mode and makes a job: "StartUnit", "StopUnit", "RestartUnit",
 * "TryRestartUnit". Waits for the job, at most so long (0: a minute and a half). No such unit: ERR_NOT_FOUND; a job that
 * failed: ERR_SYSTEM with systemd's word for it.
 */
int systemd_unit_do(struct systemd_bus *bus, const char *method, const char *unit,
		    int64_t timeout_usec, struct error *err) _must_check_;

/* systemd_unit_state() - its ActiveState ("active", "failed", "inactive": also if there is no such unit). Caller frees. */
int systemd_unit_state(struct systemd_bus *bus, const char *unit, char **ret,
		       struct error *err) _must_check_;

/* systemd_unit_forget() - ResetFailedUnit; none of that name is fine. */
void systemd_unit_forget(struct systemd_bus *bus, const char *unit);
