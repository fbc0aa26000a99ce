/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The OCI runtime specification's config.json (1.2, with the Linux part) as C structs,
 * read from JSON with every type and value checked, and written back. What the structs
 * don't know (unknown members) is kept in the document and written back unchanged.
 *
 * Conventions: a string is NULL when absent; an optional number or boolean has a `has_`
 * flag (set together with it by the reader; respected by the writer); an optional object
 * is a NULL pointer; an array is a pointer and n_NAME. Everything is owned by struct spec
 * and freed by spec_free(). Enumerated words stay strings where the kernel code turns
 * them into numbers by a table of its own (capabilities, signals, mount options, seccomp
 * actions); the reader has checked them.
 *
 * Source: opencontainers/runtime-spec 1.2: config.md, config-linux.md.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

struct json_object;

/* The version of the specification that new documents and the state name. */
#define SPEC_VERSION "1.2.1"

struct spec_id_mapping {
	uint32_t container_id, host_id, size;
};

struct spec_box {
	uint64_t height, width;
};

struct spec_rlimit {
	char *type; /* "RLIMIT_NOFILE" */
	uint64_t hard, soft;
};

struct spec_user {
	uint32_t uid, gid;
	bool has_umask;
	uint32_t umask;
	uint32_t *additional_gids;
	size_t n_additional_gids;
};

struct spec_capabilities { /* strv of "CAP_..."; NULL: empty set */
	char **bounding, **effective, **inheritable, **permitted, **ambient;
};

struct spec_scheduler {
	char *policy; /* "SCHED_OTHER" ... */
	int32_t nice, priority;
	char **flags;                       /* "SCHED_FLAG_RESET_ON_FORK" ... */
	uint64_t runtime, deadline, period; /* ns */
};

struct spec_io_priority {
	char *class; /* "IOPRIO_CLASS_RT" | _BE | _IDLE */
	int32_t priority;
};

struct spec_cpu_affinity { /* 1.2.1: cpu lists such as "0-3,7" */
	char *initial, *final;
};

struct spec_process {
	bool terminal;
	struct spec_box *console_size;
	struct spec_user user;
	char **args, **env;
	char *cwd;
	struct spec_capabilities *capabilities;
	struct spec_rlimit *rlimits;
	size_t n_rlimits;
	bool no_new_privileges;
	char *apparmor_profile, *selinux_label;
	bool has_oom_score_adj;
	int32_t oom_score_adj;
	struct spec_scheduler *scheduler;
	struct spec_io_priority *io_priority;
	struct spec_cpu_affinity *exec_cpu_affinity;
};

struct spec_root {
	char *path;
	bool readonly;
};

struct spec_mount {
	char *destination, *type, *source;
	char **options;
	struct spec_id_mapping *uid_mappings, *gid_mappings;
	size_t n_uid_mappings, n_gid_mappings;
};

struct spec_hook {
	char *path;
	char **args, **env;
	bool has_timeout;
	int32_t timeout; /* seconds, > 0 */
};

struct spec_hooks {
	struct spec_hook *prestart, *create_runtime, *create_container, *start_container,
		*poststart, *poststop;
	size_t n_prestart, n_create_runtime, n_create_container, n_start_container,
		n_poststart, n_poststop;
};

struct spec_namespace {
	char *type; /* pid network mount ipc uts user cgroup time */
	char *path; /* NULL: a new one */
};

struct spec_device {
	char *type; /* c b u p */
	char *path;
	bool has_major, has_minor;
	int64_t major, minor;
	bool has_file_mode, has_uid, has_gid;
	uint32_t file_mode, uid, gid;
};

struct spec_device_rule {
	bool allow;
	char *type; /* a c b, NULL = a */
	bool has_major, has_minor;
	int64_t major, minor; /* -1 or absent: all */
	char *access;         /* of r w m */
};

struct spec_memory {
	bool has_limit, has_reservation, has_swap, has_kernel, has_kernel_tcp,
		has_swappiness, has_disable_oom_killer, has_use_hierarchy,
		has_check_before_update;
	int64_t limit, reservation, swap, kernel, kernel_tcp; /* bytes; -1 unlimited */
	uint64_t swappiness;
	bool disable_oom_killer, use_hierarchy, check_before_update;
};

