/* SPDX-License-Identifier: Apache-2.0 */
/* What a container's places on networks say for its /etc/hosts and /etc/resolv.conf. */
#pragma once

#include <stdbool.h>

#include "engine/network_lease.h"
#include "util/cleanup.h"

struct etc_network {         /* all owned */
	char **addresses;    /* its own, without prefix lengths */
	char **names;        /* for each of these: its names there, separated by blanks */
	char **name_servers; /* the networks', in their order, as many as a resolver asks */
	char *host;          /* how the host is reached; NULL: it is not */
};
void etc_network_release(struct etc_network *n); /* safe on a zeroed struct */
#define cleanup_etc_network cleanup(etc_network_release)

/* etc_network_find() - of a lease (NULL or empty: nothing is found). For an ordinary user the host is reached by the
 * address that it has towards the world, for root by a bridge's. */
void etc_network_find(const struct network_lease *lease, bool rootless,
		      struct etc_network *ret);

/* etc_network_host() - the address of an ordinary user's host towards the world; NULL: it has none. Caller frees. */
char *etc_network_host(void);

/* etc_network_plain_servers() - the name servers of a resolv.conf (may be NULL) that others than the host itself can ask
 * as well. Caller frees (strv). */
char **etc_network_plain_servers(const char *resolv_conf);

/* etc_network_searches() - where a name server of ours answers: its domain before those of the host's resolv.conf (may be
 * NULL), or the names of neighbours would be asked for elsewhere first. Caller frees (strv). */
char **etc_network_searches(const char *resolv_conf);
