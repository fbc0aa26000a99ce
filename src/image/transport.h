/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words that say where an image is: "docker://localhost:5000/a:b", "oci:DIR:REF", or only a
 * reference. Pure. Source: containers-transports(5).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

enum transport_kind {
	TRANSPORT_REGISTRY,       /* "docker://REFERENCE", or a reference alone */
	TRANSPORT_DOCKER_ARCHIVE, /* "docker-archive:PATH[:REFERENCE|:@INDEX]" */
	TRANSPORT_OCI,            /* "oci:DIRECTORY[:REFERENCE|:@INDEX]" */
	TRANSPORT_OCI_ARCHIVE,    /* "oci-archive:PATH[:REFERENCE|:@INDEX]" */
	TRANSPORT_DIR,            /* "dir:DIRECTORY" */
	TRANSPORT_ARCHIVE,        /* "archive:PATH": what it is is found by looking */
	TRANSPORT_TARBALL, /* "tarball:PATH|URL": a layer, which becomes an image */
};

struct transport {
	enum transport_kind kind;
	char *path;      /* owned; NULL for registries */
	char *reference; /* owned; as typed; NULL: none was given */
	int64_t index;   /* which image of an archive, from 0 on; -1: not said */
};
void transport_release(struct transport *t);
#define cleanup_transport cleanup(transport_release)

/*
 * transport_parse() - the form is checked, not the reference itself. In DIRECTORY and PATH of
 * those that can have a REFERENCE no colon can stand; in the others it can. ERR_INVALID; a transport
 * that is known elsewhere but not here (containers-storage:, docker-daemon:, ...) is
 * ERR_UNSUPPORTED.
 */
int transport_parse(const char *text, struct transport *ret,
		    struct error *err) _must_check_;

/* transport_word() - "docker-archive" and so on. Static storage. */
const char *transport_word(enum transport_kind kind);

/* transport_named() - whether the text begins with a transport ("docker://", "oci:"), so that it is
 * no bare reference. */
bool transport_named(const char *text);
