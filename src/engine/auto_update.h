/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which containers want a newer image by themselves, whether there is one, and whether a container that was started
 * with it is well. Source: podman-auto-update(1).
 */
#pragma once

#include <stdbool.h>

#include "engine/container.h"
#include "engine/image_fetch.h"
#include "util/cleanup.h"
#include "util/error.h"

#define AUTO_UPDATE_LABEL      "io.containers.autoupdate"
#define AUTO_UPDATE_AUTH_LABEL "io.containers.autoupdate.authfile"
#define AUTO_UPDATE_UNIT_LABEL "PODMAN_SYSTEMD_UNIT"

enum auto_policy { AUTO_NONE, AUTO_REGISTRY, AUTO_LOCAL };

/* auto_policy_parse() - a label's value, NULL and "disabled" are none; auto_policy_word() - "registry", "local". */
int auto_policy_parse(const char *text, enum auto_policy *ret,
		      struct error *err) _must_check_;
const char *auto_policy_word(enum auto_policy policy);

struct auto_image {
	const struct container *container;
	enum auto_policy policy;
	const char *authfile; /* NULL: the usual ones */
	struct transfer_registry_options registry;
	const struct image_progress *progress;
	bool only_look; /* fetch no layer, record nothing */
};

/*
 * auto_image_newer() - Return: 1 if the name of the container's image means another image by now, else 0. With AUTO_REGISTRY the
 * registry is asked and, unless only_look, that image is here when this returns. *ret_id (only_look: NULL; caller frees).
 */
int auto_image_newer(const struct engine *e, const struct auto_image *a, char **ret_id,
		     struct error *err) _must_check_;

/*
 * auto_update_wait() - until a container that has just started is well: healthy if it has a health check, else it has run for a
 * moment, or has ended with 0. ERR_CONFLICT: it is not, and why.
 */
int auto_update_wait(const struct engine *e, const char *id,
		     struct error *err) _must_check_;
