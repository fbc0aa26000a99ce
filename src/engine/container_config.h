/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the user asked of a container and the OCI spec does not say: kept as JSON in the
 * container's record. Members that this version doesn't know are dropped.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/health_config.h"
#include "engine/network_config.h"
#include "util/cleanup.h"
#include "util/error.h"

struct container_config {  /* strings owned */
	char *rootfs;      /* absolute; NULL: an image */
	char *image;       /* its name; the id is in the record */
	char **entrypoint; /* as given with --entrypoint */
	char **command;    /* what runs, entrypoint included, without --init's program */
	char **create_command; /* the command line that made it */
	char *create_dir;      /* and where its paths begin */
	char **attach;         /* --attach: "stdin", "stdout", "stderr" */
	char **labels;         /* "key=value", sorted by key */
	char **binds;          /* -v as it was understood, "source:destination:options" */
	char **secrets; /* see engine/secret_option.h; what they hold is nowhere here */
	char **mounts;  /* the same and more, see engine/mount_record.h */
	char **cap_add, **cap_drop;
	char *user, *detach_keys;
	char *network; /* its mode: "bridge", "none", "host", "container:ID" ... */
	struct network_config net; /* what it is attached to, if that is a network */
	char *userns;              /* the mode that was asked for; NULL: none */
	char *seccomp;             /* "default", "unconfined", or the profile's path */
	char *log_driver, *log_path, *log_tag; /* as in struct log_settings */
	char **log_labels;
	int64_t log_max_size, log_max_files;
	struct health_config health;
	int64_t sdnotify; /* enum sdnotify_mode */
	char *pid, *ipc, *uts,
		*cgroupns;   /* "private", "host", "container:ID", "ns:PATH" ...; NULL:
			      private, of an older version */
	int64_t cgroup_mode; /* enum cgroup_mode */
	char *cgroup_parent; /* as asked for; NULL: nothing was */
	char **dependencies; /* ids of containers that must run before it */
	char **add_hosts, **group_add, **devices; /* as typed, for `inspect` */
	char **dns, **dns_options, **dns_search;
	int64_t timeout_sec;
	char *cidfile, *pidfile;
	char *pod_name; /* NULL: it is in none */
	bool is_infra;  /* of a pod */
	bool interactive, terminal, privileged, nested, init, read_only;
	bool systemd;      /* its program is one */
	bool remove_image; /* --rmi: it goes with the container */
	bool single_id;    /* the image is unpacked with all owners as one */
	char *restart;     /* its policy, as restart_policy_text() has it; NULL: none */
	int64_t stop_signal, stop_timeout_sec;
};

void container_config_release(struct container_config *c);
#define cleanup_container_config cleanup(container_config_release)

/* container_config_text() - as JSON. Caller frees. */
char *container_config_text(const struct container_config *c);
int container_config_parse(const char *text, struct container_config *ret,
			   struct error *err) _must_check_;

/* container_config_source() - what it was made from, for people: image or directory. */
const char *container_config_source(const struct container_config *c);

/* container_config_label() - value of a label, or NULL. */
const char *container_config_label(const struct container_config *c, const char *key);

/* container_config_pairs() - "key=value" words as a JSON object. Caller owns. */
struct json_object;
struct json_object *container_config_pairs(char *const *words);
