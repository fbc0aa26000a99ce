/* SPDX-License-Identifier: Apache-2.0 */
/* Options of commands that send images: push, save, manifest push. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cli/options.h"
#include "transfer/protocol.h"
#include "util/cleanup.h"
#include "util/error.h"

struct send_values { /* strings borrowed from argv */
	const char *compression, *format, *digest_file;
	int64_t compression_level;
	bool force_compression, quiet, remove_signatures, content_trust;
};
extern const struct option_spec send_table[];
void send_values_defaults(struct send_values *v);

/* send_values_fill() - checks the words; *ret borrows from v. */
int send_values_fill(const struct send_values *v, struct transfer_send *ret,
		     struct error *err) _must_check_;

/* send_write_digest() - --digestfile, if it was given. */
int send_write_digest(const struct send_values *v, const char *digest,
		      struct error *err) _must_check_;
