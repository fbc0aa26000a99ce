/* SPDX-License-Identifier: Apache-2.0 */
/* A container that is made in a pod: what of its options the pod says. */
#pragma once

#include "engine/create_options.h"
#include "engine/engine.h"
#include "engine/pod_config.h"
#include "util/cleanup.h"
#include "util/error.h"

struct pod_member {
	struct create_options
		options; /* those of the container, with the pod's; borrowed but for: */
	char *pod_id, *pod_name, *infra_words;
	char **networks;
	char **volumes, **volumes_from, **devices, **security_opt;
	struct pod_cgroup_config cgroup;
};
void pod_member_release(struct pod_member *m); /* safe on a zeroed struct */
#define cleanup_pod_member cleanup(pod_member_release)

/*
 * pod_member_build() - options->namespaces.pod or pod_id_file names the pod. What the container says itself goes
 * before what the pod says; a host name in a pod that shares one is refused.
 */
int pod_member_build(const struct engine *e, const struct create_options *options,
		     struct pod_member *ret, struct error *err) _must_check_;

/* pod_member_wanted() - whether the options name a pod. */
bool pod_member_wanted(const struct create_options *o);
