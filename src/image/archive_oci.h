/* SPDX-License-Identifier: Apache-2.0 */
/* Names in an OCI layout. Source: OCI image specification, image-layout.md, annotations.md. */
#pragma once

#define ARCHIVE_OCI_REF_NAME        "org.opencontainers.image.ref.name"
#define ARCHIVE_OCI_CONTAINERD_NAME "io.containerd.image.name"

/* archive_oci_blob() - "blobs/sha256/HEX"; caller frees. */
char *archive_oci_blob(const char *digest);
