/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of create_plan_build(), in files by subject. Each reads the options and fills its part of
 * the plan; create_plan.c has their order. Private to these files and userns_reserve.c.
 */
#pragma once

#include "util/cleanup.h"

struct create_plan;
struct engine;
struct error;

typedef int create_step(const struct engine *e, struct create_plan *p, struct error *err);

/* create_program.c */
create_step create_plan_rootfs, create_plan_map, create_plan_command, create_plan_user,
	create_plan_hostname, create_plan_env, create_plan_cwd;

/* create_sharing.c */
create_step create_plan_sharing;

/* create_network.c */
create_step create_plan_network;

/* create_userns.c */
create_step create_plan_userns, create_plan_ids;

/* create_owners.c */
create_step create_plan_root_owner;

/* create_plan_owner_hint() - which option makes a volume writable for the container's user, if one is not. NULL:
 * nothing to say. Caller frees. */
char *create_plan_owner_hint(const struct create_plan *p);

/* create_etc.c */
create_step create_plan_etc;
/* create_plan_user_files() - texts of /etc/passwd and /etc/group as the container will have them, with the users of
 * --hostuser; NULL for one that is not there. Callers free. */
int create_plan_user_files(const struct create_plan *p, char **ret_passwd,
			   char **ret_group, struct error *err) _must_check_;
/* create_plan_home() - of a user who has no home of its own: where it works. */
const char *create_plan_home(const struct create_plan *p);
/* create_plan_user_words() - -u, or who it is without; NULL: root. (create_program.c) */
const char *create_plan_user_words(const struct create_plan *p);

/* create_publish.c: after create_plan_network */
create_step create_plan_publish;

/* create_systemd.c */
create_step create_plan_systemd;

/* create_host.c */
create_step create_plan_security, create_plan_devices;

/* create_limits.c: after create_plan_devices */
create_step create_plan_cgroup;

/* create_mounts.c */
create_step create_plan_mounts;
/* create_layers.c: O of a directory or a volume (nothing without it), and an image, as overlays of the container's. */
struct volume;
int create_overlay(const struct engine *e, struct create_plan *p, struct volume *v,
		   struct error *err);
int create_image_mount(const struct engine *e, struct create_plan *p, struct volume *v,
		       struct error *err);
/* create_mounts_config() - what goes into the record. */
struct container_config;
void create_mounts_config(const struct create_plan *p, struct container_config *ret);

/* create_secrets.c */
create_step create_plan_secrets;
/* create_secrets_spec() - those that are mounted. create_secrets_lines(): for the record (strv); caller frees. */
struct spec;
void create_secrets_spec(const struct create_plan *p, struct spec *spec);
char **create_secrets_lines(const struct create_plan *p);

/* create_inside.c: after create_plan_cgroup and create_plan_nested */
create_step create_plan_inside;

/* create_nested.c */
create_step create_plan_nested;
/* create_plan_nested_ids() - shares for those inside; once more when a range of its own was chosen. */
void create_plan_nested_ids(struct create_plan *p);
/* create_words.c */
create_step create_plan_limits, create_plan_labels, create_plan_life;

/* create_log.c */
create_step create_plan_log;

/* create_health.c */
create_step create_plan_health;
