/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --userns MODE, as podman has it. Pure: it says what was typed, userns_plan.h what becomes of it.
 *
 *   host, ""            no user namespace of its own
 *   private             one, with the default map
 *   nomap               the caller's own id is not in it
 *   keep-id[:uid=N,gid=N,size=N]
 *                       the caller is itself inside, or the user that is named
 *   auto[:size=N,uidmapping=C:H:N,gidmapping=C:H:N]
 *                       a range of ids of its own
 *   ns:PATH             that of a file such as /proc/PID/ns/user
 *   container:NAME      that of another container
 *
 * Source: podman-run(1), --userns.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

enum userns_mode {
	USERNS_HOST,
	USERNS_PRIVATE,
	USERNS_NOMAP,
	USERNS_KEEP_ID,
	USERNS_AUTO,
	USERNS_PATH,
	USERNS_CONTAINER,
};

struct userns_option {
	enum userns_mode mode;
	bool has_uid, has_gid;
	uint32_t uid, gid;                   /* keep-id */
	uint32_t size;                       /* keep-id and auto; 0: not said */
	char **uid_mappings, **gid_mappings; /* auto: lines "C:H:N" (strv) */
	char *target;                        /* path, name or ID */
};
void userns_option_release(struct userns_option *o); /* safe on a zeroed struct */
#define cleanup_userns_option cleanup(userns_option_release)

/* userns_option_parse() - ERR_INVALID with what there is. */
int userns_option_parse(const char *text, struct userns_option *ret,
			struct error *err) _must_check_;

/* userns_mode_word() - "keep-id" */
const char *userns_mode_word(enum userns_mode mode);
