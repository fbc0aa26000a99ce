/* SPDX-License-Identifier: Apache-2.0 */
/* --device HOST[:CONTAINER][:rwm], and all devices of the host for --privileged. Looks at
 * the host's device nodes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "util/cleanup.h"
#include "util/error.h"

struct device_node {         /* strings owned */
	char *source, *path; /* on the host, in the container */
	mode_t mode;         /* type and permissions of the host's */
	dev_t number;
	uid_t uid;
	gid_t gid;
	char access[4]; /* some of "rwm" */
};

struct device_nodes {
	struct device_node *items; /* owned */
	size_t n;
};
void device_nodes_release(struct device_nodes *list);
#define cleanup_device_nodes cleanup(device_nodes_release)

/* device_parse() - adds the device, or all below a directory. Less access than rw is for device control groups to
 * enforce: see device_restricted(). */
int device_parse(struct device_nodes *list, const char *text,
		 struct error *err) _must_check_;

/* device_restricted() - the first that has less access than rw, or NULL. */
const struct device_node *device_restricted(const struct device_nodes *list);

/* device_add_host() - everything below /dev but pty, shm and what a container always has.
 */
int device_add_host(struct device_nodes *list, struct error *err) _must_check_;
