/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Image references as Docker and podman write them: [REGISTRY[:PORT]/]PATH[:TAG][@DIGEST]. Pure.
 * The first component is a registry if it holds '.' or ':' or is "localhost"; otherwise the
 * reference is short. Source: the distribution project's reference grammar, OCI distribution
 * specification.
 */
#pragma once

#include <stdbool.h>

#include "util/cleanup.h"
#include "util/error.h"

struct reference {        /* all owned */
	char *registry;   /* "docker.io", "localhost:5000"; NULL in a short one */
	char *repository; /* "library/debian" */
	char *tag;        /* NULL: none given */
	char *digest;     /* NULL: none given */
};
void reference_release(struct reference *r);
#define cleanup_reference cleanup(reference_release)

/* reference_parse() - as typed; registry stays NULL in a short one, tag NULL if none was given.
 * ERR_INVALID says which part is wrong ("repository name must be lowercase"). */
int reference_parse(const char *text, struct reference *ret,
		    struct error *err) _must_check_;

/* reference_is_short() - no registry was given. */
bool reference_is_short(const struct reference *r);

/* reference_complete() - a short one becomes docker.io's ("debian" -> docker.io/library/debian);
 * index.docker.io becomes docker.io; without tag and digest the tag is "latest". */
void reference_complete(struct reference *r);

/* reference_parse_complete() - both. */
int reference_parse_complete(const char *text, struct reference *ret,
			     struct error *err) _must_check_;

/* reference_text() - "docker.io/library/debian:12@sha256:..." what there is of it. Caller frees. */
char *reference_text(const struct reference *r);
/* reference_repository() - without tag and digest: "docker.io/library/debian". Caller frees. */
char *reference_repository(const struct reference *r);
