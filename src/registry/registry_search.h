/* SPDX-License-Identifier: Apache-2.0 */
/* Searching registries for repositories. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "registry/registry_options.h"
#include "util/cleanup.h"
#include "util/error.h"

struct registry_found {    /* owned */
	char *registry;    /* "docker.io" */
	char *name;        /* "docker.io/library/debian" */
	char *tag;         /* with list_tags; else NULL */
	char *description; /* what a terminal could obey is made visible */
	int64_t stars;
	bool official, automated;
};
struct registry_found_list {
	struct registry_found *items; /* owned */
	size_t n;
};
void registry_found_list_release(struct registry_found_list *list);
#define cleanup_registry_found_list cleanup(registry_found_list_release)

struct search {
	/* what to look for: "debian", or in one registry only: "docker.io/debian" */
	const char *term;
	bool list_tags;     /* term is a repository: its tags */
	unsigned int limit; /* for each registry; 0: SEARCH_LIMIT_DEFAULT */
};
#define SEARCH_LIMIT_DEFAULT 25
#define SEARCH_LIMIT_MAX     100000

struct registry_search; /* opaque; heap */

/* registry_search_open() - reads what it needs from this host, asks nobody yet. Without a registry in
 * the term all that short names may mean are searched. */
int registry_search_open(const struct registry_options *options,
			 const struct search *search, struct registry_search **ret,
			 struct error *err) _must_check_;

/* registry_search_run() - caller releases. If some registries fail and others do not, *ret_failed says
 * why, a line each (strv; caller frees). */
int registry_search_run(struct registry_search *s, struct registry_found_list *ret,
			char ***ret_failed, struct error *err) _must_check_;

void registry_search_close(struct registry_search *s);
DEFINE_CLEANUP(struct registry_search *, registry_search_close)
#define cleanup_registry_search cleanup(registry_search_closep)
