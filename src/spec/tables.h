/* SPDX-License-Identifier: Apache-2.0 */
/* The descriptors of the structs in spec.h and image.h that something outside their own
 * file needs. */
#pragma once

#include "spec/descriptor.h"

/* The largest user or group id: (uid_t)-1 means "leave alone" to the kernel. */
#define ID_MAX (UINT32_MAX - 1)

extern const struct descriptor spec_descriptor;
extern const struct descriptor spec_process_descriptor;
extern const struct descriptor spec_id_mapping_descriptor;
extern const struct descriptor spec_linux_descriptor;
extern const struct descriptor spec_resources_descriptor;
extern const struct descriptor spec_seccomp_descriptor;

/* spec/image.h */
extern const struct descriptor image_platform_descriptor;
extern const struct descriptor image_descriptor_descriptor;
extern const struct descriptor image_manifest_descriptor;
extern const struct descriptor image_index_descriptor;
extern const struct descriptor image_config_descriptor;
