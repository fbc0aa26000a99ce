/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `cubby audit`: what is known of a container and bears on what it can do on the host. Data only:
 * audit.h collects it, audit_judge.h judges it, audit_json.h writes it down.
 *
 * "The host" is where cubby runs, with the ids that its own user namespace has.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/idmap.h"
#include "runtime/namespace.h"
#include "util/cleanup.h"

/* One user of the container, as the host sees it. */
struct audit_who {         /* strings owned */
	bool is_mapped;    /* else it can't exist, and host_* mean nothing */
	uint32_t uid, gid; /* in the container */
	uint32_t host_uid, host_gid;
	char *user, *group; /* the host's names for them; NULL: nobody's */
	char **groups;      /* supplementary: the host's names, or numbers */
};

enum audit_path_kind {
	AUDIT_VOLUME, /* a mount of a host's file or directory, or a place below one */
	AUDIT_ROOTFS, /* the directory that --rootfs names */
	AUDIT_DEVICE,
	AUDIT_SOCKET,
	AUDIT_SECRET, /* a file that is usually kept secret, below a mount */
};

/* What the use of a device, socket or secret amounts to. */
enum audit_power {
	POWER_NONE,
	POWER_OWNER, /* the rights of whoever owns it */
	POWER_USER,  /* of whoever sits at the machine */
	POWER_ROOT,
};

struct audit_path { /* strings owned */
	enum audit_path_kind kind;
	enum audit_power power;
	char *source, *destination; /* on the host, in the container */
	char *what; /* "the Docker daemon", "a private SSH key"; NULL: nothing special */
	uint32_t mode; /* type and permissions, 0: unknown */
	bool owner_known;
	uint32_t owner; /* on the host */
	bool below;     /* no mount itself, but lies in paths.items[top] */
	size_t top;
	uint64_t mount_id;       /* of a mount of a running container, 0: unknown */
	bool is_node;            /* a device node that is made, not bound */
	bool read_only;          /* in the container */
	bool nosuid;             /* where the host has it mounted */
	bool idmapped;           /* by its mount; then... */
	uint32_t disk_uid;       /* ...those who count have this id on disk */
	bool open_to_all;        /* anybody on the host gets there */
	bool given;              /* its owner will be the container's user */
	bool unreached;          /* it could not be looked at, */
	bool hidden;             /* or another mount lies on it */
	bool tried;              /* the rest was found by trying... */
	bool readable, writable; /* ...as the one who counts: see audit_judged() */
	bool remountable;        /* read-only, but the container could change that */
	bool user_readable, user_writable; /* as the container's first process */
};

struct audit_paths {
	struct audit_path *items; /* owned */
	size_t n;
};

/* A limit of a control group; the smallest on the way to the top. */
struct audit_limit {
	bool is_known, is_set;
	uint64_t value;
	bool is_shared; /* with others of the host: the group is not the container's own */
};

enum audit_subject { AUDIT_CONTAINER, AUDIT_IMAGE, AUDIT_DIRECTORY };

struct audit_facts { /* strings and arrays owned */
	enum audit_subject subject;
	char *name, *id; /* id: "" if there is none yet */
	char *state;     /* "running", "exited", "not made yet" */

	uint32_t caller_uid;
	char *caller; /* name, or number */

	bool own_user_ns;
	/* A range of its own that is chosen when it is made: till then these ids stand in for it.
	 * pool_count 0: all ids are known */
	uint32_t pool_start, pool_count;
	struct idmap uids, gids; /* to the host's; no lines without own_user_ns */
	struct audit_who root, user;
	char **map_words; /* "0 is you", "1-65536 are 100000-165535, your subordinate ids" */
	bool shares_caller, shares_root;
	char **accounts; /* others of the host whose ids it has; at most AUDIT_NAMES_MAX */
	char **containers; /* names of those that have ids in common with it */

	uint64_t bounding,
		effective; /* bit N: capability N; effective: of its first process */
	bool nested;       /* it may make containers of its own */
	bool no_new_privileges;
	char *seccomp;            /* "default", "unconfined", the path of a profile */
	char *apparmor, *selinux; /* NULL: none */
	char **masked_paths, **readonly_paths;
	bool read_only_root;
	bool shares_ns[NS_KINDS]; /* the host's */
	bool keeps_groups;        /* setgroups is denied: it has the caller's groups */

	struct audit_paths paths;
	char *untried; /* why paths could not be tried, NULL: they were */

	struct audit_limit pids, memory;
	bool shares_quotas; /* processes, inotify, keys are counted with the caller's */
};
#define AUDIT_NAMES_MAX 64

/* audit_is_from_pool() - this id of the host stands in for one that is not known yet. */
bool audit_is_from_pool(const struct audit_facts *f, uint32_t host_id);

void audit_facts_release(struct audit_facts *f);
#define cleanup_audit_facts cleanup(audit_facts_release)

/* audit_paths_add() - a zeroed one at the end; valid until the next. */
struct audit_path *audit_paths_add(struct audit_paths *list);
