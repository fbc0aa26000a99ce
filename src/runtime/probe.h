/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What containers need of a kernel, each really tried. A try runs in a process of its own, which is
 * killed when it takes too long, and leaves its answer in memory that is shared with the caller:
 * whatever a broken host does to one (a filter that kills, a file system that hangs), the others go
 * on. Namespaces and mounts vanish with those processes; what is made on disk or among the cgroups
 * is removed, and what a kill -9 has left of it is swept by the next call.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "runtime/idmap.h"

enum probe_name {
	/* without namespaces */
	PROBE_CLONE3,
	PROBE_OPENAT2,
	PROBE_PIDFD,
	PROBE_CLOSE_RANGE,
	PROBE_SECCOMP,        /* a filter of one's own */
	PROBE_SECCOMP_NOTIFY, /* one that asks a supervisor */
	PROBE_LANDLOCK,       /* number: ABI */
	PROBE_FUSE,
	/* user namespaces, with the caller's own id alone */
	PROBE_USERNS,
	PROBE_USERNS_POWER, /* root of it has its capabilities */
	PROBE_USERNS_NESTED,
	PROBE_ID_MAP, /* the whole map; number, second: how many user and group ids */
	/* other namespaces, in a user namespace of one's own */
	PROBE_MNTNS,
	PROBE_PIDNS,
	PROBE_NETNS,
	PROBE_IPCNS,
	PROBE_UTSNS,
	PROBE_CGROUPNS,
	PROBE_TIMENS,
	PROBE_LOOPBACK,
	PROBE_TUN, /* a new interface by /dev/net/tun */
	/* mounts, there */
	PROBE_MOUNT_API, /* fsopen, fsmount, mount_setattr, open_tree, move_mount */
	PROBE_TMPFS,
	PROBE_DEVPTS,
	PROBE_PROC,
	PROBE_SYSFS,
	PROBE_MQUEUE,
	/* storage, where the data directory is or will be */
	PROBE_OVERLAY,      /* mounted, read, written, whiteouts, opaque directories */
	PROBE_OVERLAY_EXEC, /* what lies on it may be executed */
	PROBE_LOWERDIR_ADD, /* lowerdir+ */
	PROBE_IDMAP_MOUNT, /* root: on that file system; others: on a tmpfs of their own */
	PROBE_OWN_RANGE,   /* layers shown with other owners without a copy; text: how */
	/* control groups */
	PROBE_CGROUP, /* number: enum probe_cgroup_mode */
	PROBE_CGROUP_MAKE, /* text: the cgroup below which containers go; number: enum cgroup_manager */
	PROBE_CGROUP_CONTROLLERS, /* text: those that a container's cgroup has or can have */
	PROBE_CGROUP_START,       /* a process that starts in another cgroup */
	N_PROBES
};

enum probe_cgroup_mode {
	PROBE_CGROUP_NONE,
	PROBE_CGROUP_V1,
	PROBE_CGROUP_HYBRID,
	PROBE_CGROUP_V2
};

enum probe_state {
	PROBE_UNTRIED, /* something else that it needs is not there */
	PROBE_WORKS,
	PROBE_FAILS,
};

#define PROBE_TEXT_MAX 256
struct probe {
	enum probe_state state;
	int code; /* positive errno of a failure, 0 if none applies */
	uint64_t number, second;
	char text[PROBE_TEXT_MAX]; /* of a failure: the sentence */
	char hint
		[PROBE_TEXT_MAX]; /* of a failure: the remedy, where the runtime knows one */
};

/* What the tries work with. Nothing is owned. */
struct probe_host {
	bool is_root; /* capabilities already: of the host, or of a namespace that it was started in */
	bool is_namespaced;              /* the latter */
	const struct idmap *uids, *gids; /* the whole map; no lines: there is none */
	const char
		*data_dir; /* directory that can be written to, on the file system of the
				 containers' data; NULL: none */
};
