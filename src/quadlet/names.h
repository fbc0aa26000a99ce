/* SPDX-License-Identifier: Apache-2.0 */
/* What the service and what it makes are called, and which file another one means. */
#pragma once

#include "quadlet/quadlet.h"

/*
 * names_give() - service and resource of a unit. "data.volume" is service data-volume and volume systemd-data; a template keeps its @
 * at the end: "data@.volume" is data-volume@. A container's name has specifiers of systemd where it was not given.
 */
int names_give(struct quadlet_unit *u, struct error *err) _must_check_;

/* A file that another one refers to. */
struct names_found {
	const struct quadlet_unit *unit;
	char *service;  /* owned; without ".service" */
	char *resource; /* owned */
};
void names_found_release(struct names_found *f);
#define cleanup_names_found cleanup(names_found_release)

/*
 * names_find() - by a file's name. Where there is no "data@x.volume" the template "data@.volume" is it, with x for its instance. Errors: ERR_NOT_FOUND.
 */
int names_find(const struct quadlet_set *s, const struct unit_entry *e, const char *name,
	       struct names_found *ret, struct error *err) _must_check_;

/* names_template() - where the file's name has an @ that makes it a template or an instance: the part before it, owned, and
 * what stands behind it ("" for a template); false if there is none. */
bool names_template(const char *base, char **ret_prefix, const char **ret_instance);

/* names_base() - a file's name without its extension. Caller frees. */
char *names_base(const char *name);
