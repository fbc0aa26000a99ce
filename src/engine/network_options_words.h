/* SPDX-License-Identifier: Apache-2.0 */
/* What --driver, --opt, --ipam-driver, --interface-name and --dns of `network create` may say. Pure. */
#pragma once

#include "engine/network_create.h"
#include "util/cleanup.h"
#include "util/error.h"

#define NETWORK_IPAM_LOCAL "host-local"
#define NETWORK_IPAM_NONE  "none"

/* network_words_fill() - checked, into the network. */
int network_words_fill(const struct network_new *q, struct network *n,
		       struct error *err) _must_check_;

/* network_words_dns() - whether all are addresses. */
int network_words_dns(const char *option, char *const *dns,
		      struct error *err) _must_check_;
