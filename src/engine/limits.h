/* SPDX-License-Identifier: Apache-2.0 */
/* Limits as typed into OCI resources, and the words of an error about them as options. Pure but for looking up devices. */
#pragma once

#include "engine/limit_options.h"
#include "util/error.h"

struct spec_resources;

#define LIMITS_PIDS_DEFAULT \
	2048 /* where a pids controller is there and nothing else was said, as podman has it */

/*
 * limits_build() - *ret is NULL if nothing was asked for; the caller owns it. Conversions as the engines do: --cpus is quota and
 * period, --memory without --memory-swap allows the same again as swap. ERR_INVALID names the option.
 */
int limits_build(const struct limit_options *o, struct spec_resources **ret,
		 struct error *err) _must_check_;

/* limits_option_name() - "--memory" for "memory.limit" of cgroup_place_check(); a constant; the spec's name itself if no option sets it. */
const char *limits_option_name(const char *spec_option);