struct spec_cpu {
	bool has_shares, has_quota, has_burst, has_period, has_realtime_runtime,
		has_realtime_period, has_idle;
	uint64_t shares, burst, period, realtime_period;
	int64_t quota, realtime_runtime, idle;
	char *cpus, *mems;
};

struct spec_pids {
	int64_t limit; /* <= 0: unlimited in practice (0 and -1) */
};

struct spec_weight_device {
	int64_t major, minor;
	bool has_weight, has_leaf_weight;
	uint16_t weight, leaf_weight;
};

struct spec_throttle_device {
	int64_t major, minor;
	uint64_t rate;
};

struct spec_block_io {
	bool has_weight, has_leaf_weight;
	uint16_t weight, leaf_weight;
	struct spec_weight_device *weight_devices;
	struct spec_throttle_device *read_bps, *write_bps, *read_iops, *write_iops;
	size_t n_weight_devices, n_read_bps, n_write_bps, n_read_iops, n_write_iops;
};

struct spec_hugepage_limit {
	char *page_size;
	uint64_t limit;
};

struct spec_interface_priority {
	char *name;
	uint32_t priority;
};

struct spec_network_resources {
	bool has_class_id;
	uint32_t class_id;
	struct spec_interface_priority *priorities;
	size_t n_priorities;
};

struct spec_rdma {
	char *device; /* key of the JSON map */
	bool has_hca_handles, has_hca_objects;
	uint32_t hca_handles, hca_objects;
};

struct spec_key_value {
	char *key, *value; /* members of a JSON map of strings, in document order */
};

struct spec_resources {
	struct spec_device_rule *devices;
	size_t n_devices;
	struct spec_memory *memory;
	struct spec_cpu *cpu;
	struct spec_pids *pids;
	struct spec_block_io *block_io;
	struct spec_hugepage_limit *hugepage_limits;
	size_t n_hugepage_limits;
	struct spec_network_resources *network;
	struct spec_rdma *rdma;
	size_t n_rdma;
	struct spec_key_value *unified;
	size_t n_unified;
};

struct spec_seccomp_arg {
	uint32_t index;
	uint64_t value, value_two;
	char *op; /* SCMP_CMP_EQ ... */
};

struct spec_syscall_rule {
	char **names;
	char *action; /* SCMP_ACT_... */
	bool has_errno_ret;
	uint32_t errno_ret;
	struct spec_seccomp_arg *args;
	size_t n_args;
};

struct spec_seccomp {
	char *default_action;
	bool has_default_errno_ret;
	uint32_t default_errno_ret;
	char **architectures; /* SCMP_ARCH_... */
	char **flags;         /* SECCOMP_FILTER_FLAG_... */
	char *listener_path, *listener_metadata;
	struct spec_syscall_rule *syscalls;
	size_t n_syscalls;
};

struct spec_time_offset {
	char *clock; /* key: "monotonic" | "boottime" */
	int64_t secs;
	uint32_t nanosecs;
};

struct spec_personality {
	char *domain; /* LINUX | LINUX32 */
	char **flags;
};

struct spec_intel_rdt {
	char *clos_id, *l3_cache_schema, *mem_bw_schema;
	bool enable_cmt, enable_mbm;
};

struct spec_linux {
	struct spec_id_mapping *uid_mappings, *gid_mappings;
	size_t n_uid_mappings, n_gid_mappings;
	struct spec_key_value *sysctl;
	size_t n_sysctl;
	struct spec_resources *resources;
	char *cgroups_path;
	struct spec_namespace *namespaces;
	size_t n_namespaces;
	struct spec_device *devices;
	size_t n_devices;
	struct spec_seccomp *seccomp;
	/* private rprivate shared rshared slave rslave unbindable runbindable */
	char *rootfs_propagation;
	char **masked_paths, **readonly_paths;
	char *mount_label;
	struct spec_intel_rdt *intel_rdt;
	struct spec_personality *personality;
	struct spec_time_offset *time_offsets;
	size_t n_time_offsets;
};

