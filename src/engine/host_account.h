/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts of the host, as its name services know them. Never asked of inside a container. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

struct host_account { /* owned */
	char *name, *comment, *home;
	char *group; /* name of the primary group; NULL: it has none */
	uint32_t uid, gid;
};
void host_account_release(struct host_account *a);
#define cleanup_host_account cleanup(host_account_release)

/* host_account_of() - by uid. false: there is none. */
bool host_account_of(uint32_t uid, struct host_account *ret);

/* host_account_find() - by name or number; an unknown one is ERR_NOT_FOUND. */
int host_account_find(const char *text, struct host_account *ret,
		      struct error *err) _must_check_;
