/* SPDX-License-Identifier: Apache-2.0 */
/* What process.c is made of: each part plans in the parent and applies, to itself or to a
 * waiting child. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtime/process_plan.h"
#include "util/error.h"

struct spec_capabilities;
struct spec_io_priority;
struct spec_personality;
struct spec_process;
struct spec_rlimit;
struct spec_scheduler;

/* Each *_plan() turns words into numbers; ERR_INVALID or ERR_UNSUPPORTED names the JSON
 * path. */
int capabilities_plan(const struct spec_capabilities *spec,
		      struct process_capabilities *ret, struct error *err) _must_check_;
int rlimits_plan(const struct spec_rlimit *spec, size_t n, struct process_plan *ret,
		 struct error *err) _must_check_;
int scheduler_plan(const struct spec_scheduler *spec, struct sys_sched_attr *ret,
		   struct error *err) _must_check_;
int ioprio_plan(const struct spec_io_priority *spec, int *ret,
		struct error *err) _must_check_;
int personality_plan(const struct spec_personality *spec, unsigned long *ret,
		     struct error *err) _must_check_;
int lsm_plan(const struct spec_process *process, struct process_plan *ret,
	     struct error *err) _must_check_;

/*
 * rlimits_raise() - hard limits that must go up, by whoever may do that. rlimits_apply() - all as
 * planned, right before exec: the set-up would not survive RLIMIT_NOFILE 3. pid 0: the caller.
 */
int rlimits_raise(const struct process_plan *plan, pid_t pid,
		  struct error *err) _must_check_;
int rlimits_apply(const struct process_plan *plan, pid_t pid,
		  struct error *err) _must_check_;
int scheduler_apply(const struct process_plan *plan, pid_t pid,
		    struct error *err) _must_check_;

/* lsm_apply() - the labels that the next execve(2) takes on. */
int lsm_apply(const struct process_plan *plan, int proc_dirfd,
	      struct error *err) _must_check_;

/* proc_open_pid() - `file` of process pid (0: the caller) in this procfs, no link
 * followed. Return: fd. */
int proc_open_pid(int proc_dirfd, pid_t pid, const char *file, int flags,
		  struct error *err) _must_check_;

/*
 * Capabilities of the calling process, in the order of a start:
 *   capabilities_limit()  before the uid changes: intersect *caps with the bounding set
 *that we have, drop the rest of that, and keep what we hold over the uid change
 *   capabilities_hold()   after it: everything that is still permitted is effective; the
 *			   final inheritable and ambient sets are in place already
 *   capabilities_set()    the final sets
 */
int capabilities_limit(struct process_capabilities *caps, struct error *err) _must_check_;
int capabilities_keep(bool keep, struct error *err) _must_check_;
int capabilities_hold(const struct process_capabilities *caps,
		      struct error *err) _must_check_;
int capabilities_set(const struct process_capabilities *caps,
		     struct error *err) _must_check_;
/* capabilities_get() - all five sets as they are now. */
int capabilities_get(struct process_capabilities *ret, struct error *err) _must_check_;

/* program_exec_error() - execve(2) of `program` failed with `code`: say why. Return:
 * -code. */
int program_exec_error(const char *program, int code, struct error *err);
