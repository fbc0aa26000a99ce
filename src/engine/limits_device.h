/* SPDX-License-Identifier: Apache-2.0 */
/* Limits that name a device: its path, and what of it. The host's device node is looked up. */
#pragma once

#include "util/cleanup.h"
#include "util/error.h"

struct spec_block_io;
struct spec_device_rule;

/* What one value of these options is: the numbers of a whole disk. A later one for the same disk replaces the earlier. */
int limits_weight_device(struct spec_block_io *io, const char *text,
			 struct error *err) _must_check_;

enum limits_rate {
	LIMITS_READ_BPS,
	LIMITS_WRITE_BPS,
	LIMITS_READ_IOPS,
	LIMITS_WRITE_IOPS
};

/* limits_rate_device() - "PATH:RATE"; bps with a unit ("1mb"), iops a number. 0: no limit. */
int limits_rate_device(struct spec_block_io *io, enum limits_rate which, const char *text,
		       struct error *err) _must_check_;

/* limits_device_rule() - "c 1:3 rwm", "b *:* r", "a *:* rwm" of --device-cgroup-rule. *ret's strings are the caller's. Pure. */
int limits_device_rule(const char *text, struct spec_device_rule *ret,
		       struct error *err) _must_check_;
