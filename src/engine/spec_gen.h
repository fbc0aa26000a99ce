/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the plan of a container to its OCI runtime spec. Pure: the same plan gives the
 * same spec, and nothing of the host is looked at. Defaults are podman's.
 */
#pragma once

#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

struct create_plan;
struct spec;

/* spec_gen() - caller owns *ret. The default seccomp filter is not in it: it goes to the
 * launch compiled. */
int spec_gen(const struct create_plan *p, struct spec **ret,
	     struct error *err) _must_check_;

/* The parts, each in its own file; the spec is empty but for what earlier parts made. */
void spec_gen_mounts(const struct create_plan *p, struct spec *spec);
int spec_gen_security(const struct create_plan *p, struct spec *spec,
		      struct error *err) _must_check_;

/*
 * spec_gen_capabilities() - set the five sets for a user: all of bounding for root, what
 * was added for others. Also for exec. What *c held is freed.
 */
struct spec_capabilities;
void spec_gen_capabilities(struct spec_capabilities *c, uint64_t bounding, uint64_t added,
			   uint32_t uid);

#define INIT_PATH "/run/cubby-init" /* of --init, in the container */
