/* SPDX-License-Identifier: Apache-2.0 */
/* config.json's own members, mounts and hooks. Source: runtime-spec config.md. */
#include "spec/check.h"
#include "spec/forms.h"
#include "spec/spec.h"
#include "spec/tables.h"

static const struct member spec_id_mapping_members[] = {
	VALUE(spec_id_mapping, container_id, "containerID", .required = true),
	VALUE(spec_id_mapping, host_id, "hostID", .required = true),
	VALUE(spec_id_mapping, size, "size", .required = true),
};
DESCRIPTOR(spec_id_mapping);

static const struct member spec_root_members[] = {
	VALUE(spec_root, path, "path", .required = true, .not_empty = true),
	VALUE(spec_root, readonly, "readonly"),
};
static DESCRIPTOR(spec_root);

/* A relative destination is deprecated but allowed; it is below "/". */
static const struct member spec_mount_members[] = {
	VALUE(spec_mount, destination, "destination", .required = true,
	      .not_empty = true),
	VALUE(spec_mount, type, "type"),
	VALUE(spec_mount, source, "source"),
	VALUE(spec_mount, options, "options"),
	ARRAY(spec_mount, uid_mappings, "uidMappings", spec_id_mapping),
	ARRAY(spec_mount, gid_mappings, "gidMappings", spec_id_mapping),
};
static DESCRIPTOR(spec_mount, KEY(spec_mount, destination, "destination"),
		  .check = check_mount);

static const struct member spec_hook_members[] = {
	VALUE(spec_hook, path, "path", .required = true, .form = form_absolute_path),
	VALUE(spec_hook, args, "args"),
	VALUE(spec_hook, env, "env", .form = form_environment),
	OPTIONAL(spec_hook, timeout, "timeout", .min = 1, .max = INT32_MAX),
};
static DESCRIPTOR(spec_hook, KEY(spec_hook, path, "path"));

static const struct member spec_hooks_members[] = {
	ARRAY(spec_hooks, prestart, "prestart", spec_hook),
	ARRAY(spec_hooks, create_runtime, "createRuntime", spec_hook),
	ARRAY(spec_hooks, create_container, "createContainer", spec_hook),
	ARRAY(spec_hooks, start_container, "startContainer", spec_hook),
	ARRAY(spec_hooks, poststart, "poststart", spec_hook),
	ARRAY(spec_hooks, poststop, "poststop", spec_hook),
};
static DESCRIPTOR(spec_hooks);

static const struct member spec_members[] = {
	VALUE(spec, oci_version, "ociVersion", .required = true, .form = form_version),
	OBJECT(spec, process, "process", spec_process),
	OBJECT(spec, root, "root", spec_root),
	VALUE(spec, hostname, "hostname", .form = form_host_name),
	VALUE(spec, domainname, "domainname", .form = form_host_name),
	ARRAY(spec, mounts, "mounts", spec_mount),
	OBJECT(spec, hooks, "hooks", spec_hooks),
	STRING_MAP(spec, annotations, "annotations", .form = form_not_empty),
	OBJECT(spec, linux, "linux", spec_linux, .omit_empty = true),
};
DESCRIPTOR(spec);
