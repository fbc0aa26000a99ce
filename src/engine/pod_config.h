/* SPDX-License-Identifier: Apache-2.0 */
/* What the user asked of a pod: kept as JSON in its record, and passed on to its containers. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

/* Its cgroup; all NULL: it has none. See engine/pod_cgroup.h. */
struct pod_cgroup_config { /* strings owned */
	char *name;        /* "cubby_pod_ID" */
	char *above; /* what it is made below: a slice or a path; NULL: the manager's choice */
	char *parent;    /* what its containers' --cgroup-parent is: itself */
	char *path;      /* below the top of the hierarchy */
	char *limits;    /* JSON of the OCI resources; NULL: none */
	int64_t manager; /* enum cgroup_manager */
};

void pod_cgroup_config_release(struct pod_cgroup_config *c);

struct pod_config {            /* strings owned */
	char **share;          /* "cgroup", "ipc", "net", "pid", "uts" */
	char **labels;         /* "key=value", sorted by key */
	char **create_command; /* the command line that made it */
	char *hostname;        /* NULL: none of its own */
	char *network;         /* of its infra container */
	char *userns;          /* as asked for; NULL: the default */
	char *exit_policy;     /* "continue" or "stop" */
	char *restart;         /* its containers' restart policy, if they have no other */
	/* for each container in it, as typed, relative paths made absolute */
	char **volumes, **volumes_from, **devices, **security_opt;
	char **add_hosts, **sysctls; /* its infra container's */
	struct pod_cgroup_config cgroup;
	bool no_share_parent; /* its containers' cgroups lie elsewhere */
};
void pod_config_release(struct pod_config *c);
#define cleanup_pod_config cleanup(pod_config_release)

/* pod_config_text() - as JSON. Caller frees. */
char *pod_config_text(const struct pod_config *c);
int pod_config_parse(const char *text, struct pod_config *ret,
		     struct error *err) _must_check_;

/*
 * pod_share_parse() - --share: a list of cgroup, ipc, net, pid, uts, and podman's words none and "" for nothing. A word with a
 * "+" before it is added to the default, which is ipc, net, uts. Source: podman-pod-create(1).
 */
int pod_share_parse(const char *text, char ***ret, struct error *err) _must_check_;
