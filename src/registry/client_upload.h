/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blobs into a registry: in one piece, or in chunks where the registry wants them or does not take the
 * piece; what was cut off goes on where it was. OCI distribution specification, "Pushing
 * blobs", "Mounting a blob from another repository".
 */
#pragma once

#include <stdint.h>

#include "registry/client.h"

/*
 * client_mount_blob() - have the blob that the registry holds in repository `from` in this one too.
 * 1: it is. 0: not; then *ret_upload (caller frees; NULL: none) is where it may be sent to instead.
 */
int client_mount_blob(struct client *c, const char *repository, const char *digest,
		      const char *from, char **ret_upload,
		      struct error *err) _must_check_;

struct client_upload {
	const char *repository, *digest;
	int fd;             /* read by pread(2), its offset is left alone */
	int64_t size;       /* bytes, from 0 on */
	const char *upload; /* client_mount_blob()'s, or NULL */
	/* bytes sent, at most ten times a second and at the end; may be NULL */
	void (*progress)(void *data, uint64_t done);
	void *data;
};

/* client_put_blob() - send it; retries and goes on by itself. */
int client_put_blob(struct client *c, const struct client_upload *upload,
		    struct error *err) _must_check_;
