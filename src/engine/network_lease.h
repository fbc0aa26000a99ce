/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses of containers: given for one run, from its start to its end, by a transaction; none is given twice.
 * The rows stand in the database under the container's id, so that whoever finds the container ended takes them back.
 */
#pragma once

#include "engine/engine.h"
#include "engine/network_config.h"
#include "network/request.h"
#include "util/cleanup.h"
#include "util/error.h"

/* A container's places and the networks that they are in, as the network program wants them. */
struct network_lease {
	struct network_definition *networks; /* each once */
	size_t n_networks;
	struct network_member member;
};
void network_lease_release(
	struct network_lease
		*l); /* frees memory, gives nothing back; safe on a zeroed struct */
#define cleanup_network_lease cleanup(network_lease_release)

struct network_lease_request {
	const char *id, *name, *hostname; /* of the container */
	const struct network_config *config;
	char *const *dns_servers; /* --dns; NULL: none */
};

/*
 * network_lease_take() - addresses for every attachment, in one transaction of its own; e->store must be open. The
 * names are the container's name, its short id, its host name and the aliases. A network that is gone is ERR_NOT_FOUND, an
 * address that somebody has ERR_CONFLICT with who it is, a pool without a free one ERR_CONFLICT with what helps.
 */
int network_lease_take(const struct engine *e, const struct network_lease_request *q,
		       struct network_lease *ret, struct error *err) _must_check_;
/* network_lease_try() - the same without a second look at who has what: some may be dead. */
int network_lease_try(const struct engine *e, const struct network_lease_request *q,
		      struct network_lease *ret, struct error *err) _must_check_;

/* network_lease_read() - what it has now, without taking any; n_endpoints 0: nothing. */
int network_lease_read(const struct engine *e, const struct network_lease_request *q,
		       struct network_lease *ret, struct error *err) _must_check_;

/* network_lease_drop() - give back all that a container has, whether or not it exists. */
int network_lease_drop(const struct engine *e, const char *id,
		       struct error *err) _must_check_;
