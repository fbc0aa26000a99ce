/* SPDX-License-Identifier: Apache-2.0 */
/* The `linux` member but for resources and seccomp. Source: runtime-spec config-linux.md.
 */
#include "spec/check.h"
#include "spec/forms.h"
#include "spec/spec.h"
#include "spec/tables.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* makedev(3): what the kernel's dev_t can hold */
#define MAJOR_MAX 0xfff
#define MINOR_MAX 0xfffff

static const struct word_list namespace_words = {
	"namespace",
	WORDS("pid", "network", "mount", "ipc", "uts", "user", "cgroup", "time")};

static const struct word_list device_type_words = {"device type",
						   WORDS("c", "b", "u", "p")};

/* The specification has the plain four; runc and crun take mount(8)'s recursive ones too.
 */
static const struct word_list propagation_words = {
	"propagation", WORDS("private", "rprivate", "shared", "rshared", "slave",
			     "rslave", "unbindable", "runbindable")};

static const struct word_list domain_words = {"personality", WORDS("LINUX", "LINUX32")};

/* time_namespaces(7) */
static const struct word_list clock_words = {"clock", WORDS("monotonic", "boottime")};

static const struct member spec_namespace_members[] = {
	VALUE(spec_namespace, type, "type", .required = true, .words = &namespace_words),
	VALUE(spec_namespace, path, "path", .form = form_absolute_path),
};
static DESCRIPTOR(spec_namespace, KEY(spec_namespace, type, "type"));

static const struct member spec_device_members[] = {
	VALUE(spec_device, path, "path", .required = true, .form = form_absolute_path),
	VALUE(spec_device, type, "type", .required = true, .words = &device_type_words),
	OPTIONAL(spec_device, major, "major", .max = MAJOR_MAX),
	OPTIONAL(spec_device, minor, "minor", .max = MINOR_MAX),
	OPTIONAL(spec_device, file_mode, "fileMode"),
	OPTIONAL(spec_device, uid, "uid", .max = ID_MAX),
	OPTIONAL(spec_device, gid, "gid", .max = ID_MAX),
};
static DESCRIPTOR(spec_device, KEY(spec_device, path, "path"), .check = check_device);

static const struct member spec_intel_rdt_members[] = {
	VALUE(spec_intel_rdt, clos_id, "closID"),
	VALUE(spec_intel_rdt, l3_cache_schema, "l3CacheSchema"),
	VALUE(spec_intel_rdt, mem_bw_schema, "memBwSchema"),
	VALUE(spec_intel_rdt, enable_cmt, "enableCMT"),
	VALUE(spec_intel_rdt, enable_mbm, "enableMBM"),
};
static DESCRIPTOR(spec_intel_rdt);

static const struct member spec_personality_members[] = {
	VALUE(spec_personality, domain, "domain", .required = true,
	      .words = &domain_words),
	VALUE(spec_personality, flags, "flags"),
};
static DESCRIPTOR(spec_personality);

static const struct member spec_time_offset_members[] = {
	VALUE(spec_time_offset, secs, "secs"),
	VALUE(spec_time_offset, nanosecs, "nanosecs", .max = 999999999),
};
static DESCRIPTOR(spec_time_offset,
		  .key_offset = OFFSET_(spec_time_offset, clock, char *));

static const struct member spec_linux_members[] = {
	ARRAY(spec_linux, uid_mappings, "uidMappings", spec_id_mapping),
	ARRAY(spec_linux, gid_mappings, "gidMappings", spec_id_mapping),
	STRING_MAP(spec_linux, sysctl, "sysctl", .form = form_not_empty),
	OBJECT(spec_linux, resources, "resources", spec_resources),
	VALUE(spec_linux, cgroups_path, "cgroupsPath", .form = form_cgroup_path),
	ARRAY(spec_linux, namespaces, "namespaces", spec_namespace),
	ARRAY(spec_linux, devices, "devices", spec_device),
	OBJECT(spec_linux, seccomp, "seccomp", spec_seccomp),
	VALUE(spec_linux, rootfs_propagation, "rootfsPropagation",
	      .words = &propagation_words),
	VALUE(spec_linux, masked_paths, "maskedPaths", .form = form_absolute_path),
	VALUE(spec_linux, readonly_paths, "readonlyPaths", .form = form_absolute_path),
	VALUE(spec_linux, mount_label, "mountLabel"),
	OBJECT(spec_linux, intel_rdt, "intelRdt", spec_intel_rdt),
	OBJECT(spec_linux, personality, "personality", spec_personality),
	MAP(spec_linux, time_offsets, "timeOffsets", spec_time_offset,
	    .words = &clock_words),
};
DESCRIPTOR(spec_linux, .check = check_linux);
