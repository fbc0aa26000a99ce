/* SPDX-License-Identifier: Apache-2.0 */
/* What `inspect` says of a container's mounts, in podman's members. Callers own what they get. */
#pragma once

struct container_config;
struct json_object;

/* inspect_mounts() - "Mounts": volumes, binds, images. inspect_binds(), inspect_tmpfs(): "HostConfig.Binds" and "Tmpfs". */
struct json_object *inspect_mounts(const struct container_config *c);
struct json_object *inspect_binds(const struct container_config *c);
struct json_object *inspect_tmpfs(const struct container_config *c);
/* inspect_secrets() - "Config.Secrets": which there are, not what they hold. */
struct json_object *inspect_secrets(const struct container_config *c);
