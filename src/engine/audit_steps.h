/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of audit.c, in files by subject. Private to these. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "engine/audit_accounts.h"
#include "engine/audit_facts.h"
#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

struct spec;
struct volumes;

/* What is audited. Nothing is owned. */
struct audit_source {
	const struct engine *engine;
	const struct spec *spec;
	const char *id; /* NULL: not made yet */
	const char *
		own_id; /* whose directories below data and run are the container's own */
	/* of one that is not made yet */
	const struct volumes *volumes;   /* NULL: it is made */
	bool root_idmap;                 /* its root directory will be idmapped */
	uint32_t pool_start, pool_count; /* what stands in for a range of its own */
	bool has_image;                  /* else the root is a directory of the host */
	pid_t init_pid;                  /* 0: it does not run */
	int init_pid_fd;                 /* -EBADF */
	const struct audit_accounts *accounts;
};

/* audit_spec_facts() - what the spec says: ids, capabilities, namespaces, what is masked. Pure. */
void audit_spec_facts(const struct spec *spec, struct audit_facts *f);

/* audit_place_users() - f->root and f->user on the host, by the map. Pure. */
void audit_place_users(struct audit_facts *f);

/* audit_live_facts() - what the kernel says of a running container instead. */
int audit_live_facts(pid_t pid, struct audit_facts *f, struct error *err) _must_check_;

/* audit_status_parse() - of /proc/PID/status (pure). */
void audit_status_parse(const char *text, struct audit_facts *f);

/* audit_id_facts() - names for the users, and with whom ids are shared. f->caller_uid is there. */
int audit_id_facts(const struct audit_source *s, struct audit_facts *f,
		   struct error *err) _must_check_;

/* audit_limit_facts() - of the control groups of this process; 0: the caller's own, or lower ones that were asked for (may be
 * NULL). */
struct spec_resources;
void audit_limit_facts(pid_t pid, const struct spec_resources *asked,
		       struct audit_facts *f);

/* audit_list_paths() - what of the host is in the container, and what could matter below that. */
int audit_list_paths(const struct audit_source *s, struct audit_facts *f,
		     struct error *err) _must_check_;

/* audit_try_paths() - as the container's users. What turns out not to matter is taken out. */
int audit_try_paths(const struct audit_source *s, struct audit_facts *f,
		    struct error *err) _must_check_;
