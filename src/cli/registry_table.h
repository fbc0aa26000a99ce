/* SPDX-License-Identifier: Apache-2.0 */
/* Options that all commands which speak to registries share, and those that choose a platform. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cli/options.h"
#include "transfer/protocol.h"
#include "util/cleanup.h"
#include "util/error.h"

struct registry_values { /* as typed; strings borrowed from argv */
	const char *authfile, *creds, *cert_dir;
	bool tls_verify, tls_verify_given;
	int64_t retry, retry_delay_usec;
};
/* registry_table: all of them; auth_table: --authfile; tls_table: --cert-dir, --tls-verify. */
extern const struct option_spec registry_table[], auth_table[], tls_table[];
void registry_values_defaults(struct registry_values *v);
/* registry_values_fill() - *ret borrows from v. */
void registry_values_fill(const struct registry_values *v,
			  struct transfer_registry_options *ret);

struct platform_values {
	const char *platform, *os, *arch, *variant;
};
extern const struct option_spec platform_table[];
/* platform_values_fill() - *ret is owned by the caller (transfer_platform_clear). */
int platform_values_fill(const struct platform_values *v, struct transfer_platform *ret,
			 struct error *err) _must_check_;
void transfer_platform_clear(struct transfer_platform *p);
