/* SPDX-License-Identifier: Apache-2.0 */
/* What a registry has: tags, repositories, search. OCI distribution specification, "Listing tags";
 * the distribution project's catalog; Docker's search. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "registry/client.h"

#define CLIENT_LIST_MAX 100000 /* names */

/* client_list_tags() - all of a repository, as the registry sorts them. Missing is ERR_NOT_FOUND.
 * Caller frees (strv). Names that are no tags are left out. */
int client_list_tags(struct client *c, const char *repository, char ***ret,
		     struct error *err) _must_check_;

struct client_found {
	char *name, *description; /* owned; description never NULL */
	int64_t stars;
	bool official, automated;
};
struct client_search {
	struct client_found *items; /* owned */
	size_t n;
};
void client_search_release(struct client_search *s);
#define cleanup_client_search cleanup(client_search_release)

/*
 * client_search() - repositories for a word, at most limit: by /v1/search, which Docker Hub has, or
 * else the names in the catalog that hold it. A registry with neither is ERR_UNSUPPORTED.
 */
int client_search(struct client *c, const char *word, unsigned int limit,
		  struct client_search *ret, struct error *err) _must_check_;
