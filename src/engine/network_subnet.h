/* SPDX-License-Identifier: Apache-2.0 */
/* Which subnet a new network gets: one that neither the host's routes nor another network has. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "engine/network_address.h"
#include "util/cleanup.h"
#include "util/error.h"

struct json_object;

struct subnets {
	struct subnet *items; /* owned */
	size_t n;
};
void subnets_release(struct subnets *list);
#define cleanup_subnets cleanup(subnets_release)
void subnets_add(struct subnets *list, const struct subnet *s);
/* subnets_overlapping() - the first of them that overlaps s; NULL: none. */
const struct subnet *subnets_overlapping(const struct subnets *list,
					 const struct subnet *s);

/*
 * subnet_routes_parse() - what stands in /proc/net/route (v4) or /proc/net/ipv6_route, appended; default routes, those
 * that cover half of the world, loopback, link-local and multicast ones are left out. Lines that are none are too. Pure.
 */
void subnet_routes_parse(const char *text, bool is_v6, struct subnets *ret);
/* subnet_routes_read() - of the namespace that the caller is in. What can't be read is not there. */
void subnet_routes_read(struct subnets *ret);

/* A pool that subnets of a size are taken from. */
struct subnet_pool {
	struct subnet base;
	unsigned int length;
};
struct subnet_pools {
	struct subnet_pool *items; /* owned */
	size_t n;
};
void subnet_pools_release(struct subnet_pools *list);
#define cleanup_subnet_pools cleanup(subnet_pools_release)

/* subnet_pools_get() - default_subnet_pools of containers.conf (conf may be NULL), or the built-in ones. */
int subnet_pools_get(struct json_object *conf, struct subnet_pools *ret,
		     struct error *err) _must_check_;

/* subnet_choose() - the first of the pools that overlaps none of `used`. None is ERR_CONFLICT with what helps. Pure. */
int subnet_choose(const struct subnet_pools *pools, const struct subnets *used,
		  struct subnet *ret, struct error *err) _must_check_;

/* subnet_choose_v6() - a /64 of the local kind, at random. RFC 4193. */
int subnet_choose_v6(const struct subnets *used, struct subnet *ret,
		     struct error *err) _must_check_;
