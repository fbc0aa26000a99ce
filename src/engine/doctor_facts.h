/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `cubby doctor` knows of a host: the runtime's tries (runtime/probe.h), and what lies in
 * files. Looking changes nothing; not even the data directory is made.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtime/probe.h"
#include "util/cleanup.h"
#include "util/error.h"

/* A directory of the engine's own. */
struct doctor_dir {
	char *path;            /* owned; NULL: there is no place for it */
	char *existing;        /* owned: itself, or what of the way to it there is */
	bool exists, writable; /* writable: of `existing` */
	bool in_the_way;       /* `existing` is no directory */
	uint32_t owner, mode;  /* of `existing` */
	uint64_t fs_magic;     /* statfs(2) */
	uint64_t mount_flags;  /* statvfs(3), ST_* */
	uint64_t free_bytes, free_inodes; /* for this user */
	bool has_inodes;                  /* the file system counts them */
	char *problem;                    /* owned: why there is no such place */
};

struct doctor_program {
	char *path;    /* owned; NULL: not found */
	char *version; /* owned; what it says of itself */
	char *problem; /* owned; why it does not start */
};

/* newuidmap, newgidmap */
struct doctor_mapper {
	char *path; /* owned; NULL: not found */
	bool privileged, nosuid;
};

struct doctor_limit {
	uint64_t soft, hard; /* UINT64_MAX: none */
};

enum {
	DOCTOR_MONITOR,
	DOCTOR_INIT,
	DOCTOR_TRANSFER,
	DOCTOR_LAYER,
	DOCTOR_NETWORK,
	DOCTOR_PROGRAMS
};
enum { DOCTOR_NOFILE, DOCTOR_NPROC, DOCTOR_MEMLOCK, DOCTOR_LIMITS };

#define DOCTOR_UNKNOWN INT64_MIN /* a setting that this kernel does not have */

struct doctor_facts {
	uint32_t uid;
	char *user;      /* owned; NULL: not in the user database */
	bool rootless;   /* not root */
	bool namespaced; /* in a user namespace that somebody has made */
	bool no_new_privs;
	uint64_t own_uids, own_gids;     /* how many ids this process's namespace has */
	uint64_t sub_uids, sub_gids;     /* subordinate ids */
	uint64_t free_uids, free_gids;   /* where 65536 are nobody's, 0: none */
	char *sub_problem;               /* owned; why they can't be read */
	struct doctor_mapper mappers[2]; /* newuidmap, newgidmap */
	struct probe probes[N_PROBES];
	struct doctor_dir data, run;
	bool runtime_dir_set, runtime_dir_ours; /* XDG_RUNTIME_DIR */
	bool systemd;                           /* booted with it */
	bool user_manager;                      /* of this user */
	bool lingers;
	char *kernel;   /* owned; release */
	char *security; /* owned; security modules, NULL: not to be seen */
	int64_t max_user_namespaces, userns_clone, apparmor_userns, inotify_instances,
		maxkeys, port_start;
	int64_t ping_first, ping_last;
	struct doctor_limit limits[DOCTOR_LIMITS];
	struct doctor_program programs[DOCTOR_PROGRAMS];
	char *nft;          /* owned; NULL: not found */
	char *uplink;       /* owned; the program that is there; NULL: none */
	bool uplink_is_own; /* ours, which uses libslirp */
};
void doctor_facts_release(struct doctor_facts *f);
#define cleanup_doctor_facts cleanup(doctor_facts_release)

/* doctor_look() - root, runroot: as --root and --runroot, may be NULL. Fails only if nothing can be tried at all. */
int doctor_look(const char *root, const char *runroot, struct doctor_facts *ret,
		struct error *err) _must_check_;

/* doctor_dir_look() - one directory; path is copied, NULL: there is none. */
void doctor_dir_look(const char *path, struct doctor_dir *ret);
