/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `cubby audit`: what a container, there or not yet made, could do on the host. Looks and tries;
 * makes, records and changes nothing.
 */
#pragma once

#include "engine/audit_facts.h"
#include "engine/container.h"
#include "engine/create_options.h"
#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

/* audit_container() - a running one by what the kernel says of it, another by its config.json. */
int audit_container(const struct engine *e, const struct container *c,
		    struct audit_facts *ret, struct error *err) _must_check_;

/* audit_options() - the container that `run` would make. An image that is not here is
 * ERR_NOT_FOUND; e->store is open. */
int audit_options(const struct engine *e, const struct create_options *o,
		  struct audit_facts *ret, struct error *err) _must_check_;
