/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/host_info.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "engine/container.h"
#include "engine/event_kind.h"
#include "engine/limits.h"
#include "engine/log_option.h"
#include "engine/security_option.h"
#include "engine/user_ids.h"
#include "image/platform.h"
#include "runtime/cgroup_manager.h"
#include "runtime/self.h"
#include "spec/image.h"
#include "store/image_record.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define TEXT_MAX (1 << 20)

static struct json_object *object_in(struct json_object *parent, const char *key)
{
	struct json_object *o = json_object_new_object();

	json_add(parent, key, o);
	return o;
}

/* NULL if it can't be read: then it is left out. */
static char *read_text(const char *path)
{
	cleanup_error struct error err = ERROR_INIT;
	char *text = NULL;

	if (fs_read(AT_FDCWD, path, TEXT_MAX, &text, NULL, &err) < 0) {
		error_drop(&err, "it is left out");
		return NULL;
	}
	return text;
}

char *os_release_value(const char *text, const char *key)
{
	cleanup_strv char **lines = str_split(text, '\n');
	size_t len = strlen(key);

	strv_foreach (line, lines) {
		const char *value = *line + len + 1;
		size_t n;

		if (strncmp(*line, key, len) != 0 || (*line)[len] != '=')
			continue;
		n = strlen(value);
		if (n >= 2 && strchr("\"'", *value) && value[n - 1] == *value)
			return xstrndup(value + 1, n - 2);
		return xstrdup(value);
	}
	return NULL;
}

static void add_distribution(struct json_object *host)
{
	static const char *const keys[][2] = {{"codename", "VERSION_CODENAME"},
					      {"distribution", "ID"},
					      {"variant", "VARIANT_ID"},
					      {"version", "VERSION_ID"}};
	struct json_object *o = object_in(host, "distribution");
	cleanup_free char *text = read_text("/etc/os-release");

	for (size_t i = 0; text && i < ARRAY_SIZE(keys); i++) {
		cleanup_free char *value = os_release_value(text, keys[i][1]);

		json_add_str(o, keys[i][0], value);
	}
}

/* In percent since boot, as podman has it: user with nice, system, idle. */
static void add_cpu_use(struct json_object *host)
{
	struct json_object *o = object_in(host, "cpuUtilization");
	cleanup_free char *text = read_text("/proc/stat");
	unsigned long long t[8] = {0};
	double total = 0;
	const struct {
		const char *key;
		size_t first, second;
	} parts[] = {
		{"idlePercent", 3, 3}, {"systemPercent", 2, 2}, {"userPercent", 0, 1}};

	if (!text || sscanf(text, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &t[0],
			    &t[1], &t[2], &t[3], &t[4], &t[5], &t[6], &t[7]) < 4)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		total += (double)t[i];
	for (size_t i = 0; total > 0 && i < ARRAY_SIZE(parts); i++) {
		cleanup_free char *digits = NULL;
		double part = (double)t[parts[i].first];

		if (parts[i].second != parts[i].first)
			part += (double)t[parts[i].second];
		digits = xasprintf("%.2f", 100 * part / total);
		json_add(o, parts[i].key,
			 json_object_new_double_s(strtod(digits, NULL), digits));
	}
}

static void add_memory(struct json_object *host)
{
	static const char *const keys[][2] = {{"memFree", "MemFree"},
					      {"memTotal", "MemTotal"},
					      {"swapFree", "SwapFree"},
					      {"swapTotal", "SwapTotal"}};
	cleanup_free char *text = read_text("/proc/meminfo");

	for (size_t i = 0; text && i < ARRAY_SIZE(keys); i++) {
		cleanup_free char *key = xasprintf("%s:", keys[i][1]);
		const char *found = strstr(text, key);

		if (found)
			json_add_u64(host, keys[i][0],
				     strtoull(found + strlen(key), NULL, 10) * 1024);
	}
}

char *uptime_words(double seconds)
{
	int64_t minutes = (int64_t)(seconds / 60);
	double rest = seconds - (double)minutes * 60, days = seconds / 86400;
	cleanup_free char *span = NULL;

	if (minutes >= 60)
		span = xasprintf("%" PRId64 "h %" PRId64 "m %.2fs", minutes / 60,
				 minutes % 60, rest);
	else
		span = xasprintf("%" PRId64 "m %.2fs", minutes, rest);
	return seconds >= 3600 ? xasprintf("%s (Approximately %.2f days)", span, days)
			       : TAKE_PTR(span);
}

static void add_uptime(struct json_object *host)
{
	cleanup_free char *text = read_text("/proc/uptime"), *words = NULL;

	if (!text)
		return;
	words = uptime_words(strtod(text, NULL));
	json_add_str(host, "uptime", words);
}

