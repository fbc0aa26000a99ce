/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which images may come in, by policy.json. Local and trusted. Source: containers-policy.json(5).
 *
 * insecureAcceptAnything and reject are honoured. Where signatures are demanded (signedBy,
 * sigstoreSigned) the image is refused, since nobody here can check them. Without a file all is accepted:
 * it is there to restrict, podman brings one that accepts everything, Docker has none, and an image's
 * digest is checked in any case.
 */
#pragma once

#include "image/reference.h"
#include "util/cleanup.h"
#include "util/error.h"

#define POLICY_MAX (1 << 20)

struct policy; /* opaque; heap */
void policy_free(struct policy *p);
DEFINE_CLEANUP(struct policy *, policy_free)
#define cleanup_policy cleanup(policy_freep)

/*
 * policy_load() - file, which must be there; or NULL: the user's (~/.config/containers/policy.json),
 * else the host's (/etc/containers/policy.json), else *ret is one that accepts everything. Members
 * that are not known are ERR_INVALID, as the manual page wants it.
 */
int policy_load(const char *file, struct policy **ret, struct error *err) _must_check_;

/* policy_parse() - `path` is for messages. */
int policy_parse(const char *text, size_t len, const char *path, struct policy **ret,
		 struct error *err) _must_check_;

/* policy_check_registry() - for an image by its own complete name, wherever it is fetched from.
 * ERR_DENIED: rejected; ERR_UNSUPPORTED: signatures are demanded. */
int policy_check_registry(const struct policy *p, const struct reference *r,
			  struct error *err) _must_check_;

/*
 * policy_check_path() - for "dir", "oci", "oci-archive", "docker-archive" or "tarball". path: as typed,
 * or NULL (stdin): then only the transport's default and the global one count. name: the image in it, or
 * NULL.
 */
int policy_check_path(const struct policy *p, const char *transport, const char *path,
		      const char *name, struct error *err) _must_check_;
