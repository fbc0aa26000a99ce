/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of a container's /etc/hosts and /etc/resolv.conf, by podman's rules. Pure. */
#pragma once

#include <stdbool.h>

#include "util/buf.h"
#include "util/cleanup.h"
#include "util/error.h"

/* etc_check_add_host() - "NAME[;NAME...]:ADDRESS", address IPv4 or IPv6, or "host-gateway" if that has an address. */
int etc_check_add_host(const char *text, bool has_gateway,
		       struct error *err) _must_check_;

struct etc_hosts {
	char *const *add;  /* strv of the above; they come first, so that they count */
	const char *base;  /* text of a hosts file: its lines follow; NULL: none */
	bool network_host; /* the host's own: the gateway to it is its loopback */
	const char *hostname,
		*name;          /* the container's: where it has a network of its own */
	char *const *addresses; /* strv; which it has there; NULL: its loopback */
	char *const *
		names; /* strv; more of these, separated by blanks: one for each address; may be NULL */
	const char *host; /* the address by which it reaches the host; NULL: none */
};

/* etc_hosts_text() - 0 or -E2BIG. Names of the base that say where the host is (host.containers.internal) are
 * left out: they are another container's. Its own are there if `host` is said. */
int etc_hosts_text(const struct etc_hosts *h, struct buf *ret) _must_check_;

struct etc_resolv {
	const char *base;     /* the host's resolv.conf; NULL: none */
	bool at_network;      /* of the base only search and options count */
	char *const *servers; /* instead of its own, as the next two; strv */
	char *const *searches, *const *options; /* a search of "." or "": none */
};
int etc_resolv_text(const struct etc_resolv *r, struct buf *ret) _must_check_;
