/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images that lie in files: an OCI layout, a "dir:", an archive as `docker save` writes it. Sources
 * of image/source.h; each takes the files over, and looks at nothing before it is opened here.
 * Sources: OCI image specification, image-layout.md; Docker's image specification v1.2 ("Combined
 * image JSON and filesystem changeset format"); containers-transports(5). Transfer program only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "image/source.h"
#include "image/transport.h"

struct archive_files;
struct json_object;

/* Which images of an archive. */
struct archive_wanted {
	const char *reference; /* NULL: none was named */
	int64_t index;         /* from 0 on; -1: not said */
	bool all; /* neither was said: all that are in it, not only the only one */
};

/* archive_oci_open() - an OCI layout, in a directory or in a tar archive. */
int archive_oci_open(struct archive_files *files, const struct archive_wanted *wanted,
		     struct image_source **ret, struct error *err) _must_check_;

/* archive_dir_open() - what skopeo and podman write to "dir:": one image, its files by their
 * digests. */
int archive_dir_open(struct archive_files *files, struct image_source **ret,
		     struct error *err) _must_check_;

/* archive_docker_open() - manifest.json, with layers in whatever layout that names. Layers
 * that are compressed there are hashed on the way. */
int archive_docker_open(struct archive_files *files, const struct archive_wanted *wanted,
			struct image_source **ret, struct error *err) _must_check_;

/* archive_kind() - which of these it is: TRANSPORT_OCI_ARCHIVE, TRANSPORT_DOCKER_ARCHIVE or TRANSPORT_DIR,
 * also where it is a directory; TRANSPORT_ARCHIVE if it is none of them. */
enum transport_kind archive_kind(const struct archive_files *files);

/* archive_open() - whichever it is. */
int archive_open(struct archive_files *files, const struct archive_wanted *wanted,
		 struct image_source **ret, struct error *err) _must_check_;
