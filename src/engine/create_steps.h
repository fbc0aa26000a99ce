/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of create_plan_build(), in files by subject. Each reads the options and fills its part of
 * the plan; create_plan.c has their order. Private to these files and userns_reserve.c.
 */
#pragma once

struct create_plan;
struct engine;
struct error;

typedef int create_step(const struct engine *e, struct create_plan *p, struct error *err);

/* create_program.c */
create_step create_plan_rootfs, create_plan_map, create_plan_command, create_plan_user,
	create_plan_hostname, create_plan_env, create_plan_cwd;

/* create_sharing.c */
create_step create_plan_sharing;

/* create_userns.c */
create_step create_plan_userns, create_plan_ids;

/* create_owners.c */
create_step create_plan_root_owner;

/* create_plan_owner_hint() - which option makes a volume writable for the container's user, if one is not. NULL:
 * nothing to say. Caller frees. */
char *create_plan_owner_hint(const struct create_plan *p);

/* create_host.c */
create_step create_plan_security, create_plan_devices, create_plan_etc;

/* create_mounts.c */
create_step create_plan_mounts;
/* create_mounts_config() - what goes into the record. */
struct container_config;
void create_mounts_config(const struct create_plan *p, struct container_config *ret);

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
