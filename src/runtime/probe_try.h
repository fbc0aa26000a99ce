/* SPDX-License-Identifier: Apache-2.0 */
/* How one try is carried out. Private to probe*.c. */
#pragma once

#include <stddef.h>

#include "runtime/probe.h"
#include "util/cleanup.h"
#include "util/error.h"

#define PROBE_DIR_PREFIX ".cubby-doctor-"

struct probe_run {
	const struct probe_host *host;
	struct probe *shared; /* N_PROBES, in memory that children share */
	const char *
		scratch; /* directory of this run on the data's file system; NULL: none */
	const struct idmap *single; /* 0 is the caller */
	const struct idmap *single_group;
};

struct probe_try {
	enum probe_name name;
	/* run() - in a process of its own; may leave number and text in *p. 0 or -errno with *err. */
	int (*run)(const struct probe_run *run, struct probe *p, struct error *err);
};

/* probe_each() - each in turn, in a child of its own. */
void probe_each(const struct probe_run *run, const struct probe_try *tries, size_t n);

/*
 * probe_each_in() - the same inside new namespaces: of a user namespace of the caller's own id
 * (with_user) and new_flags. Where they can't be made, all the tries have failed by that.
 */
struct probe_place {
	bool with_user;
	unsigned long new_flags;
};
void probe_each_in(const struct probe_run *run, const struct probe_place *place,
		   const struct probe_try *tries, size_t n);

/* probe_in() - one function in such namespaces. */
int probe_in(const struct probe_run *run, const struct probe_place *place,
	     int (*fn)(void *data, struct error *err), void *data,
	     struct error *err) _must_check_;

/* probe_fail() - a failure found otherwise than by a try. */
void probe_fail(struct probe *p, const struct error *err);

/* probe_say() - what a try has found, in words. */
void probe_say(struct probe *p, const char *fmt, ...) _printf_(2, 3);

/* The tries, by subject. */
void probe_kernel(const struct probe_run *run);
void probe_namespaces(const struct probe_run *run);
void probe_mounts(const struct probe_run *run);
void probe_storage(const struct probe_run *run);
void probe_cgroups(const struct probe_run *run);
