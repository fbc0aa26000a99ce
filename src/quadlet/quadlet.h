/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quadlet files as services of systemd. Pure: whoever calls has read the files (quadlet/load.h) and writes what comes out
 * (quadlet/place.h). Source: podman-systemd.unit(5) of podman 5.4; what differs from it is in docs/quadlet.md.
 *
 * Files refer to each other, so all are in one set: first each gets its names, then each becomes a service. One that cannot is
 * left out, with a sentence, and so is what refers to it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "quadlet/unit_file.h"
#include "util/error.h"

enum quadlet_kind {
	QUADLET_CONTAINER,
	QUADLET_VOLUME,
	QUADLET_NETWORK,
	QUADLET_IMAGE,
	QUADLET_BUILD,
	QUADLET_POD,
	QUADLET_KUBE, /* known, and refused */
	QUADLET_N_KINDS
};

/* quadlet_kind_of() - by a file's name; -1 if it is none of them, or hidden. */
int quadlet_kind_of(const char *name);
const char *quadlet_extension(enum quadlet_kind kind); /* ".container" */
const char *quadlet_section(enum quadlet_kind kind);   /* "Container" */

struct quadlet_unit {
	enum quadlet_kind kind;
	char *name; /* of the file: "web.container", "web@.container", "web@1.container" */
	char *path;
	struct unit_file
		file;   /* with its drop-ins; quadlet_convert() makes the service of it */
	char *service;  /* its name, without ".service" */
	char *resource; /* the container's, volume's, ... name, or the image */
	char **members; /* of a pod: services that start with it */
	bool done;      /* `file` is the service */
};

/* What is asked of the host. */
struct quadlet_host {
	bool (*exists)(const char *path);
	/* the number of a user or a group, as text that the caller frees; NULL: there is none */
	char *(*id_of)(const char *name, bool group);
};

struct quadlet_set {
	struct quadlet_unit *units;
	size_t n_units;
	bool user;         /* for a user's manager, not the system's */
	const char *cubby; /* the program's path */
	const struct quadlet_host *host;
	/* what is wrong with one file, or odd about it; called any number of times */
	void (*tell)(void *data, bool failed, const struct error *err);
	void *tell_data;
	unsigned int n_failed; /* files of which no service was made */
};

/* quadlet_set_add() - a unit without names; what it points to is the set's. `file` is moved. */
void quadlet_set_add(struct quadlet_set *s, const char *name, const char *path,
		     struct unit_file *file);
void quadlet_set_release(struct quadlet_set *s);
#define cleanup_quadlet_set cleanup(quadlet_set_release)

/* quadlet_convert() - makes services of all that can be one (done), and tells why others cannot. */
void quadlet_convert(struct quadlet_set *s);