static bool is_cgroup2(void)
{
	struct statfs fs;

	return statfs("/sys/fs/cgroup", &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}

static const char *manager_word(enum cgroup_manager manager)
{
	switch (manager) {
	case CGROUP_MANAGER_SYSTEMD:
		return "systemd";
	case CGROUP_MANAGER_CGROUPFS:
		return "cgroupfs";
	case CGROUP_MANAGER_ANY:
	case CGROUP_MANAGER_NONE:
		break;
	}
	return "none"; /* Docker's word */
}

/* Where containers would go, and what they can be limited with there. Sentences if that is nowhere, or little. */
static void add_cgroups(const struct engine *e, struct json_object *host)
{
	const struct cgroup_options none = {0};
	cleanup_cgroup_place struct cgroup_place place = {0};
	cleanup_error struct error err = ERROR_INIT;

	if (limits_place_find(e, &none, &place, &err) < 0) {
		place.why = error_message(&err);
		place.remedy = err.hint ? xstrdup(err.hint) : NULL;
		error_drop(&err, "then there is no manager");
	}
	json_add_strv(host, "cgroupControllers", place.controllers);
	json_add_str(host, "cgroupManager", manager_word(place.manager));
	json_add_str(host, "cgroupVersion", is_cgroup2() ? "v2" : "v1");
	if (place.why)
		json_add_str(host, "cgroupProblem", place.why);
	if (place.remedy)
		json_add_str(host, "cgroupRemedy", place.remedy);
}

static void add_program(struct json_object *host, const char *key, const char *name,
			const char *path)
{
	struct json_object *o = object_in(host, key);

	json_add_str(o, "name", name);
	json_add_str(o, "path", path);
	json_add_str(o, "version", CUBBY_VERSION);
}

static void add_programs(struct json_object *host)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *monitor = NULL, *self = self_path();

	if (self_helper("monitor", &monitor, &err) < 0)
		error_drop(&err, "'cubby doctor' tells it");
	add_program(host, "monitor", "monitor", monitor ? monitor : "");
	add_program(host, "ociRuntime", "cubby", self);
}

static struct json_object *map_lines(const struct idmap *map)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < map->n_lines; i++) {
		struct json_object *o = json_object_new_object();

		json_add_u64(o, "container_id", map->lines[i].inside);
		json_add_u64(o, "host_id", map->lines[i].outside);
		json_add_u64(o, "size", map->lines[i].count);
		json_object_array_add(list, o);
	}
	return list;
}

static void add_id_mappings(const struct engine *e, struct json_object *host)
{
	struct json_object *o = object_in(host, "idMappings");
	cleanup_user_ids struct user_ids ids = {0};

	if (e->rootless)
		user_ids_any(e, &ids);
	json_add(o, "gidmap", ids.gids.n_lines ? map_lines(&ids.gids) : NULL);
	json_add(o, "uidmap", ids.uids.n_lines ? map_lines(&ids.uids) : NULL);
}

static void add_security(const struct engine *e, struct json_object *host)
{
	struct json_object *o = object_in(host, "security");
	cleanup_strv char **names = capability_names(security_default_capabilities());
	cleanup_free char *capabilities = strv_join(names, ",");
	cleanup_free char *lsm = read_text("/sys/kernel/security/lsm");

	json_add_bool(o, "apparmorEnabled", lsm && strstr(lsm, "apparmor"));
	json_add_str(o, "capabilities", capabilities);
	json_add_bool(o, "rootless", e->rootless);
	json_add_bool(o, "seccompEnabled", true);
	json_add_str(o, "seccompProfilePath", "default");
	json_add_bool(o, "selinuxEnabled",
		      fs_exists(AT_FDCWD, "/sys/fs/selinux/enforce"));
}

static struct json_object *make_host(const struct engine *e,
				     const struct image_platform *platform)
{
	struct json_object *host = json_object_new_object();
	struct utsname name = {0};

	(void)!uname(&name);
	json_add_str(host, "arch", platform->architecture);
	add_cgroups(e, host);
	add_cpu_use(host);
	json_add_i64(host, "cpus", sysconf(_SC_NPROCESSORS_ONLN));
	json_add_str(host, "databaseBackend", "sqlite");
	add_distribution(host);
	json_add_str(host, "eventLogger", event_backend_word(e->events));
	json_add_str(host, "hostname", name.nodename);
	add_id_mappings(e, host);
	json_add_str(host, "kernel", name.release);
	json_add_str(host, "linkmode", "dynamic");
	json_add_str(host, "logDriver", log_driver_words[LOG_DRIVER_JSON_FILE]);
	add_memory(host);
	add_programs(host);
	json_add_str(host, "os", "linux");
	add_security(e, host);
	json_add_bool(host, "serviceIsRemote", false);
	add_uptime(host);
	return host;
}

