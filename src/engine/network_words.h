/* SPDX-License-Identifier: Apache-2.0 */
/* What --driver, --opt, --ipam-driver, --interface-name and --dns of `network create` may say. Pure. */
#pragma once

#include <stdbool.h>

#include "engine/network_settings.h"
#include "util/cleanup.h"
#include "util/error.h"

#define NETWORK_IPAM_LOCAL "host-local"
#define NETWORK_IPAM_NONE  "none"
#define NETWORK_DRIVER     "bridge"

/* What was typed; borrowed, lists are strv. */
struct network_new {
	const char *name; /* NULL: one is chosen */
	const char *driver, *ipam, *interface;
	char *const *subnets, *const *gateways, *const *ranges; /* that belong together */
	char *const *options, *const *labels, *const *dns;
	bool ipv6, internal, no_dns;
};

/* network_words_fill() - checked, into the network. */
int network_words_fill(const struct network_new *q, struct network *n,
		       struct error *err) _must_check_;

/* network_words_dns() - whether all are addresses. */
int network_words_dns(const char *option, char *const *dns,
		      struct error *err) _must_check_;
