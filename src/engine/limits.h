/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits as typed into OCI resources, and the words of an error about them as options. Looks up devices, and which CPUs
 * there are. Source of the conversions: podman-run(1), config-linux.md 'Control groups'.
 *
 *   --memory M           memory.limit M, memory.swap 2*M (memory and swap together) unless --memory-swap says otherwise
 *   --cpus N             cpu.period 100000, cpu.quota N*100000
 *   0                    as if it had not been said; of --cpus and --pids-limit: no limit
 *   -1                   no limit: of a new container as if it had not been said, of `update` the limit is lifted
 */
#pragma once

#include "engine/limit_options.h"
#include "util/error.h"

struct cgroup_place;
struct engine;
struct spec_resources;

#define LIMITS_CPU_PERIOD 100000 /* usec; the kernel's own default, and that of --cpus */
#define LIMITS_PIDS_DEFAULT \
	2048 /* where a pids controller is there and nothing else was said, as podman has it */

/* limits_given() - whether any of the options was. */
bool limits_given(const struct limit_options *o);

/*
 * limits_build() - o->before and what o says on top of it. *ret is NULL if nothing was asked for; the caller owns it. ERR_INVALID names the option;
 * ERR_UNSUPPORTED: cgroups of version 2 have no such limit.
 */
int limits_build(const struct limit_options *o, struct spec_resources **ret,
		 struct error *err) _must_check_;

/*
 * limits_change() - options on top of limits that there are (`before` may be NULL). *ret_after: all of them from now on,
 * NULL if none is left. *ret_change: for cgroup_change(): what is to be written, a lifted limit as -1; NULL: nothing.
 * The caller owns both.
 */
int limits_change(const struct limit_options *o, const struct spec_resources *before,
		  struct spec_resources **ret_after, struct spec_resources **ret_change,
		  struct error *err) _must_check_;

/* limits_option_name() - "--memory" for "memory.limit" of cgroup_place_check(); a constant; the spec's name itself if no option sets it. */
const char *limits_option_name(const char *spec_option);

/* limits_place_find() - cgroup_place_find() with the engine's manager. For a new container, and again at each of its starts. */
int limits_place_find(const struct engine *e, const struct cgroup_options *o,
		      struct cgroup_place *ret, struct error *err) _must_check_;

/* limits_place_check() - cgroup_place_check() whose sentence names the option. `o` (may be NULL) tells --cpus from --cpu-quota. */
int limits_place_check(const struct cgroup_place *place,
		       const struct spec_resources *resources,
		       const struct limit_options *o, struct error *err) _must_check_;

/* limits_plan() - all of it for something new: *ret (NULL: no limits) can be kept in *ret_place. Nothing is made. Both are the caller's. */
int limits_plan(const struct engine *e, const struct limit_options *limits,
		const struct cgroup_options *o, struct cgroup_place *ret_place,
		struct spec_resources **ret, struct error *err) _must_check_;

/* limits_check() - only whether they can be. */
int limits_check(const struct engine *e, const struct limit_options *limits,
		 const struct cgroup_options *o, struct error *err) _must_check_;

/* limits_as_options() - the sentence in *err names an option instead of `spec` (NULL: whichever begins it). Return: the error's. */
int limits_as_options(const char *spec, const struct limit_options *o, struct error *err);