struct spec {
	char *oci_version;
	/* may be NULL (allowed before `start` by the specification) */
	struct spec_process *process;
	struct spec_root *root;
	char *hostname, *domainname;
	struct spec_mount *mounts;
	size_t n_mounts;
	struct spec_hooks *hooks;
	struct spec_key_value *annotations;
	size_t n_annotations;
	struct spec_linux *linux; /* never NULL after spec_parse() */
	/* owned: what was read, for unknown members; NULL if built in C */
	struct json_object *document;
};

/*
 * spec_parse() - read and check a config.json. Errors are ERR_INVALID and name the JSON
 * path: process.user.uid: expected a number, got "root"
 *
 * Checked beyond types: version 1.x; process.cwd absolute; args not empty; rlimit (no duplicates),
 * namespace (known, no duplicates), seccomp, scheduler, propagation words; id map lines
 * (no wrap, no overlap); mount destinations; device types; hook paths absolute, time-outs
 * > 0; a seccomp/LSM/… value of the wrong kind.
 */
int spec_parse(const char *text, size_t len, struct spec **ret,
	       struct error *err) _must_check_;

/* spec_read() - `file` in directory dirfd, at most 8 MiB; ERR_NOT_FOUND if missing. */
int spec_read(int dirfd, const char *file, struct spec **ret,
	      struct error *err) _must_check_;

/* spec_check() - the cross-member checks of spec_parse() on a spec built in C. */
int spec_check(const struct spec *spec, struct error *err) _must_check_;

/* spec_to_json() - the document, unknown members included; caller owns. */
struct json_object *spec_to_json(const struct spec *spec);

/* spec_process_parse() - a process object alone (exec --process FILE). */
int spec_process_parse(const char *text, size_t len, struct spec_process **ret,
		       struct error *err) _must_check_;
/* spec_resources_parse() - a resources object alone (update --resources FILE). */
int spec_resources_parse(const char *text, size_t len, struct spec_resources **ret,
			 struct error *err) _must_check_;
/* spec_seccomp_parse() - an OCI seccomp object alone. Docker's profile format is
 * runtime/seccomp's. */
int spec_seccomp_parse(const char *text, size_t len, struct spec_seccomp **ret,
		       struct error *err) _must_check_;
struct json_object *spec_process_to_json(const struct spec_process *process);
struct json_object *spec_seccomp_to_json(const struct spec_seccomp *seccomp);
struct json_object *spec_resources_to_json(const struct spec_resources *resources);

/* spec_copy() - deep copy, through JSON. */
struct spec *spec_copy(const struct spec *spec);
struct spec_resources *spec_resources_copy(const struct spec_resources *resources);

struct spec *spec_new(void); /* empty, with linux and ociVersion set */
void spec_free(struct spec *spec);
void spec_process_free(struct spec_process *process);
void spec_resources_free(struct spec_resources *resources);
void spec_seccomp_free(struct spec_seccomp *seccomp);
DEFINE_CLEANUP(struct spec *, spec_free)
DEFINE_CLEANUP(struct spec_process *, spec_process_free)
DEFINE_CLEANUP(struct spec_resources *, spec_resources_free)
DEFINE_CLEANUP(struct spec_seccomp *, spec_seccomp_free)

/* spec_namespace() - the entry of this type, or NULL. */
const struct spec_namespace *spec_namespace(const struct spec *spec, const char *type);

/* spec_annotation() - the value, or NULL. */
const char *spec_annotation(const struct spec *spec, const char *key);

/*
 * Building in C: each appends a zeroed element to an array and returns it (valid until
 * the next append):
 *
 *   struct spec_mount *m = SPEC_APPEND(&spec->mounts, &spec->n_mounts);
 */
void *spec_append(void *array, size_t *n, size_t element_size);
#define SPEC_APPEND(array, n) \
	((typeof(*(array)))spec_append((array), (n), sizeof(**(array))))
