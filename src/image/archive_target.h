/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files as targets of images: OCI layouts, "dir:", archives that `docker load` and `podman load` read.
 * Targets of image/source.h; all are serial. Each takes `out` over. Transfer program only.
 */
#pragma once

#include "image/source.h"

struct archive_out;

/* archive_oci_target() - out: a tar, or a directory, in which an existing layout is added to. reference:
 * the name for what is sent without one (may be NULL); an entry of that name is replaced. */
int archive_oci_target(struct archive_out *out, const char *name, const char *reference,
		       struct image_target **ret, struct error *err) _must_check_;

/* archive_dir_target() - out: a directory; one image. ERR_CONFLICT if it holds anything else. */
int archive_dir_target(struct archive_out *out, const char *name,
		       struct image_target **ret, struct error *err) _must_check_;

/* archive_docker_target() - out: a tar; plain_layers: blob() of a layer may get a pipe. */
int archive_docker_target(struct archive_out *out, const char *name,
			  struct image_target **ret, struct error *err) _must_check_;
