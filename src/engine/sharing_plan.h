/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which namespaces a new container shares, and with whom: from --pid, --ipc, --uts, --cgroupns, --network, --requires.
 *
 * A namespace of another container belongs to that container's user namespace, so this is shared as well, unless
 * somebody says otherwise: then it is refused. What is found here are ids and words, for the record; namespaces are
 * opened at each start (joined.h), as another start of the other container has other ones.
 */
#pragma once

#include <stdbool.h>

#include "engine/namespace_option.h"
#include "util/cleanup.h"
#include "util/error.h"

struct sharing_plan {
	struct namespace_option
		options[NS_KINDS]; /* pid, ipc, uts, cgroup, network; the target of
						      a container is its id */
	char *user;    /* what --userns would say for the user namespace that comes along:
			    "container:ID", "owner:PATH", "host" (none at all); NULL: none does */
	char *user_of; /* the option that brings it: "--pid container:web" */
	char *user_root; /* whose user namespace that is in the end: an id, or "" */
	char *hostname; /* of the container whose uts namespace is joined; NULL: none is */
	char *hosts,
		*resolv_conf; /* files of the container whose network is joined, bound
				      here as well; NULL: none */
	bool no_mqueue;       /* the host, whose ipc namespace it is, has none to show */
	char **dependencies;  /* ids of containers that must run before, each once */
};
void sharing_plan_release(struct sharing_plan *s); /* safe on a zeroed struct */

/* sharing_words() - "container:ID" for the record and the spec. Caller frees. */
char *sharing_words(const struct sharing_plan *s, enum namespace_kind kind);

/* sharing_is_own() - neither the host's nor anybody else's. */
bool sharing_is_own(const struct sharing_plan *s, enum namespace_kind kind);

/* sharing_depend() - note a container's id, once. */
void sharing_depend(struct sharing_plan *s, const char *id);

/* sharing_needs_store() - e->store must be open already when the plan is made. */
struct create_options;
bool sharing_needs_store(const struct create_options *o);

/*
 * sharing_user_root() - following "container:ID" from one container to the next: the id of the one that has made the
 * user namespace, "" for one without any. Caller frees.
 */
struct engine;
struct container;
int sharing_user_root(const struct engine *e, const struct container *c, char **ret,
		      struct error *err) _must_check_;