static struct json_object *make_plugins(void)
{
	static char *const volumes[] = {(char *)"local", NULL};
	struct json_object *o = json_object_new_object();
	cleanup_strv char **logs = NULL;

	for (const char *const *word = log_driver_words; *word; word++)
		strv_add(&logs, *word);
	json_add(o, "authorization", NULL);
	json_add_strv(o, "log", logs);
	json_add_strv(o, "network", NULL);
	json_add_strv(o, "volume", volumes);
	return o;
}

static int add_containers(const struct engine *e, struct json_object *store,
			  struct error *err)
{
	cleanup_containers struct containers all = {0};
	struct json_object *o = object_in(store, "containerStore");
	size_t running = 0, paused = 0;
	int r = container_list(e, &all, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < all.n; i++) {
		running += all.items[i].status == CONTAINER_RUNNING;
		paused += all.items[i].status == CONTAINER_PAUSED;
	}
	json_add_u64(o, "number", all.n);
	json_add_u64(o, "paused", paused);
	json_add_u64(o, "running", running);
	json_add_u64(o, "stopped", all.n - running - paused);
	return 0;
}

static const char *file_system_word(long type)
{
	static const struct {
		long type;
		const char *word;
	} words[] = {
		{EXT4_SUPER_MAGIC, "extfs"},
		{XFS_SUPER_MAGIC, "xfs"},
		{BTRFS_SUPER_MAGIC, "btrfs"},
		{TMPFS_MAGIC, "tmpfs"},
		{OVERLAYFS_SUPER_MAGIC, "overlayfs"},
		{F2FS_SUPER_MAGIC, "f2fs"},
		{NFS_SUPER_MAGIC, "nfs"},
		{FUSE_SUPER_MAGIC, "fuse"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].type == type)
			return words[i].word;
	return "<unknown>";
}

static void add_disk(const struct engine *e, struct json_object *store)
{
	struct json_object *status;
	struct statvfs size;
	struct statfs fs;

	if (statvfs(e->paths.data, &size) < 0 || statfs(e->paths.data, &fs) < 0)
		return;
	json_add_u64(store, "graphRootAllocated", size.f_blocks * size.f_frsize);
	json_add_u64(store, "graphRootUsed",
		     (size.f_blocks - size.f_bfree) * size.f_frsize);
	status = object_in(store, "graphStatus");
	json_add_str(status, "Backing Filesystem", file_system_word(fs.f_type));
	json_add_str(status, "Native Overlay Diff", "true");
	json_add_str(status, "Supports d_type", "true");
	json_add_str(status, "Using metacopy", "false");
}

static int add_store(const struct engine *e, struct json_object *info, struct error *err)
{
	struct json_object *store = object_in(info, "store");
	cleanup_image_records struct image_records images = {0};
	cleanup_free char *volumes = fs_join(e->paths.data, "volumes");
	int r = add_containers(e, store, err);

	if (r >= 0)
		r = image_record_list(e->store, &images, err);
	if (r < 0)
		return r;
	json_add_str(store, "graphDriverName", "overlay");
	(void)object_in(store, "graphOptions");
	json_add_str(store, "graphRoot", e->paths.data);
	add_disk(e, store);
	json_add_u64(object_in(store, "imageStore"), "number", images.n);
	json_add_str(store, "runRoot", e->paths.run);
	json_add_bool(store, "transientStore", false);
	json_add_str(store, "volumePath", volumes);
	return 0;
}

static void add_version(const struct image_platform *platform, struct json_object *info)
{
	struct json_object *o = object_in(info, "version");
	cleanup_free char *text =
		xasprintf("%s/%s", platform->os, platform->architecture);

	json_add_str(o, "APIVersion", CUBBY_VERSION);
	json_add_str(o, "Os", platform->os);
	json_add_str(o, "OsArch", text);
	json_add_str(o, "Version", CUBBY_VERSION);
}

int engine_info(const struct engine *e, struct json_object **ret, struct error *err)
{
	cleanup_json struct json_object *info = json_object_new_object();
	cleanup_image_platform struct image_platform platform = {0};
	int r;

	platform_host(&platform);
	json_add(info, "host", make_host(e, &platform));
	json_add(info, "plugins", make_plugins());
	(void)object_in(info, "registries");
	r = add_store(e, info, err);
	if (r < 0)
		return r;
	add_version(&platform, info);
	*ret = TAKE_PTR(info);
	return 0;
}
