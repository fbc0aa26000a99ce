/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A new container, understood: every option parsed and checked, names looked up in the
 * root file system, the host asked what it has. Nothing is made. spec_gen() and the
 * record are derived from it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/container_config.h"
#include "engine/create_options.h"
#include "engine/device_option.h"
#include "engine/etc_files.h"
#include "engine/health_config.h"
#include "engine/log_option.h"
#include "engine/network_config.h"
#include "engine/secret_option.h"
#include "engine/security_option.h"
#include "engine/settings.h"
#include "engine/sharing_plan.h"
#include "engine/user_ids.h"
#include "engine/user_lookup.h"
#include "engine/userns_plan.h"
#include "engine/volume_option.h"
#include "runtime/cgroup_manager.h"
#include "runtime/idmap.h"
#include "util/cleanup.h"
#include "util/error.h"

struct create_image;
struct spec_resources;
struct spec_rlimit;
struct spec_seccomp;
struct spec_key_value;

struct create_plan {
	const struct create_options *options; /* borrowed; the rest is owned */
	char *id, *name;
	bool name_chosen; /* by the user */
	bool rootless;
	char *rootfs; /* absolute; of an image: the empty directory where it will be attached */
	int root_fd;                      /* of a directory; -EBADF: an image */
	const struct create_image *image; /* of the options; NULL: a directory */
	char *data_dir; /* of the container; NULL: nothing lies there before the record */
	char *upper, *work; /* of an image's overlay... */
	bool is_volatile;   /* ...which is mounted once only, so it needs no syncing */
	char **entrypoint, **args; /* args: what runs, without --init's program */
	char *init_program;        /* of the host, NULL: no --init */
	char **env, *cwd, *hostname;
	struct user_identity user;
	bool keep_groups; /* of the caller */
	bool has_umask;
	uint32_t umask;
	struct settings settings;
	struct sharing_plan sharing;
	struct network_config net;
	bool no_network_for_want; /* it would be at one if nft were installed */
	bool ports_discarded;     /* published, but it has no network of its own */
	struct userns_plan userns;
	struct idmap uids,
		gids; /* empty: no user namespace; outside are ids of the engine's
				    own namespace. Those of a range of its own (userns.mode
				    AUTO) are filled in by container_create_begin() */
	struct user_ids whole; /* with is_remapped: the user's whole map */
	bool is_remapped;      /* the map is another than what image layers have */
	bool root_idmap; /* the directory's owners are shown as the container's ids */
	bool has_outer;  /* an outer user namespace is needed for that */
	bool network_host;
	bool is_systemd;    /* the program is systemd, or shall be taken for it */
	bool terminal;      /* asked for, or the console of a systemd */
	bool writes_cgroup; /* its cgroup file system is writable */
	bool owns_cgroup; /* its root may write to cgroups: they are a level below the limits */
	struct security_plan security;
	struct spec_seccomp *seccomp; /* a custom profile */
	struct volumes volumes, tmpfs;
	struct secret_uses secrets;
	struct device_nodes devices;
	struct spec_rlimit *rlimits;
	size_t n_rlimits;
	enum cgroup_manager cgroup_manager; /* whom each start asks */
	struct cgroup_place cgroup_place;   /* where its cgroup will be... */
	struct spec_resources *resources;   /* ...and the limits there; NULL: none */
	int64_t pids_default; /* nobody asked for this limit of processes; 0: somebody did */
	char **sysctls, **labels, **annotations; /* "key=value", sorted */
	struct etc_plan etc;
	struct etc_words etc_words;
	char *subuid,
		*subgid; /* texts of these files (--nested); NULL: as the root has them */
	char *run_dir;   /* of the container: where the etc files will lie */
	uint16_t columns, rows; /* of the user's terminal, 0: unknown */
	int stop_signal;
	struct log_settings log;
	struct health_config health;
};
#define CREATE_PLAN_INIT       \
	((struct create_plan){ \
		.root_fd = -EBADF, .settings = SETTINGS_INIT, .log = LOG_SETTINGS_INIT})
void create_plan_release(struct create_plan *p);
#define cleanup_create_plan cleanup(create_plan_release)

struct engine;

/* create_plan_build() - id and (unless chosen) name are new random ones. */
int create_plan_build(const struct engine *e, const struct create_options *options,
		      struct create_plan *ret, struct error *err) _must_check_;

/* create_plan_config() - what goes into the record. */
void create_plan_config(const struct create_plan *p, struct container_config *ret);

/* create_mounts_need_store() - e->store must be open already when the plan is made. */
bool create_mounts_need_store(const struct create_options *o);

/*
 * create_plan_warning() - the one thing worth saying although nothing fails: root of a
 * container without user namespace can write to the host's files, or the container's user
 * cannot write to a volume. NULL if there is nothing to say. Caller frees.
 */
char *create_plan_warning(const struct create_plan *p);
